/*
 * attribute.c: attributes and their values as documents. An attribute is known by its code, which
 * is made from its first name and stays; products find it by code or by any of its names.
 *
 * A saved list of values replaces the list, but a value that a product has stays. What a product's
 * own document brings along is made by attribute_term.c.
 */
#include "shop/category.h"

#include <stdio.h>
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/attribute.sql.h"
#include "shop/attribute_term.h"
#include "shop/catalogue.h"
#include "shop/document.h"
#include "shop/product.h"
#include "shop/search.h"
#include "shop/slug.h"

#define ATTRIBUTE_NAME 500

static const char *const attribute_types[] = {"choice", "number", "bool", "color",
                                              "date",   "text",   "file", "reference"};

/* Signs that tell values apart ("A", "A+", "A++"; "C", "C#"; "5", "-5") and that a slug drops. */
static struct souk_str attribute_spell(struct arena *arena, struct souk_str name)
{
    static const char signs[] = "+#<>*&=";
    static const char *const words[] = {" plus ", " sharp ", " under ", " over ",
                                        " star ", " and ",   " equals "};
    struct buf out = {.arena = arena};
    for (size_t i = 0; i < name.len; i++) {
        const char *sign = name.ptr[i] ? strchr(signs, name.ptr[i]) : NULL;
        if (sign)
            buf_add_cstr(&out, words[sign - signs]);
        else if (i == 0 && name.len > 1 && name.ptr[0] == '-' && name.ptr[1] >= '0' &&
                 name.ptr[1] <= '9')
            buf_add_cstr(&out, "minus ");
        else
            buf_add_char(&out, name.ptr[i]);
    }
    return out.len ? buf_str(&out) : name;
}

/* The same in every process, unlike str_hash: it is stored. */
static uint32_t attribute_hash(struct souk_str text)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.len; i++)
        hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
    return hash;
}

/* Long names, and names without a letter, get a hash so that two of them stay two. */
struct souk_str attribute_code(struct arena *arena, struct souk_str name)
{
    struct souk_str slug = slug_make(arena, attribute_spell(arena, name));
    int nameless = souk_str_is(slug, "item") && !str_equal_nocase(name, souk_str("item"));
    if (!nameless && utf8_length(slug) <= ATTRIBUTE_CODE)
        return slug;
    return arena_printf(arena, "%.*s-%08x", SOUK_PRI(utf8_cut(slug, ATTRIBUTE_CODE - 9)),
                        attribute_hash(utf8_fold(arena, name)));
}

int attribute_find(struct db_conn *conn, struct arena *arena, struct souk_str name, int make,
                   int64_t *id)
{
    struct souk_str code = attribute_code(arena, name);
    int found = db_get_int(conn, &sql_attribute_find_code, id, DB_TEXT(code));
    if (found == SOUK_NOT_FOUND)
        found = db_get_int(conn, &sql_attribute_find_name, id, DB_TEXT(name));
    if (found != SOUK_NOT_FOUND || !make)
        return found;
    return attribute_make(conn, code, "choice", name, NULL, id);
}

int attribute_make(struct db_conn *conn, struct souk_str code, const char *type,
                   struct souk_str name, const struct json *names, int64_t *id)
{
    int64_t position = 0;
    int failed = db_get_int(conn, &sql_attribute_next, &position);
    *id = id_next();
    if (failed == 0)
        failed = db_run(conn, &sql_attribute_insert, NULL, DB_INT(*id), DB_TEXT(code),
                        DB_CSTR(type), DB_INT(position));
    return failed ? failed : attribute_put_names(conn, &sql_attribute_text_put, *id, name, names);
}

int attribute_put_names(struct db_conn *conn, const struct db_statement *put, int64_t id,
                        struct souk_str name, const struct json *names)
{
    int failed = 0;
    if (name.len && !json_at(names, market_shop()->locales[0]))
        failed =
            db_run(conn, put, NULL, DB_INT(id), DB_CSTR(market_shop()->locales[0]), DB_TEXT(name));
    json_each(item, names)
    {
        const struct json *text =
            item->value.kind == JSON_OBJECT ? json_at(&item->value, "name") : &item->value;
        if (failed == 0 && json_text(text).len)
            failed =
                db_run(conn, put, NULL, DB_INT(id), DB_TEXT(item->key), DB_TEXT(json_text(text)));
    }
    return failed;
}

/* ---- out ---- */

static struct json *attribute_text_of(struct arena *arena, struct json *owner)
{
    const struct json *text = json_at(owner, "text");
    return text ? (struct json *)(uintptr_t)text : json_add(arena, owner, "text", JSON_OBJECT);
}

