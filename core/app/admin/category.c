/*
 * category.c: categories as a resource: a tree, listed as one, whose members are chosen by hand or
 * found by a rule; and what is done with one beside its form: moved up or down, given a picture.
 *
 * A rule is edited as lines "brand: Acme", "tag: sale", "color: red" (an attribute and its value),
 * "price below: 20.00", "newer than: 30" (days): a small text that works without script.
 */
#include "shop/category.h"

#include <string.h>
#include "app/admin.sql.h"
#include "app/admin/resource.h"
#include "app/admin/resources.h"
#include "app/admin/route.h"
#include "app/media.h"
#include "base/str.h"
#include "shop/market.h"

#define BELOW "price below"
#define NEWER "newer than"

static int category_keys(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_category_choices, list);
}

static int attribute_codes(struct resource_call *call, struct json *list)
{
    return resource_choices_of(call, &sql_admin_attribute_choices, list);
}

static const char *const sorts[] = {"popular", "new", "price", "-price", "name", NULL};

static const struct resource_column category_columns[] = {
    {"name", "Name", SOUK_STRING, COLUMN_LINK,
     "(WITH RECURSIVE up (id, n) AS (SELECT t.parent_id, 0 UNION ALL SELECT c.parent_id, up.n + 1 FROM "
     "category c JOIN up ON c.id = up.id) SELECT substr('\u2003\u2003\u2003\u2003\u2003\u2003\u2003\u2003\u2003\u2003\u2003\u2003', 1, max(n)) || "
     "CASE max(n) WHEN 0 THEN '' ELSE '\u2514 ' END FROM up) || "
     "coalesce((SELECT x.name FROM category_text x WHERE x.category_id = t.id ORDER BY x.locale <> "
     ":locale LIMIT 1), t.key)",
     NULL, NULL},
    {"tree", "Place in the tree", SOUK_STRING, 0, "t.key", "n.path",
     "(WITH RECURSIVE tree (id, path) AS (SELECT id, printf('%012d.%020d', position + 1000000000, id) "
     "FROM category WHERE parent_id IS NULL UNION ALL SELECT c.id, tree.path || '/' || "
     "printf('%012d.%020d', c.position + 1000000000, c.id) FROM category c JOIN tree ON c.parent_id = "
     "tree.id) SELECT id, path FROM tree) n JOIN category t ON t.id = n.id"},
    {"products", "Products", SOUK_INT, 0,
     "(SELECT count(*) FROM product_category pc WHERE pc.category_id = t.id)", NULL, NULL},
    {"position", "Position", SOUK_INT, 0, "t.position", NULL, NULL},
    {"hidden", "Hidden", SOUK_BOOL, 0, "t.hidden", NULL, NULL},
    {.key = NULL}};

static const struct resource_filter category_filters[] = {
    {.key = "hidden", .label = "Hidden", .type = SOUK_BOOL, .sql = "t.hidden = ?"}, {.key = NULL}};

static const struct resource_field category_fields[] = {
    FIELD_KEY("what files call it, such as clothing/hoodies; it stays", 200),
    {.key = "parent",
     .label = "Below",
     .type = SOUK_CHOICE,
     .flags = FIELD_EMPTY,
     .options = category_keys},
    {.key = "position", .label = "Position", .type = SOUK_INT, .min = -1000000, .max = 1000000},
    {.key = "hidden", .label = "Hidden", .type = SOUK_BOOL},
    {.key = "sort", .label = "Sorted by", .type = SOUK_CHOICE, .choices = sorts},
    {.key = "attributes",
     .label = "Expected attributes",
     .type = SOUK_LIST,
     .options = attribute_codes,
     .hint = "codes, one a line"},
    {.key = "rule_lines",
     .label = "Rule",
     .type = SOUK_LIST,
     .hint =
         "products for which all of these hold are in it by themselves, one a line: brand: Acme, "
         "tag: sale, color: red, price below: 20.00, newer than: 30"},
    {.key = "image",
     .label = "Picture",
     .type = SOUK_STRING,
     .hint = "the address of a picture, or upload one below",
     .max = 2000},
    FIELD_LINE("name", "Name", FIELD_MUST, NULL, 200),
    FIELD_LINE("slug", "Address", 0, NULL, 120),
    FIELD_TEXT("description", "Description", NULL),
    FIELD_SEO_TITLE,
    FIELD_SEO_DESCRIPTION,
    {.key = NULL}};

/* ---- rules as lines ---- */

