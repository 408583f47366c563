/*
 * category.c: the tree of categories: found by key or by a path of names, saved as documents,
 * removed. A category keeps its key wherever it is moved to; its slugs are one a locale. What
 * shoppers see is in category_view.c, members by rule in category_rule.c.
 */
#include "shop/category.h"

#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/catalogue.h"
#include "shop/category.sql.h"
#include "shop/category_rule.h"
#include "shop/document.h"
#include "shop/image.h"
#include "shop/product.h"
#include "shop/search.h"
#include "shop/slug.h"
#include "shop/slug_free.h"

#define CATEGORY_NAME  500
#define CATEGORY_DEPTH 12

static int category_taken(void *conn, struct souk_str key)
{
    int64_t id = 0;
    int code = db_get_int(conn, &sql_category_find_key, &id, DB_TEXT(key));
    return code == SOUK_NOT_FOUND ? 0 : code == 0 ? 1 : code;
}

static int category_key(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str *key)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_category_key, &rows, DB_INT(id));
    if (code == 0 && (code = db_next(&rows)) == 1)
        *key = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return code == 1 ? 0 : code ? code : SOUK_NOT_FOUND;
}

/* Makes the row; `key` empty: from the parent's key and the name. */
static int category_insert(struct db_conn *conn, struct arena *arena, int64_t parent,
                           struct souk_str key, struct souk_str name, int64_t now, int64_t *id)
{
    struct souk_str above = {NULL, 0};
    int64_t position = 0;
    int code = 0;
    if (key.len == 0) {
        struct souk_str slug = slug_make(arena, name);
        if (parent && (code = category_key(conn, arena, parent, &above)) != 0)
            return code;
        key = parent ? arena_printf(arena, "%.*s/%.*s", SOUK_PRI(above), SOUK_PRI(slug)) : slug;
        code = slug_free(arena, key, category_taken, conn, &key);
    }
    if (code == 0)
        code = parent ? db_get_int(conn, &sql_category_next_child, &position, DB_INT(parent))
                      : db_get_int(conn, &sql_category_next_root, &position);
    *id = id_next();
    return code ? code
                : db_run(conn, &sql_category_insert, NULL, DB_INT(*id), DB_TEXT(key),
                         parent ? DB_INT(parent) : DB_NULL, DB_INT(position), DB_INT(now));
}

/* ---- found ---- */

static int category_make(struct db_conn *conn, struct arena *arena, int64_t parent,
                         struct souk_str name, int64_t now, int64_t *id, struct err *err)
{
    struct souk_str locale = souk_str(market_shop()->locales[0]);
    int code = category_insert(conn, arena, parent, souk_str(""), name, now, id);
    if (code == 0)
        code =
            db_run(conn, &sql_category_text_put, NULL, DB_INT(*id), DB_TEXT(locale), DB_TEXT(name),
                   DB_TEXT(utf8_fold(arena, name)), DB_CSTR(""), DB_CSTR(""), DB_CSTR(""));
    if (code == 0)
        code = slug_put(conn, arena, "category", *id, locale, name, NULL, err);
    if (code == 0)
        code = catalogue_bump(conn, 0);
    if (code != 0)
        return err_set(err, code, "the category %.*s cannot be made: %s", SOUK_PRI(name),
                       db_error(conn));
    db_changed(conn, "category", *id);
    return 0;
}