static void attribute_add_name(struct arena *arena, struct json *owner, struct souk_str locale,
                               struct souk_str name)
{
    struct json *text = attribute_text_of(arena, owner);
    struct json *place = json_add_key(arena, text, arena_str(arena, locale), JSON_OBJECT);
    json_add_str(arena, place, "name", arena_str(arena, name));
}

static int attribute_load_values(struct db_conn *conn, struct arena *arena, int64_t id,
                                 struct json *doc)
{
    struct db_rows rows;
    struct json *values = NULL, *value = NULL;
    int64_t last = 0;
    int more = 0, code = db_query(conn, &sql_attribute_load_values, &rows, DB_INT(id));
    if (code != 0)
        return code;
    while ((more = db_next(&rows)) == 1) {
        if (!values)
            values = json_add(arena, doc, "values", JSON_ARRAY);
        if (db_int(&rows, 0) != last) {
            last = db_int(&rows, 0);
            value = json_add(arena, values, NULL, JSON_OBJECT);
            document_add_str(arena, value, "code", db_text(&rows, 1));
            document_add_str(arena, value, "color", db_text(&rows, 2));
            if (!db_is_null(&rows, 3))
                json_add_int(arena, value, "number", db_int(&rows, 3));
            json_add_int(arena, value, "position", db_int(&rows, 4));
        }
        if (!db_is_null(&rows, 5))
            attribute_add_name(arena, value, db_text(&rows, 5), db_text(&rows, 6));
    }
    return more;
}

int attribute_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_attribute_load, &rows, DB_INT(id));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    *doc = json_new(arena, JSON_OBJECT);
    document_add_str(arena, *doc, "code", db_text(&rows, 0));
    document_add_str(arena, *doc, "type", db_text(&rows, 1));
    document_add_str(arena, *doc, "unit", db_text(&rows, 2));
    json_add_bool(arena, *doc, "filterable", db_int(&rows, 3) != 0);
    json_add_bool(arena, *doc, "comparable", db_int(&rows, 4) != 0);
    json_add_bool(arena, *doc, "visible", db_int(&rows, 5) != 0);
    json_add_int(arena, *doc, "position", db_int(&rows, 6));
    db_close(&rows);
    if ((code = db_query(conn, &sql_attribute_load_text, &rows, DB_INT(id))) != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        attribute_add_name(arena, *doc, db_text(&rows, 0), db_text(&rows, 1));
    return code ? code : attribute_load_values(conn, arena, id, *doc);
}

/* ---- in ---- */

static int attribute_check_text(const struct json *text, const char *where, struct err *err)
{
    if (text && text->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID, "%s: give {\"en\": {\"name\": …}}", where);
    json_each(item, text)
    {
        struct souk_str name = json_text(json_at(&item->value, "name"));
        if (!document_is_locale(item->key))
            return err_set(err, SOUK_INVALID, "%s: %.*s is no code of a language", where,
                           SOUK_PRI(item->key));
        if (name.len == 0 || utf8_length(name) > ATTRIBUTE_NAME)
            return err_set(err, SOUK_INVALID, "%s/%.*s/name: give 1 to %d characters", where,
                           SOUK_PRI(item->key), ATTRIBUTE_NAME);
    }
    return 0;
}

static struct souk_str attribute_name(const struct json *doc)
{
    const struct json *text = json_at(doc, "text");
    struct souk_str name = json_text(json_at(json_at(text, market_shop()->locales[0]), "name"));
    if (name.len == 0 && json_first(text))
        name = json_text(json_at(&json_first(text)->value, "name"));
    return name.len ? name : json_text(json_at(doc, "name"));
}

static int attribute_check(const struct json *doc, struct err *err)
{
    const struct json *type = json_at(doc, "type");
    size_t known = 0, count = sizeof attribute_types / sizeof *attribute_types;
    int place = 0;
    if (!doc || doc->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID, "an attribute is an object");
    while (type && known < count && !souk_str_is(json_text(type), attribute_types[known]))
        known++;
    if (type && known == count)
        return err_set(err, SOUK_INVALID,
                       "/type: %.*s is none of choice, number, bool, color, date, text, file, "
                       "reference",
                       SOUK_PRI(json_text(type)));
    int code = attribute_check_text(json_at(doc, "text"), "/text", err);
    json_each(item, json_at(doc, "values"))
    {
        char where[60];
        snprintf(where, sizeof where, "/values/%d", place++);
        if (code == 0 && json_text(json_at(&item->value, "code")).len == 0 &&
            attribute_name(&item->value).len == 0)
            code = err_set(err, SOUK_INVALID, "%s: give a code or a name", where);
        if (code == 0)
            code = attribute_check_text(json_at(&item->value, "text"), where, err);
    }
    return code;
}

