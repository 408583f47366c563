/*
 * product_link.c: links from a product to others: related ones, what goes with it, the members of a
 * bundle. A list is replaced as a whole; targets that are not there are left out and named, for an
 * import saves links again when all products have come.
 */
#include "base/str.h"
#include "shop/document.h"
#include "shop/product_edit.h"
#include "shop/product_link.sql.h"

#define LINKS_MAX 500

static const char *const link_kinds[] = {"related", "upsell", "crosssell", "accessory", "bundle"};

struct link {
    struct db_conn *conn;
    struct arena *arena;
    int64_t id;
    const char *kind;
    struct json *missing;
    int changed;
    struct err *err;
};

static struct souk_str link_name(const struct json *member, const char *key)
{
    if (member->kind == JSON_OBJECT)
        return json_text(json_at(member, key));
    return strcmp(key, "key") == 0 ? json_text(member) : souk_str("");
}

int edit_links_check(const struct json *links, struct err *err)
{
    if (links->kind != JSON_OBJECT && links->kind != JSON_NULL)
        return err_set(err, SOUK_INVALID, "links are lists by kind: {\"related\": [key]}");
    json_each(list, links)
    {
        size_t known = 0;
        while (known < 5 && !souk_str_is(list->key, link_kinds[known]))
            known++;
        if (known == 5)
            return err_set(err, SOUK_INVALID,
                           "%.*s is no kind of link; there are related, upsell, crosssell, "
                           "accessory, bundle",
                           SOUK_PRI(list->key));
        if (list->value.kind == JSON_NULL)
            continue;
        if (list->value.kind != JSON_ARRAY || list->value.count > LINKS_MAX)
            return err_set(err, SOUK_INVALID, "%s: give a list of at most %d keys",
                           link_kinds[known], LINKS_MAX);
        json_each(member, &list->value)
        {
            const struct json *quantity = json_at(&member->value, "quantity");
            if (!link_name(&member->value, "key").len && !link_name(&member->value, "sku").len)
                return err_set(err, SOUK_INVALID, "%s: a member is a key or {\"sku\": …}",
                               link_kinds[known]);
            if (quantity &&
                (quantity->kind != JSON_INT || quantity->number < 1 || quantity->number > 1000000))
                return err_set(err, SOUK_INVALID, "%s: a quantity is a whole number from 1 up",
                               link_kinds[known]);
        }
    }
    return 0;
}

static void link_row(struct link *link, struct json *rows, int64_t target, int64_t variant,
                     int64_t quantity)
{
    struct json *row = json_add(link->arena, rows, NULL, JSON_ARRAY);
    json_add_int(link->arena, row, NULL, target);
    if (variant)
        json_add_int(link->arena, row, NULL, variant);
    else
        json_add_null(link->arena, row, NULL);
    json_add_int(link->arena, row, NULL, quantity);
}

/* The list as rows; a product does not link to itself. */
static int link_resolve(struct link *link, const struct json *list, struct json *wish)
{
    struct json *names = json_new(link->arena, JSON_ARRAY);
    struct db_rows rows;
    size_t at = 0;
    int code;
    if (!list || list->count == 0)
        return 0;
    json_each(member, list)
    {
        struct json *row = json_add(link->arena, names, NULL, JSON_ARRAY);
        json_add_str(link->arena, row, NULL, link_name(&member->value, "key"));
        json_add_str(link->arena, row, NULL, link_name(&member->value, "sku"));
    }
    int64_t *targets = arena_array(link->arena, int64_t, list->count);
    int64_t *variants = arena_array(link->arena, int64_t, list->count);
    code = db_query(link->conn, &sql_product_link_find, &rows,
                    DB_TEXT(document_text(link->arena, names)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        targets[db_int(&rows, 0)] = db_int(&rows, 1);
        variants[db_int(&rows, 0)] = db_int(&rows, 2);
        code = 0;
    }
    json_each(member, list)
    {
        struct souk_str name = link_name(&member->value, "key");
        if (targets[at] == 0 && link->missing)
            json_add_str(link->arena, link->missing, NULL,
                         name.len ? name : link_name(&member->value, "sku"));
        else if (targets[at] != 0 && targets[at] != link->id)
            link_row(link, wish, targets[at], variants[at],
                     json_int(json_at(&member->value, "quantity"), 1));
        at++;
    }
    return code;
}

static int link_list(struct link *link, const struct json *list)
{
    struct json *now = json_new(link->arena, JSON_ARRAY);
    struct json *wish = json_new(link->arena, JSON_ARRAY);
    struct db_rows rows;
    int code = link_resolve(link, list, wish);
    if (code == 0)
        code = db_query(link->conn, &sql_product_link_load, &rows, DB_INT(link->id),
                        DB_CSTR(link->kind));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        link_row(link, now, db_int(&rows, 0), db_int(&rows, 1), db_int(&rows, 2));
        code = 0;
    }
    if (code != 0 || document_same(now, wish))
        return code;
    link->changed = 1;
    if (now->count)
        code = db_run(link->conn, &sql_product_link_clear, NULL, DB_INT(link->id),
                      DB_CSTR(link->kind));
    if (code == 0 && wish->count)
        code = db_run(link->conn, &sql_product_link_put, NULL, DB_INT(link->id),
                      DB_CSTR(link->kind), DB_TEXT(document_text(link->arena, wish)));
    return code;
}

int product_link(struct db_conn *conn, struct arena *arena, int64_t id, const struct json *links,
                 struct json *missing, int *changed, struct err *err)
{
    struct link link = {.conn = conn, .arena = arena, .id = id, .missing = missing, .err = err};
    int code = links ? edit_links_check(links, err) : 0;
    if (changed)
        *changed = 0;
    if (!links || code != 0)
        return code;
    for (size_t i = 0; i < 5 && code == 0; i++) {
        const struct json *list = json_at(links, link_kinds[i]);
        link.kind = link_kinds[i];
        if (list || links->kind == JSON_NULL)
            code = link_list(&link, list);
    }
    if (changed)
        *changed = link.changed;
    return code == 0 ? 0 : err_set(err, code, "links: %s", db_error(conn));
}