static int category_find_path(struct db_conn *conn, struct arena *arena, const struct json *path,
                              int make, int64_t now, int64_t *id, struct err *err)
{
    const char *locale = market_shop()->locales[0];
    int64_t at = 0;
    if (path->count == 0 || path->count > CATEGORY_DEPTH)
        return err_set(err, SOUK_INVALID, "a path of categories has 1 to %d names", CATEGORY_DEPTH);
    json_each(item, path)
    {
        struct souk_str name = str_trim(json_text(&item->value));
        struct souk_str fold = utf8_fold(arena, name);
        int64_t next = 0;
        if (name.len == 0 || utf8_length(name) > CATEGORY_NAME)
            return err_set(err, SOUK_INVALID, "a category's name has 1 to %d characters",
                           CATEGORY_NAME);
        int code =
            at ? db_get_int(conn, &sql_category_find_child, &next, DB_CSTR(locale), DB_TEXT(fold),
                            DB_INT(at))
               : db_get_int(conn, &sql_category_find_root, &next, DB_CSTR(locale), DB_TEXT(fold));
        if (code == SOUK_NOT_FOUND && make)
            code = category_make(conn, arena, at, name, now, &next, err);
        else if (code != 0)
            err_set(err, code, "there is no category %.*s", SOUK_PRI(name));
        if (code != 0)
            return code;
        at = next;
    }
    *id = at;
    return 0;
}

int category_find(struct db_conn *conn, struct arena *arena, const struct json *key_or_path,
                  int make, int64_t now, int64_t *id, struct err *err)
{
    struct souk_str key = json_text(key_or_path);
    if (key_or_path && key_or_path->kind == JSON_ARRAY)
        return category_find_path(conn, arena, key_or_path, make, now, id, err);
    if (key.len == 0)
        return err_set(err, SOUK_INVALID, "a category is a key or a list of names");
    int code = db_get_int(conn, &sql_category_find_key, id, DB_TEXT(key));
    if (code == SOUK_NOT_FOUND)
        err_set(err, code,
                "there is no category with the key %.*s; save it first, or give its path "
                "as a list of names",
                SOUK_PRI(key));
    return code;
}

/* ---- saved ---- */

struct category_edit {
    struct db_conn *conn;
    struct arena *arena;
    struct err *err;
    int64_t id, parent, image, now;
    const struct json *wish, *present;
    struct json *rule; /* as stored */
};

static int category_check_text(const struct json *text, struct err *err)
{
    if (!text || text->kind != JSON_OBJECT || text->count == 0)
        return err_set(err, SOUK_INVALID,
                       "/text: a category needs a name: {\"en\": {\"name\": …}}");
    json_each(item, text)
    {
        struct souk_str name = json_text(json_at(&item->value, "name"));
        if (!document_is_locale(item->key))
            return err_set(err, SOUK_INVALID, "/text: %.*s is no code of a language",
                           SOUK_PRI(item->key));
        if (name.len == 0 || utf8_length(name) > CATEGORY_NAME)
            return err_set(err, SOUK_INVALID, "/text/%.*s/name: give 1 to %d characters",
                           SOUK_PRI(item->key), CATEGORY_NAME);
    }
    return 0;
}

static int category_check_parent(struct category_edit *edit)
{
    struct souk_str key = json_text(json_at(edit->wish, "parent"));
    int64_t one = 0;
    if (key.len == 0)
        return 0;
    int code = db_get_int(edit->conn, &sql_category_find_key, &edit->parent, DB_TEXT(key));
    if (code == SOUK_NOT_FOUND)
        return err_set(edit->err, SOUK_INVALID, "/parent: there is no category with the key %.*s",
                       SOUK_PRI(key));
    if (code == 0 && edit->id &&
        db_get_int(edit->conn, &sql_category_is_above, &one, DB_INT(edit->parent),
                   DB_INT(edit->id)) == 0)
        return err_set(edit->err, SOUK_CONFLICT,
                       "/parent: %.*s is %.*s itself or below it; choose another parent",
                       SOUK_PRI(key), SOUK_PRI(json_text(json_at(edit->wish, "key"))));
    return code;
}

static int category_check_attributes(struct category_edit *edit)
{
    const struct json *list = json_at(edit->wish, "attributes");
    struct db_rows rows;
    if (!list)
        return 0;
    int code = db_query(edit->conn, &sql_category_attribute_unknown, &rows,
                        DB_TEXT(document_text(edit->arena, list)));
    if (code == 0 && (code = db_next(&rows)) == 1)
        code = err_set(edit->err, SOUK_INVALID, "/attributes: there is no attribute %.*s",
                       SOUK_PRI(db_text(&rows, 0)));
    db_close(&rows);
    return code;
}