static int attribute_write_values(struct db_conn *conn, struct arena *arena, int64_t id,
                                  const struct json *values)
{
    struct json *kept = json_new(arena, JSON_ARRAY);
    int64_t place = 0;
    int code = 0;
    json_each(item, values)
    {
        const struct json *number = json_at(&item->value, "number");
        struct souk_str name = json_text(json_at(&item->value, "code"));
        int64_t value = 0;
        name = attribute_code(arena, name.len ? name : attribute_name(&item->value));
        code = db_run(conn, &sql_attribute_value_put, NULL, DB_INT(id_next()), DB_INT(id),
                      DB_TEXT(name), DB_INT(json_int(json_at(&item->value, "position"), place)),
                      DB_TEXT(json_text(json_at(&item->value, "color"))),
                      number && number->kind == JSON_INT ? DB_INT(number->number) : DB_NULL);
        if (code == 0)
            code = db_get_int(conn, &sql_attribute_value_find, &value, DB_INT(id), DB_TEXT(name));
        if (code == 0)
            code = db_run(conn, &sql_attribute_value_text_clear, NULL, DB_INT(value));
        if (code == 0)
            code = attribute_put_names(conn, &sql_attribute_value_text_put, value,
                                       json_text(json_at(&item->value, "name")),
                                       json_at(&item->value, "text"));
        if (code != 0)
            return code;
        json_add_str(arena, kept, NULL, name);
        place++;
    }
    return db_run(conn, &sql_attribute_value_sweep, NULL, DB_INT(id),
                  DB_TEXT(document_text(arena, kept)));
}

static int attribute_flag(const struct json *doc, const char *key)
{
    const struct json *value = json_at(doc, key);
    return value ? json_true(value) : 1;
}

static int attribute_write(struct db_conn *conn, struct arena *arena, int64_t id,
                           struct souk_str code, const struct json *doc)
{
    struct souk_str type = json_text(json_at(doc, "type"));
    int failed = db_run(
        conn, &sql_attribute_update, NULL, DB_INT(id), DB_TEXT(code),
        DB_TEXT(type.len ? type : souk_str("choice")), DB_TEXT(json_text(json_at(doc, "unit"))),
        DB_INT(attribute_flag(doc, "filterable")), DB_INT(attribute_flag(doc, "comparable")),
        DB_INT(attribute_flag(doc, "visible")), DB_INT(json_int(json_at(doc, "position"), 0)));
    if (failed == 0)
        failed = db_run(conn, &sql_attribute_text_clear, NULL, DB_INT(id));
    if (failed == 0)
        failed = attribute_put_names(conn, &sql_attribute_text_put, id,
                                     json_text(json_at(doc, "name")), json_at(doc, "text"));
    return failed ? failed : attribute_write_values(conn, arena, id, json_at(doc, "values"));
}

int attribute_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                   int64_t *id, int *changed, struct err *err)
{
    struct json *present = NULL, *after = NULL;
    struct souk_str name = json_text(json_at(doc, "code"));
    int code = attribute_check(doc, err);
    if (code != 0)
        return code;
    name = attribute_code(arena, name.len ? name : attribute_name(doc));
    if (json_text(json_at(doc, "code")).len == 0 && attribute_name(doc).len == 0)
        return err_set(err, SOUK_INVALID, "/code: give the attribute a code or a name");
    *changed = PRODUCT_UNCHANGED;
    code = db_get_int(conn, &sql_attribute_find_code, id, DB_TEXT(name));
    if (code == SOUK_NOT_FOUND) {
        *changed = PRODUCT_CREATED;
        code = attribute_make(conn, name, "choice", souk_str(""), NULL, id);
    }
    if (code == 0)
        code = attribute_load(conn, arena, *id, &present);
    if (code != 0)
        return err_set(err, code, "the attribute %.*s: %s", SOUK_PRI(name), db_error(conn));
    struct json *wish = document_merge(arena, present, doc);
    if (document_same(wish, present))
        return 0;
    struct souk_str before = souk_str("");
    if ((code = search_follow_names(conn, arena, "attribute", *id, &before)) == 0)
        code = attribute_write(conn, arena, *id, name, wish);
    if (code == 0)
        code = search_follow(conn, arena, "attribute", *id, before, now);
    if (code == 0)
        code = attribute_load(conn, arena, *id, &after);
    if (code != 0)
        return err_set(err, code, "the attribute %.*s: %s", SOUK_PRI(name), db_error(conn));
    if (*changed != PRODUCT_CREATED && document_same(present, after))
        return 0;
    if (*changed != PRODUCT_CREATED)
        *changed = PRODUCT_UPDATED;
    return catalogue_bump(conn, 0);
}
