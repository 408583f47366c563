/*
 * product_part.c: the plain parts of a product: texts with their addresses, categories, tags,
 * pictures. Each reads what is there, lays the document's part over it, and writes only when that
 * makes a difference.
 */
#include "base/str.h"
#include "shop/category.h"
#include "shop/document.h"
#include "shop/image.h"
#include "shop/product_edit.h"
#include "shop/product_part.sql.h"
#include "shop/slug.h"

/* ---- texts ---- */

enum {
    TEXT_NAME,
    TEXT_SLUG,
    TEXT_SUMMARY,
    TEXT_DESCRIPTION,
    TEXT_SEO,
    TEXT_SEO_TEXT,
    TEXT_MEMBERS
};

static const char *const text_members[] = {"name",        "slug",      "summary",
                                           "description", "seo_title", "seo_description"};

struct part_text {
    struct souk_str locale, now[TEXT_MEMBERS];
    int there;
};

/* The present text of each locale that the document speaks of. */
static int text_load(struct product_edit *edit, struct part_text *texts, size_t count)
{
    struct db_rows rows;
    int code = db_query(edit->conn, &sql_product_text_load, &rows, DB_INT(edit->id));
    edit->text_count = 0;
    while (code == 0 && (code = db_next(&rows)) == 1) {
        edit->text_count++;
        for (size_t i = 0; i < count; i++) {
            if (!souk_str_equal(texts[i].locale, db_text(&rows, 0)))
                continue;
            texts[i].there = 1;
            for (int j = 0; j < TEXT_MEMBERS; j++)
                texts[i].now[j] = arena_str(edit->arena, db_text(&rows, j + 1));
        }
        code = 0;
    }
    return code;
}

static int text_put(struct product_edit *edit, struct part_text *text, const struct json *patch)
{
    struct souk_str wish[TEXT_MEMBERS];
    int differs = !text->there, code = 0, changed = 0;
    for (int i = 0; i < TEXT_MEMBERS; i++) {
        const struct json *member = json_at(patch, text_members[i]);
        wish[i] = member ? json_text(member) : text->now[i];
        if (i == TEXT_NAME)
            wish[i] = str_trim(wish[i]);
        differs |= i != TEXT_SLUG && !souk_str_equal(wish[i], text->now[i]);
    }
    if (differs)
        code = db_run(edit->conn, &sql_product_text_put, NULL, DB_INT(edit->id),
                      DB_TEXT(text->locale), DB_TEXT(wish[TEXT_NAME]), DB_TEXT(wish[TEXT_SUMMARY]),
                      DB_TEXT(wish[TEXT_DESCRIPTION]), DB_TEXT(wish[TEXT_SEO]),
                      DB_TEXT(wish[TEXT_SEO_TEXT]));
    if (wish[TEXT_SLUG].len == 0) /* none yet, or cleared: made from the name */
        wish[TEXT_SLUG] = wish[TEXT_NAME];
    if (code == 0 && wish[TEXT_SLUG].len && !souk_str_equal(wish[TEXT_SLUG], text->now[TEXT_SLUG]))
        code = slug_put(edit->conn, edit->arena, "product", edit->id, text->locale, wish[TEXT_SLUG],
                        &changed, edit->err);
    edit->changed |= differs | changed;
    return code;
}

static int text_drop(struct product_edit *edit, struct part_text *text)
{
    int code =
        db_run(edit->conn, &sql_product_text_drop, NULL, DB_INT(edit->id), DB_TEXT(text->locale));
    edit->changed = 1;
    return code ? code
                : db_run(edit->conn, &sql_product_slug_retire, NULL, DB_INT(edit->id),
                         DB_TEXT(text->locale));
}

static int text_parts(struct product_edit *edit, struct part_text **texts)
{
    const struct json *text = json_at(edit->doc, "text");
    size_t at = 0;
    *texts = arena_array(edit->arena, struct part_text, text->count + 1u);
    json_each(item, text)(*texts)[at++].locale = item->key;
    return edit->fresh ? 0 : text_load(edit, *texts, at);
}

