/*
 * category_load.c: a category as a document, as it goes out in exports and into forms.
 */
#include "shop/category.h"

#include "shop/category.sql.h"
#include "shop/category_rule.h"
#include "shop/document.h"

static int category_load_text(struct db_conn *conn, struct arena *arena, int64_t id,
                              struct json *doc)
{
    static const char *const members[] = {"name", "slug", "description", "seo_title",
                                          "seo_description"};
    struct json *text = json_add(arena, doc, "text", JSON_OBJECT);
    struct db_rows rows;
    int code = db_query(conn, &sql_category_load_text, &rows, DB_INT(id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *place =
            json_add_key(arena, text, arena_str(arena, db_text(&rows, 0)), JSON_OBJECT);
        for (int i = 0; i < 5; i++)
            document_add_str(arena, place, members[i], db_text(&rows, i + 1));
        code = 0;
    }
    return code;
}

static int category_load_attributes(struct db_conn *conn, struct arena *arena, int64_t id,
                                    struct json *doc)
{
    struct json *list = NULL;
    struct db_rows rows;
    int code = db_query(conn, &sql_category_load_attributes, &rows, DB_INT(id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if (!list)
            list = json_add(arena, doc, "attributes", JSON_ARRAY);
        json_add_str(arena, list, NULL, arena_str(arena, db_text(&rows, 0)));
        code = 0;
    }
    return code;
}

int category_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_category_load, &rows, DB_INT(id));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    *doc = json_new(arena, JSON_OBJECT);
    json_add_int(arena, *doc, "id", id);
    json_add_int(arena, *doc, "version", db_int(&rows, 7));
    document_add_str(arena, *doc, "key", db_text(&rows, 0));
    document_add_str(arena, *doc, "parent", db_text(&rows, 1));
    json_add_int(arena, *doc, "position", db_int(&rows, 2));
    json_add_bool(arena, *doc, "hidden", db_int(&rows, 3) != 0);
    document_add_str(arena, *doc, "sort", db_text(&rows, 4));
    document_add_str(arena, *doc, "image", db_text(&rows, 5));
    if (!db_is_null(&rows, 6))
        json_add_tree(arena, *doc, "rule", category_rule_show(arena, db_text(&rows, 6)));
    db_close(&rows);
    code = category_load_attributes(conn, arena, id, *doc);
    return code ? code : category_load_text(conn, arena, id, *doc);
}
