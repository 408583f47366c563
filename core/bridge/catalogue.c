/*
 * catalogue.c: the API's sub-table "catalogue": products as documents and as shoppers see them,
 * lists, items, categories. What is written stands in catalogue_write.c.
 *
 * The idea: nothing is reckoned here. The functions of core/shop that pages and the API of programs
 * are made of are asked on the call's own snapshot, so what a plugin shows is what the shop shows,
 * and a page that is kept rests on the same tables and moments.
 */
#include "bridge/internal.h"

#include "base/utf8.h"
#include "bridge/terms.sql.h"
#include "shop/item.h"
#include "shop/listing_document.h"
#include "shop/product.h"

#define FIND_MOST  500  /* bytes of a key, slug, SKU or barcode */
#define FIELD_MOST 1000 /* of a value in a query */

static const struct souk_value *value_of(const struct json *json)
{
    return (const struct souk_value *)json;
}

/* ---- one product ---- */

static int get(struct souk_ctx *ctx, int64_t id, const struct souk_value **product)
{
    struct json *doc = NULL;
    if (!product)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_product_get: no place for the product");
    *product = NULL;
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = product_load(conn, ctx->arena, id, &doc);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_product_get: there is no product %lld",
                             (long long)id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_product_get: %s", db_error(conn));
    *product = value_of(doc);
    return SOUK_OK;
}

static int by_barcode(struct db_conn *conn, struct souk_str text, int64_t *product,
                      int64_t *variant)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_terms_barcode, &rows, DB_TEXT(text)), &rows);
    if (code != SOUK_OK)
        return code;
    *product = db_int(&rows, 0);
    *variant = db_int(&rows, 1);
    db_close(&rows);
    return SOUK_OK;
}

static int look_up(struct db_conn *conn, const char *by, struct souk_str text, int64_t *product,
                   int64_t *variant)
{
    if (strcmp(by, "key") == 0)
        return product_find(conn, text, product);
    if (strcmp(by, "slug") == 0)
        return db_get_int(conn, &sql_terms_slug, product, DB_TEXT(text));
    if (strcmp(by, "sku") == 0)
        return product_find_sku(conn, text, product, variant);
    return strcmp(by, "barcode") == 0 ? by_barcode(conn, text, product, variant) : SOUK_INVALID;
}

static int find(struct souk_ctx *ctx, const char *by, struct souk_str text, int64_t *product_id,
                int64_t *variant_id)
{
    int64_t product = 0, variant = 0;
    if (product_id)
        *product_id = 0;
    if (variant_id)
        *variant_id = 0;
    if (!by || !product_id)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_product_find: %s",
                             by ? "no place for the id" : "by what? \"key\", \"slug\" …");
    if (!bridge_view_ok(text) || !text.len || text.len > FIND_MOST || !utf8_valid(text))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_product_find: a %s has 1 to %d bytes of UTF-8", by, FIND_MOST);
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = look_up(conn, by, text, &product, &variant);
    if (code == SOUK_INVALID)
        return bridge_refuse(ctx, code,
                             "souk_product_find by \"%.40s\": it is \"key\", \"slug\", \"sku\" or "
                             "\"barcode\"",
                             by);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_product_find: there is no product of the %s \"%.*s\"",
                             by, SOUK_PRI(text));
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_product_find: %s", db_error(conn));
    *product_id = product;
    if (variant_id)
        *variant_id = variant;
    return SOUK_OK;
}

/* Moments are numbers inside and RFC 3339 in documents, as in the API. */
static int view(struct souk_ctx *ctx, int64_t id, const struct souk_terms *terms,
                const struct souk_value **out)
{
    struct market market;
    struct json *doc = NULL;
    int64_t until = 0;
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_product_view: no place for the view");
    *out = NULL;
    int code = terms_market(ctx, "souk_product_view", terms, &market);
    if (code != SOUK_OK)
        return code;
    code = product_view(ctx->conn, ctx->arena, &market, id, souk_str(""), NULL, &doc, &until);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_product_view: there is no product %lld to be seen",
                             (long long)id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_product_view: %s", db_error(ctx->conn));
    json_add_time(ctx->arena, doc, "changed_at", json_int(json_at(doc, "changed_at"), 0));
    terms_until(ctx, until);
    *out = value_of(doc);
    return SOUK_OK;
}

/* ---- lists ---- */

struct fields {
    struct listing_field at[LISTING_FIELDS];
    size_t count;
};

static int add_field(struct souk_ctx *ctx, struct fields *fields, struct souk_str name,
                     const struct json *value)
{
    struct souk_str text;
    if (value->kind == JSON_NULL)
        return SOUK_OK;
    if (value->kind == JSON_STRING)
        text = value->text;
    else if (value->kind == JSON_INT || value->kind == JSON_BOOL)
        text = arena_printf(ctx->arena, "%lld", (long long)value->number);
    else
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_product_list: \"%.*s\" is a text, a number or a list of them",
                             (int)(name.len < 80 ? name.len : 80), name.ptr);
    if (text.len > FIELD_MOST || fields->count == LISTING_FIELDS)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_product_list: at most %d fields of %d bytes each",
                             LISTING_FIELDS, FIELD_MOST);
    fields->at[fields->count++] = (struct listing_field){name, text};
    return SOUK_OK;
}

/* A list is the same field several times. */
static int add_fields(struct souk_ctx *ctx, struct fields *fields, struct souk_str name,
                      const struct json *value)
{
    int code = SOUK_OK;
    if (value->kind != JSON_ARRAY)
        return add_field(ctx, fields, name, value);
    for (const struct json_item *item = json_first(value); item && !code; item = item->next)
        code = add_field(ctx, fields, name, &item->value);
    return code;
}