int edit_text_check(struct product_edit *edit)
{
    const struct json *text = json_at(edit->doc, "text");
    struct part_text *texts = NULL;
    size_t at = 0;
    int64_t left, code = 0;
    if (!text || text->kind != JSON_OBJECT) {
        if (edit->fresh || text)
            return edit_refuse(edit, SOUK_INVALID, "/text",
                               "a product needs a name: {\"en\": {\"name\": …}}");
        return 0;
    }
    if ((code = text_parts(edit, &texts)) != 0)
        return (int)code;
    left = edit->text_count;
    json_each(item, text)
    {
        if (item->value.kind == JSON_NULL)
            left -= texts[at].there;
        else if (!texts[at].there && !json_at(&item->value, "name"))
            return edit_refuse(edit, SOUK_INVALID,
                               edit_at(edit, "/text/%.*s/name", SOUK_PRI(item->key)),
                               "a name is missing");
        else
            left += !texts[at].there;
        at++;
    }
    return left > 0 ? 0
                    : edit_refuse(edit, SOUK_INVALID, "/text",
                                  "a product needs a name in one language at least");
}

int edit_text_write(struct product_edit *edit)
{
    const struct json *text = json_at(edit->doc, "text");
    struct part_text *texts = NULL;
    size_t at = 0;
    int code;
    if (!text)
        return 0;
    if ((code = text_parts(edit, &texts)) != 0)
        return code;
    json_each(item, text)
    {
        if (code == 0 && item->value.kind != JSON_NULL)
            code = text_put(edit, &texts[at], &item->value);
        else if (code == 0 && texts[at].there)
            code = text_drop(edit, &texts[at]);
        at++;
    }
    return code;
}

/* ---- categories ---- */

/* Ids of those given by key, at their places; 0 for paths. */
static int categories_known(struct product_edit *edit, const struct json *list)
{
    struct json *keys = json_new(edit->arena, JSON_ARRAY);
    struct db_rows rows;
    int code, given = 0;
    edit->category_ids = arena_array(edit->arena, int64_t, list->count + 1u);
    json_each(item, list)
    {
        given |= item->value.kind == JSON_STRING;
        json_add_str(edit->arena, keys, NULL, json_text(&item->value));
    }
    if (!given)
        return 0;
    code = db_query(edit->conn, &sql_product_category_known, &rows,
                    DB_TEXT(document_text(edit->arena, keys)));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        edit->category_ids[db_int(&rows, 0)] = db_int(&rows, 1);
        code = 0;
    }
    return code;
}

int edit_categories_check(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "categories");
    int at = 0;
    if (!list || list->kind != JSON_ARRAY)
        return 0;
    int code = categories_known(edit, list);
    if (code != 0)
        return code;
    json_each(item, list)
    {
        int path = item->value.kind == JSON_ARRAY && item->value.count && item->value.count <= 12;
        json_each(name, &item->value) path =
            path && str_trim(json_text(&name->value)).len > 0 && json_text(&name->value).len <= 500;
        if (item->value.kind == JSON_STRING ? edit->category_ids[at] == 0 : !path)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/categories/%d", at), "%s",
                               item->value.kind == JSON_STRING
                                   ? "there is no category with this key; save it first, or give "
                                     "its path as a list of names"
                                   : "a path of categories is a list of 1 to 12 names");
        at++;
    }
    return 0;
}

static int categories_load(struct product_edit *edit, struct json *list)
{
    struct db_rows rows;
    int code =
        edit->fresh ? 0 : db_query(edit->conn, &sql_product_category_load, &rows, DB_INT(edit->id));
    while (!edit->fresh && code == 0 && (code = db_next(&rows)) == 1) {
        json_add_int(edit->arena, list, NULL, db_int(&rows, 0));
        code = 0;
    }
    return code;
}

static int list_has(const struct json *list, const struct json *value)
{
    json_each(item, list) if (document_same(&item->value, value)) return 1;
    return 0;
}

int edit_categories_write(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "categories");
    struct json *now = json_new(edit->arena, JSON_ARRAY);
    struct json *wish = json_new(edit->arena, JSON_ARRAY);
    int64_t *ids = edit->category_ids;
    int at = 0, code = 0;
    if (!list)
        return 0;
    json_each(item, list)
    {
        struct json id = {.kind = JSON_INT};
        if (code == 0 && item->value.kind == JSON_ARRAY)
            code = category_find(edit->conn, edit->arena, &item->value, 1, edit->now, &ids[at],
                                 edit->err);
        id.number = ids[at++];
        if (!list_has(wish, &id))
            json_add_int(edit->arena, wish, NULL, id.number);
    }
    if (code == 0)
        code = categories_load(edit, now);
    if (code != 0 || document_same(now, wish))
        return code;
    edit->changed = 1;
    if (now->count)
        code = db_run(edit->conn, &sql_product_category_clear, NULL, DB_INT(edit->id));
    if (code == 0 && wish->count)
        code = db_run(edit->conn, &sql_product_category_put, NULL, DB_INT(edit->id),
                      DB_TEXT(document_text(edit->arena, wish)));
    return code;
}