static int category_check(struct category_edit *edit)
{
    const struct json *position = json_at(edit->wish, "position");
    int code = category_check_text(json_at(edit->wish, "text"), edit->err);
    if (code == 0 && position && position->kind != JSON_INT)
        code = err_set(edit->err, SOUK_INVALID, "/position: give a whole number");
    if (code == 0)
        code = category_check_parent(edit);
    if (code == 0)
        code = category_check_attributes(edit);
    return code ? code
                : category_rule_check(edit->arena, json_at(edit->wish, "rule"), &edit->rule,
                                      edit->err);
}

static int category_write_text(struct category_edit *edit)
{
    int code = db_run(edit->conn, &sql_category_text_clear, NULL, DB_INT(edit->id));
    json_each(item, json_at(edit->wish, "text"))
    {
        const struct json *text = &item->value;
        struct souk_str name = json_text(json_at(text, "name"));
        struct souk_str slug = json_text(json_at(text, "slug"));
        if (code == 0)
            code = db_run(edit->conn, &sql_category_text_put, NULL, DB_INT(edit->id),
                          DB_TEXT(item->key), DB_TEXT(name), DB_TEXT(utf8_fold(edit->arena, name)),
                          DB_TEXT(json_text(json_at(text, "description"))),
                          DB_TEXT(json_text(json_at(text, "seo_title"))),
                          DB_TEXT(json_text(json_at(text, "seo_description"))));
        if (code == 0)
            code = slug_put(edit->conn, edit->arena, "category", edit->id, item->key,
                            slug.len ? slug : name, NULL, edit->err);
    }
    return code ? code : db_run(edit->conn, &sql_category_slug_retire, NULL, DB_INT(edit->id));
}

static int category_write(struct category_edit *edit)
{
    struct souk_str sort = json_text(json_at(edit->wish, "sort"));
    struct souk_str image = json_text(json_at(edit->wish, "image"));
    const struct json *attributes = json_at(edit->wish, "attributes");
    int code = image.len ? image_put(edit->conn, image, edit->now, &edit->image) : 0;
    if (code == 0)
        code = db_run(edit->conn, &sql_category_update, NULL, DB_INT(edit->id),
                      edit->parent ? DB_INT(edit->parent) : DB_NULL,
                      DB_INT(json_int(json_at(edit->wish, "position"), 0)),
                      DB_INT(json_true(json_at(edit->wish, "hidden"))),
                      edit->image ? DB_INT(edit->image) : DB_NULL,
                      DB_TEXT(sort.len ? sort : souk_str("popular")),
                      edit->rule ? DB_TEXT(document_text(edit->arena, edit->rule)) : DB_NULL,
                      DB_INT(edit->now));
    if (code == 0)
        code = category_write_text(edit);
    if (code == 0)
        code = db_run(edit->conn, &sql_category_attribute_clear, NULL, DB_INT(edit->id));
    if (code == 0 && attributes)
        code = db_run(edit->conn, &sql_category_attribute_put, NULL, DB_INT(edit->id),
                      DB_TEXT(document_text(edit->arena, attributes)));
    if (code == 0 && (edit->rule || json_at(edit->present, "rule")))
        code = category_rule_run(edit->conn, edit->arena, edit->id, edit->now, NULL);
    return code ? code : catalogue_bump(edit->conn, 0);
}