static int read_fields(struct souk_ctx *ctx, const struct json *query, struct fields *fields)
{
    int code = SOUK_OK;
    fields->count = 0;
    if (query && query->kind != JSON_OBJECT && query->kind != JSON_NULL)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_product_list: the query is a map like {\"q\": \"tea\"}");
    for (const struct json_item *item = json_first(query); item && !code; item = item->next)
        code = add_fields(ctx, fields, item->key, &item->value);
    return code;
}

static int list(struct souk_ctx *ctx, const struct souk_value *query,
                const struct souk_terms *terms, const struct souk_value **page)
{
    struct listing_document document;
    struct market market;
    struct fields fields;
    struct err err = {0};
    if (!page)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_product_list: no place for the page");
    *page = NULL;
    int code = terms_market(ctx, "souk_product_list", terms, &market);
    if (code == SOUK_OK)
        code = read_fields(ctx, (const struct json *)query, &fields);
    if (code != SOUK_OK)
        return code;
    code =
        listing_document(ctx->conn, ctx->arena, &market, fields.at, fields.count, &document, &err);
    if (code == SOUK_INVALID) /* a sort or a cursor of whoever looks at the list */
        return bridge_tell(ctx, code, "%s", err.text);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_product_list: %s",
                             err.text[0] ? err.text : db_error(ctx->conn));
    terms_until(ctx, document.until);
    *page = value_of(document.list);
    return SOUK_OK;
}

/* ---- items ---- */

static int check_walk(struct souk_ctx *ctx, const int64_t *after, uint32_t limit,
                      const struct souk_value **items)
{
    if (!after || !items)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_item_walk: no place for %s",
                             after ? "the items" : "where the walk stands");
    if (limit < 1 || limit > ITEM_WALK_MOST)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_item_walk: a piece has 1 to %d items",
                             ITEM_WALK_MOST);
    if (ctx->kind == SOUK_WRITE)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_item_walk in a WRITE call, which others wait for; use a READ or "
                             "TASK route, or a job");
    return SOUK_OK;
}

/* A walk may be long: each piece takes the place of the one before. */
static int walk(struct souk_ctx *ctx, const struct souk_terms *terms, int64_t *after,
                uint32_t limit, const struct souk_value **items)
{
    struct market market;
    int64_t until = 0;
    if (items)
        *items = NULL;
    int code = check_walk(ctx, after, limit, items);
    if (code == SOUK_OK)
        query_renew(ctx);
    if (code == SOUK_OK)
        code = terms_market(ctx, "souk_item_walk", terms, &market);
    if (code != SOUK_OK)
        return code;
    struct arena *arena = call_piece(ctx);
    struct json *piece = json_new(arena, JSON_ARRAY);
    code = item_walk_until(ctx->conn, arena, &market, after, (int)limit, piece, &until);
    if (code == SOUK_INVALID)
        return bridge_refuse(ctx, code, "souk_item_walk: no walk stands at %lld; begin with 0",
                             (long long)*after);
    if (code == SOUK_CONFLICT)
        return bridge_refuse(ctx, code,
                             "souk_item_walk: the variant at which it stood was removed; begin "
                             "with 0 again");
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_item_walk: %s", db_error(ctx->conn));
    terms_until(ctx, until);
    *items = value_of(piece);
    return SOUK_OK;
}

static int categories(struct souk_ctx *ctx, const struct souk_terms *terms,
                      const struct souk_value **out)
{
    struct market market;
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_categories: no place for the list");
    *out = NULL;
    int code = terms_market(ctx, "souk_categories", terms, &market);
    if (code != SOUK_OK)
        return code;
    struct json *all = json_new(ctx->arena, JSON_ARRAY);
    code = item_categories(ctx->conn, ctx->arena, &market, all);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_categories: %s", db_error(ctx->conn));
    *out = value_of(all);
    return SOUK_OK;
}

/* ---- stock, and the number of the catalogue ---- */

static int stock(struct souk_ctx *ctx, int64_t variant_id, int64_t *on_hand, int64_t *reserved)
{
    struct db_rows rows;
    if (!on_hand || !reserved)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_stock: no place for the numbers");
    *on_hand = *reserved = 0;
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = db_first(db_query(conn, &sql_terms_stock, &rows, DB_INT(variant_id)), &rows);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_stock: there is no variant %lld",
                             (long long)variant_id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_stock: %s", db_error(conn));
    int tracked = db_int(&rows, 0) != 0;
    if (tracked) {
        *on_hand = db_int(&rows, 1);
        *reserved = db_int(&rows, 2);
    }
    db_close(&rows);
    return tracked ? SOUK_OK
                   : bridge_refuse(ctx, SOUK_NOT_FOUND, "souk_stock: variant %lld is not counted",
                                   (long long)variant_id);
}

static int version(struct souk_ctx *ctx, int64_t *number)
{
    if (!number)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_catalogue_version: no place for the number");
    *number = 0;
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = db_get_int(conn, &sql_terms_version, number);
    return code == SOUK_OK ? SOUK_OK
                           : bridge_refuse(ctx, code, "souk_catalogue_version: %s", db_error(conn));
}

const struct souk_catalogue_api catalogue_table = {.size = sizeof(struct souk_catalogue_api),
                                                   .get = get,
                                                   .find = find,
                                                   .view = view,
                                                   .list = list,
                                                   .walk = walk,
                                                   .categories = categories,
                                                   .save = catalogue_save,
                                                   .stock = stock,
                                                   .stock_move = catalogue_stock_move,
                                                   .stock_count = catalogue_stock_count,
                                                   .version = version};