static struct souk_str line_of(struct arena *arena, const struct json *condition)
{
    static const char *const named[] = {"brand", "tag", NULL};
    const struct json *below = json_at(condition, "price_below");
    const struct json *newer = json_at(condition, "newer_than_days");
    struct souk_str is = json_text(json_at(condition, "is"));
    if (below)
        return arena_printf(
            arena, BELOW ": %.*s",
            SOUK_PRI(resource_decimal_text(arena, below->number, resource_money_digits())));
    if (newer)
        return arena_printf(arena, NEWER ": %lld", (long long)newer->number);
    for (int i = 0; named[i]; i++)
        if (json_at(condition, named[i])) {
            struct souk_str value = json_text(json_at(condition, named[i]));
            return arena_printf(arena, "%s: %.*s", named[i], SOUK_PRI(is.len ? is : value));
        }
    return arena_printf(arena, "%.*s: %.*s", SOUK_PRI(json_text(json_at(condition, "attribute"))),
                        SOUK_PRI(is));
}

static int category_get(struct resource_call *call, struct json **doc)
{
    int code = category_load(call->conn, call->arena, call->id, doc);
    if (code)
        return code;
    struct json *lines = json_add(call->arena, *doc, "rule_lines", JSON_ARRAY);
    json_each(condition, json_at(json_at(*doc, "rule"), "all"))
        json_add_str(call->arena, lines, NULL, line_of(call->arena, &condition->value));
    return SOUK_OK;
}

/* 0: the line cannot be read. */
static int read_condition(struct arena *arena, struct souk_str line, struct json *all)
{
    ptrdiff_t colon = str_find(line, ':');
    struct souk_str name = str_trim(str_make(line.ptr, colon > 0 ? (size_t)colon : 0));
    struct souk_str value = colon > 0 ? str_trim(str_from(line, (size_t)colon + 1)) : souk_str("");
    int64_t number = 0;
    if (name.len == 0 || value.len == 0)
        return 0;
    int below = str_equal_nocase(name, souk_str(BELOW)),
        newer = str_equal_nocase(name, souk_str(NEWER));
    if ((below || newer) &&
        (resource_decimal(value, below ? resource_money_digits() : 0, &number) != SOUK_OK ||
         number < 0))
        return 0;
    struct json *condition = json_add(arena, all, NULL, JSON_OBJECT);
    if (below)
        json_add_int(arena, condition, "price_below", number);
    else if (newer)
        json_add_int(arena, condition, "newer_than_days", number);
    else if (str_equal_nocase(name, souk_str("brand")))
        json_add_str(arena, condition, "brand", value);
    else if (str_equal_nocase(name, souk_str("tag")))
        json_add_str(arena, condition, "tag", value);
    else {
        json_add_str(arena, condition, "attribute", name);
        json_add_str(arena, condition, "is", value);
    }
    return 1;
}

/* The document without the lines, with the rule that they say. */
static int read_rule(struct resource_call *call, struct json **doc, struct err *err)
{
    struct json *plain = json_new(call->arena, JSON_OBJECT);
    const struct json *lines = json_at(*doc, "rule_lines");
    json_each(item, *doc) if (!souk_str_is(item->key, "rule_lines")) *
        json_add_key(call->arena, plain, item->key, JSON_NULL) = item->value;
    *doc = plain;
    if (!lines)
        return SOUK_OK;
    if (lines->count == 0) {
        json_add_null(call->arena, plain, "rule");
        return SOUK_OK;
    }
    struct json *all =
        json_add(call->arena, json_add(call->arena, plain, "rule", JSON_OBJECT), "all", JSON_ARRAY);
    json_each(line, lines) if (
        !read_condition(
            call->arena, json_text(&line->value),
            all)) return err_set(err, SOUK_INVALID,
                                 "\"%.*s\" is no condition; write for example: tag: sale",
                                 SOUK_PRI(json_text(&line->value)));
    return SOUK_OK;
}

static int category_put(struct resource_call *call, const struct json *doc, char *pointer,
                        struct err *err)
{
    struct json *whole = json_copy(call->arena, doc);
    int code = read_rule(call, &whole, err);
    if (code) {
        str_copy(pointer, 80, souk_str("/rule_lines"));
        return code;
    }
    return resource_put_by_key(call, whole, category_save,
                               "there is a category with this key already", err);
}

static int category_drop(struct resource_call *call, struct err *err)
{
    return category_remove(call->conn, call->id, call->request->now, err);
}