/* ---- tags ---- */

int edit_tags_write(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "tags");
    struct json *now = json_new(edit->arena, JSON_ARRAY);
    struct json *wish = json_new(edit->arena, JSON_ARRAY);
    struct db_rows rows;
    int code = 0;
    if (!list)
        return 0;
    json_each(item, list)
    {
        struct json tag = {.kind = JSON_STRING, .text = str_trim(json_text(&item->value))};
        if (!list_has(wish, &tag))
            json_add_str(edit->arena, wish, NULL, tag.text);
    }
    if (!edit->fresh) {
        code = db_query(edit->conn, &sql_product_tag_load, &rows, DB_INT(edit->id));
        while (code == 0 && (code = db_next(&rows)) == 1) {
            json_add_str(edit->arena, now, NULL, arena_str(edit->arena, db_text(&rows, 0)));
            code = 0;
        }
    }
    if (code != 0 || document_same(now, wish))
        return code;
    edit->changed = 1;
    if (now->count)
        code = db_run(edit->conn, &sql_product_tag_clear, NULL, DB_INT(edit->id));
    if (code == 0 && wish->count)
        code = db_run(edit->conn, &sql_product_tag_put, NULL, DB_INT(edit->id),
                      DB_TEXT(document_text(edit->arena, wish)));
    return code;
}

/* ---- pictures ---- */

static void image_row(struct product_edit *edit, struct json *list, struct souk_str source,
                      struct souk_str alt)
{
    struct json *row = json_add(edit->arena, list, NULL, JSON_ARRAY);
    json_add_str(edit->arena, row, NULL, source);
    json_add_str(edit->arena, row, NULL, alt);
}

static struct souk_str image_alt(struct product_edit *edit, const struct json *alt)
{
    struct json *words = json_new(edit->arena, JSON_OBJECT);
    if (alt && alt->kind == JSON_STRING && alt->text.len)
        json_add_str(edit->arena, words, market_shop()->locales[0], alt->text);
    json_each(item, alt) if (json_text(&item->value).len)
        json_add_key(edit->arena, words, item->key, JSON_STRING)
            ->text = item->value.text;
    return document_text(edit->arena, words);
}

int edit_images_write(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "images");
    struct json *now = json_new(edit->arena, JSON_ARRAY);
    struct json *wish = json_new(edit->arena, JSON_ARRAY);
    struct db_rows rows;
    int64_t position = 0;
    int code = 0;
    if (!list)
        return 0;
    json_each(item, list)
    {
        const struct json *source =
            item->value.kind == JSON_OBJECT ? json_at(&item->value, "source") : &item->value;
        image_row(edit, wish, str_trim(json_text(source)),
                  image_alt(edit, json_at(&item->value, "alt")));
    }
    if (!edit->fresh) {
        code = db_query(edit->conn, &sql_product_image_load, &rows, DB_INT(edit->id));
        while (code == 0 && (code = db_next(&rows)) == 1) {
            image_row(edit, now, arena_str(edit->arena, db_text(&rows, 0)),
                      arena_str(edit->arena, db_text(&rows, 1)));
            code = 0;
        }
    }
    if (code != 0 || document_same(now, wish))
        return code;
    edit->changed = 1;
    if (now->count)
        code = db_run(edit->conn, &sql_product_image_clear, NULL, DB_INT(edit->id));
    json_each(row, wish)
    {
        const struct json_item *source = json_first(&row->value);
        int64_t id = 0;
        if (code == 0)
            code = image_put(edit->conn, source->value.text, edit->now, &id);
        if (code == 0)
            code = db_run(edit->conn, &sql_product_image_put, NULL, DB_INT(edit->id),
                          DB_INT(position++), DB_INT(id), DB_TEXT(source->next->value.text));
    }
    return code;
}
