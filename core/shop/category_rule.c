/*
 * category_rule.c: categories whose members are found by a rule: all of its conditions hold. The
 * conditions are tested by the database, for one product when that is saved, and for all when a
 * rule changes; those that time alone decides (age, prices with dates) by category_rules_run at
 * night.
 */
#include "shop/category_rule.h"

#include "base/utf8.h"
#include "shop/attribute_term.h"
#include "shop/catalogue.h"
#include "shop/category.h"
#include "shop/category.sql.h"
#include "shop/document.h"
#include "shop/search.h"

#define RULE_CONDITIONS 20

static int category_rule_number(struct arena *arena, const struct json *from, const char *key,
                                struct json *to, struct err *err)
{
    const struct json *value = json_at(from, key);
    if (!value)
        return 0;
    if (value->kind != JSON_INT || value->number < 0 || value->number > INT64_C(1000000000000))
        return err_set(err, SOUK_INVALID, "/rule/all: %s is a whole number from 0 up", key);
    json_add_int(arena, to, key, value->number);
    return 1;
}

/* One condition; the names in it become codes. */
static int category_rule_condition(struct arena *arena, const struct json *from, struct json *to,
                                   struct err *err)
{
    struct souk_str is = json_text(json_at(from, "is"));
    struct souk_str brand = json_text(json_at(from, "brand"));
    struct souk_str tag = json_text(json_at(from, "tag"));
    struct souk_str attribute = json_text(json_at(from, "attribute"));
    if (json_at(from, "brand") && (is.len || brand.len)) {
        brand = is.len ? is : brand;
        json_add_str(arena, to, "brand", brand);
        json_add_str(arena, to, "fold", utf8_fold(arena, brand));
        return 0;
    }
    if (json_at(from, "tag") && (is.len || tag.len)) {
        json_add_str(arena, to, "tag", is.len ? is : tag);
        return 0;
    }
    if (attribute.len && is.len) {
        json_add_str(arena, to, "attribute", attribute_code(arena, attribute));
        json_add_str(arena, to, "is", attribute_code(arena, is));
        return 0;
    }
    int done = category_rule_number(arena, from, "price_below", to, err);
    if (done == 0)
        done = category_rule_number(arena, from, "newer_than_days", to, err);
    if (done == 0)
        return err_set(err, SOUK_INVALID,
                       "/rule/all: a condition is {\"brand\": …}, {\"tag\": …}, {\"attribute\": …, "
                       "\"is\": …}, {\"price_below\": n} or {\"newer_than_days\": n}");
    return done < 0 ? done : 0;
}

int category_rule_check(struct arena *arena, const struct json *rule, struct json **stored,
                        struct err *err)
{
    const struct json *all = json_at(rule, "all");
    *stored = NULL;
    if (!rule || rule->kind == JSON_NULL)
        return 0;
    if (!all || all->kind != JSON_ARRAY || all->count == 0 || all->count > RULE_CONDITIONS)
        return err_set(err, SOUK_INVALID, "/rule: give {\"all\": […]} with 1 to %d conditions",
                       RULE_CONDITIONS);
    *stored = json_new(arena, JSON_OBJECT);
    struct json *list = json_add(arena, *stored, "all", JSON_ARRAY);
    json_each(item, all)
    {
        int code = category_rule_condition(arena, &item->value,
                                           json_add(arena, list, NULL, JSON_OBJECT), err);
        if (code != 0)
            return code;
    }
    return 0;
}

struct json *category_rule_show(struct arena *arena, struct souk_str stored)
{
    struct json *rule = NULL;
    struct json *shown = json_new(arena, JSON_OBJECT);
    if (json_parse(arena, arena_str(arena, stored), &rule, NULL) != 0)
        return NULL;
    struct json *list = json_add(arena, shown, "all", JSON_ARRAY);
    json_each(condition, json_at(rule, "all"))
    {
        struct json *to = json_add(arena, list, NULL, JSON_OBJECT);
        json_each(member, &condition->value)
        {
            if (!souk_str_is(member->key, "fold"))
                *json_add_key(arena, to, member->key, JSON_NULL) = member->value;
        }
    }
    return shown;
}

static int category_rule_text(struct db_conn *conn, struct arena *arena,
                              const struct db_statement *statement, struct db_arg a,
                              struct db_arg b, struct souk_str *text)
{
    struct db_rows rows;
    *text = souk_str("[]");
    int code = db_query(conn, statement, &rows, a, b);
    if (code != 0)
        return code;
    code = db_next(&rows);
    if (code == 1)
        *text = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return code < 0 ? code : 0;
}

int category_rule_run(struct db_conn *conn, struct arena *arena, int64_t category_id, int64_t now,
                      int *changed)
{
    struct souk_str members, moved = {NULL, 0};
    if (changed)
        *changed = 0;
    int code = category_rule_text(conn, arena, &sql_category_rule_members, DB_INT(category_id),
                                  DB_INT(now), &members);
    if (code == 0)
        code = category_rule_text(conn, arena, &sql_category_rule_changes, DB_INT(category_id),
                                  DB_TEXT(members), &moved);
    if (code != 0 || souk_str_is(moved, "[]"))
        return code;
    code = db_run(conn, &sql_category_rule_leave, NULL, DB_INT(category_id), DB_TEXT(members));
    if (code == 0)
        code = db_run(conn, &sql_category_rule_enter, NULL, DB_INT(category_id), DB_TEXT(members));
    if (code == 0)
        code = catalogue_bump(conn, 0);
    if (code == 0)
        code = catalogue_bump_products(conn, moved);
    if (code == 0)
        code = search_follow_products(conn, moved, now);
    if (changed)
        *changed = 1;
    return code;
}

int category_rules_run(struct db_conn *conn, int64_t now, int *changed)
{
    struct arena arena = {0};
    int64_t id = 0;
    int code, one = 0;
    *changed = 0;
    while ((code = db_get_int(conn, &sql_category_rule_next, &id, DB_INT(id))) == 0) {
        code = category_rule_run(conn, &arena, id, now, &one);
        arena_reset(&arena);
        if (code != 0)
            break;
        *changed |= one;
    }
    arena_free(&arena);
    return code == SOUK_NOT_FOUND ? 0 : code;
}

int category_rule_product(struct db_conn *conn, struct arena *arena, int64_t product_id,
                          int64_t now)
{
    struct wish {
        struct wish *next;
        int64_t category;
        int enter;
    } *first = NULL;
    struct db_rows rows;
    int code = db_query(conn, &sql_category_rule_product, &rows, DB_INT(product_id), DB_INT(now));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        int in = !db_is_null(&rows, 1), holds = db_int(&rows, 2) != 0;
        if (holds ? in : !in || db_int(&rows, 1) == 0)
            continue;
        struct wish *wish = arena_new(arena, struct wish);
        *wish = (struct wish){first, db_int(&rows, 0), holds};
        first = wish;
    }
    for (; first && code == 0; first = first->next)
        code = db_run(conn, first->enter ? &sql_category_rule_add : &sql_category_rule_drop, NULL,
                      DB_INT(product_id), DB_INT(first->category));
    return code;
}