const struct resource resource_categories = {.name = "categories",
                                             .title = "Categories",
                                             .one = "Category",
                                             .right = "category",
                                             .subject = "category",
                                             .table = "category",
                                             .columns = category_columns,
                                             .filters = category_filters,
                                             .fields = category_fields,
                                             .search =
                                                 "t.key LIKE ? ESCAPE '\\' OR t.id IN (SELECT "
                                                 "category_id FROM category_text WHERE name "
                                                 "LIKE ? ESCAPE '\\')",
                                             .sort = "tree",
                                             .flags = RESOURCE_CREATE | RESOURCE_REMOVE,
                                             .record = "admin/category",
                                             .load = category_get,
                                             .save = category_put,
                                             .remove = category_drop};

/* ---- moving ---- */

struct sibling {
    int64_t id, position;
    struct souk_str key;
};

static int load_siblings(struct request *request, int64_t id, struct sibling **list, size_t *count)
{
    struct db_rows rows;
    size_t room = 0;
    *count = 0;
    int code = db_query(request->conn, &sql_admin_category_siblings, &rows, DB_INT(id));
    while (!code && (code = db_next(&rows)) == 1) {
        if (*count == room) {
            struct sibling *more = arena_array(&request->arena, struct sibling, 2 * room + 16);
            if (room)
                memcpy(more, *list, room * sizeof *more);
            *list = more;
            room = 2 * room + 16;
        }
        (*list)[(*count)++] = (struct sibling){db_int(&rows, 0), db_int(&rows, 2),
                                               arena_str(&request->arena, db_text(&rows, 1))};
        code = 0;
    }
    return code;
}

static int save_position(struct request *request, struct souk_str key, int64_t position,
                         struct err *err)
{
    struct json *doc = json_new(&request->arena, JSON_OBJECT);
    int64_t id;
    int changed;
    json_add_str(&request->arena, doc, "key", key);
    json_add_int(&request->arena, doc, "position", position);
    return category_save(request->conn, &request->arena, doc, request->now, &id, &changed, err);
}

/* One place up or down among its siblings, which are counted from 0 anew. */
int category_move(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct sibling *list = NULL;
    size_t count, at = 0;
    int64_t id = admin_id(request, "id");
    int up = souk_str_is(request_form(request, "to"), "up");
    int code = load_siblings(request, id, &list, &count);
    while (!code && at < count && list[at].id != id)
        at++;
    if (!code && at == count)
        return admin_message(request, 404, "Page not found", "it is not there, or not any more",
                             "/admin/categories");
    size_t with = up ? at - 1 : at + 1; /* wraps above the first: beyond count */
    if (!code && with < count) {
        struct sibling moved = list[at];
        list[at] = list[with];
        list[with] = moved;
    }
    for (size_t i = 0; !code && i < count; i++)
        if (list[i].position != (int64_t)i)
            code = save_position(request, list[i].key, (int64_t)i, &err);
    if (!code)
        code = admin_audit(request->conn, request, "category.moved",
                           arena_printf(&request->arena, "category:%lld", (long long)id), NULL);
    return code ? code : admin_redirect(request, "/admin/categories");
}

/* ---- a picture ---- */

struct picture {
    struct request *request;
    int64_t id;
    char source[80];
};

static int save_picture(struct db_conn *conn, void *arg)
{
    struct picture *picture = arg;
    struct request *request = picture->request;
    struct arena *arena = &request->arena;
    struct json *before = NULL, *doc = json_new(arena, JSON_OBJECT);
    struct err err = {0};
    int64_t id;
    int changed, code = category_load(conn, arena, picture->id, &before);
    if (code)
        return code;
    json_add_str(arena, doc, "key", json_text(json_at(before, "key")));
    json_add_cstr(arena, doc, "image", picture->source);
    code = category_save(conn, arena, doc, request->now, &id, &changed, &err);
    if (!code)
        code = admin_audit(conn, request, "category.picture_set",
                           arena_printf(arena, "category:%lld", (long long)picture->id), NULL);
    return code ? code
                : admin_redirect(request, "/admin/categories/%lld?saved=1", (long long)picture->id);
}

int category_picture(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct picture *picture = arena_new(&request->arena, struct picture);
    const struct upload *upload = request_upload(request, "picture");
    *picture = (struct picture){.request = request, .id = admin_id(request, "id")};
    const char *back =
        arena_printf(&request->arena, "/admin/categories/%lld", (long long)picture->id).ptr;
    if (!upload || upload->bytes.len == 0)
        return admin_message(request, 422, "Nothing is chosen", "choose one or more files", back);
    if (media_upload(upload->bytes, picture->source, &err))
        return admin_message(request, 422, "That is no picture", err.text, back);
    request_then_write(request, save_picture, picture);
    return SOUK_OK;
}