/* The category that the document is of, and what it should be. */
static int category_open(struct category_edit *edit, const struct json *doc)
{
    struct json *present = NULL;
    struct souk_str key = json_text(json_at(doc, "key"));
    const struct json *version = json_at(doc, "version");
    int code = SOUK_NOT_FOUND;
    edit->id = json_int(json_at(doc, "id"), 0);
    if (edit->id == 0 && key.len)
        code = db_get_int(edit->conn, &sql_category_find_key, &edit->id, DB_TEXT(key));
    if (edit->id == 0) {
        edit->wish = document_merge(edit->arena, NULL, doc);
        return code == SOUK_NOT_FOUND ? 0 : code;
    }
    code = category_load(edit->conn, edit->arena, edit->id, &present);
    if (code != 0)
        return err_set(edit->err, code, "there is no category %lld", (long long)edit->id);
    if (version && version->kind == JSON_INT &&
        version->number != json_int(json_at(present, "version"), 0))
        return err_set(edit->err, SOUK_CONFLICT,
                       "the category has changed since; load it again and repeat the change");
    edit->present = present;
    edit->wish = document_merge(edit->arena, present, doc);
    return 0;
}

static struct souk_str category_name(const struct json *doc)
{
    const struct json *text = json_at(doc, "text");
    struct souk_str name = json_text(json_at(json_at(text, market_shop()->locales[0]), "name"));
    return name.len || !json_first(text) ? name
                                         : json_text(json_at(&json_first(text)->value, "name"));
}

int category_save(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                  int64_t *id, int *changed, struct err *err)
{
    struct category_edit edit = {.conn = conn, .arena = arena, .err = err, .now = now};
    if (!doc || doc->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID, "a category is an object");
    int code = category_open(&edit, doc);
    if (code != 0)
        return code;
    *changed = edit.id ? PRODUCT_UPDATED : PRODUCT_CREATED;
    *id = edit.id;
    if (edit.present && document_same(edit.present, edit.wish)) {
        *changed = PRODUCT_UNCHANGED;
        return 0;
    }
    if ((code = category_check(&edit)) != 0)
        return code;
    if (edit.id == 0) {
        code = category_insert(conn, arena, edit.parent, json_text(json_at(doc, "key")),
                               category_name(doc), now, &edit.id);
        if (code == 0 && !json_at(doc, "position")) {
            struct json *made = NULL;
            code = category_load(conn, arena, edit.id, &made);
            json_add_int(arena, (struct json *)(uintptr_t)edit.wish, "position",
                         json_int(json_at(made, "position"), 0));
        }
        *id = edit.id;
    }
    struct souk_str before = souk_str("");
    if (code == 0)
        code = search_follow_names(conn, arena, "category", edit.id, &before);
    if (code == 0)
        code = category_write(&edit);
    if (code == 0)
        code = search_follow(conn, arena, "category", edit.id, before, now);
    if (code != 0)
        return err && err->text[0] ? code : err_set(err, code, "the category: %s", db_error(conn));
    db_changed(conn, "category", edit.id);
    return 0;
}

/* ---- removed ---- */

int category_remove(struct db_conn *conn, int64_t id, int64_t now, struct err *err)
{
    struct arena arena = {0};
    struct db_rows rows;
    struct souk_str products = souk_str("[]");
    int64_t gone = 0;
    int code = db_query(conn, &sql_category_products, &rows, DB_INT(id));
    if (code == 0 && (code = db_next(&rows)) == 1)
        products = arena_str(&arena, db_text(&rows, 0));
    db_close(&rows);
    code = code < 0 ? code : db_run(conn, &sql_category_lift, NULL, DB_INT(id), DB_INT(now));
    if (code == 0)
        code = slug_remove(conn, "category", id);
    if (code == 0)
        code = db_run(conn, &sql_category_delete, &gone, DB_INT(id));
    if (code == 0 && gone == 0)
        code = SOUK_NOT_FOUND;
    if (code == 0)
        code = catalogue_bump(conn, 0);
    if (code == 0)
        code = catalogue_bump_products(conn, products);
    if (code == 0)
        code = search_follow_products(conn, products, now);
    arena_free(&arena);
    if (code == 0)
        db_changed(conn, "category", id);
    return code ? err_set(err, code, "the category %lld: %s", (long long)id,
                          code == SOUK_NOT_FOUND ? "there is no such category" : db_error(conn))
                : 0;
}
