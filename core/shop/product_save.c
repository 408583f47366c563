/*
 * product_save.c: the one way in: finds the product that a document means, has its parts checked
 * and planned, then written, and tells everybody who rests on products (search, lists, caches,
 * plugins) when something was written at all.
 *
 * Nothing is written before all has been found to be right. An unchanged document costs a dozen
 * short queries.
 */
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/catalogue.h"
#include "shop/category_rule.h"
#include "shop/document.h"
#include "shop/product.sql.h"
#include "shop/product_edit.h"
#include "shop/promo_live.h"
#include "shop/search.h"
#include "shop/slug.h"
#include "shop/slug_free.h"
#include "store/outbox.h"

static int save_key_taken(void *conn, struct souk_str key)
{
    int64_t id = 0;
    int code = product_find(conn, key, &id);
    return code == SOUK_NOT_FOUND ? 0 : code == 0 ? 1 : code;
}

static struct souk_str save_name(const struct json *doc)
{
    const struct json *text = json_at(doc, "text");
    struct souk_str name = json_text(json_at(json_at(text, market_shop()->locales[0]), "name"));
    return name.len || !json_first(text) ? name
                                         : json_text(json_at(&json_first(text)->value, "name"));
}

/* The product of the first variant whose SKU is known. */
static int save_find_sku(struct product_edit *edit)
{
    int code = SOUK_NOT_FOUND;
    json_each(item, json_at(edit->doc, "variants"))
    {
        struct souk_str sku = str_trim(json_text(json_at(&item->value, "sku")));
        if (sku.len &&
            (code = product_find_sku(edit->conn, sku, &edit->id, NULL)) != SOUK_NOT_FOUND)
            return code;
    }
    return code;
}

static int save_find(struct product_edit *edit)
{
    struct souk_str key = str_trim(json_text(json_at(edit->doc, "key")));
    const struct json *id = json_at(edit->doc, "id");
    int code;
    if (id && id->kind == JSON_INT) {
        edit->id = id->number;
        return 0;
    }
    code = key.len ? product_find(edit->conn, key, &edit->id) : save_find_sku(edit);
    if (code != SOUK_NOT_FOUND)
        return code;
    edit->fresh = 1;
    edit->wish.key = key;
    if (key.len)
        return 0;
    struct souk_str name = str_trim(save_name(edit->doc));
    if (name.len == 0)
        return edit_refuse(edit, SOUK_NOT_FOUND, "/key",
                           "no product has one of these SKUs, and there is neither a key nor a "
                           "name to make one");
    return slug_free(edit->arena, slug_make(edit->arena, name), save_key_taken, edit->conn,
                     &edit->wish.key);
}

static int64_t save_column(struct db_rows *rows, int column)
{
    return db_is_null(rows, column) ? EDIT_NULL : db_int(rows, column);
}

static int save_row(struct product_edit *edit)
{
    struct edit_row *row = &edit->row;
    struct souk_str *texts[] = {&row->key,   &row->type, &row->status, &row->visibility,
                                &row->brand, &row->tax,  &row->meta};
    struct db_rows rows;
    const struct json *version = json_at(edit->doc, "version");
    int code = db_query(edit->conn, &sql_product_row, &rows, DB_INT(edit->id));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code
                    : edit_refuse(edit, SOUK_NOT_FOUND, "/id", "there is no product %lld",
                                  (long long)edit->id);
    for (int i = 0; i < 7; i++)
        *texts[i] = arena_str(edit->arena, db_text(&rows, i));
    row->featured = db_int(&rows, 7);
    row->from = save_column(&rows, 8);
    row->until = save_column(&rows, 9);
    row->brand_id = db_int(&rows, 10);
    row->tax_id = db_int(&rows, 11);
    row->version = db_int(&rows, 12);
    db_close(&rows);
    edit->wish = *row;
    if (version && version->kind == JSON_INT && version->number != row->version)
        return edit_refuse(edit, SOUK_CONFLICT, "/version",
                           "the product has changed since; load it again and repeat the change");
    return 0;
}

static void save_text(const struct json *doc, const char *key, const char *otherwise,
                      struct souk_str *to)
{
    const struct json *value = json_at(doc, key);
    if (value && value->kind == JSON_STRING)
        *to = str_trim(value->text);
    else if (value)
        *to = souk_str(otherwise);
}

static int save_plan_dates(struct product_edit *edit)
{
    struct edit_row *wish = &edit->wish;
    int code = 0;
    if (json_at(edit->doc, "publish_from"))
        code =
            edit_check_time(edit, json_at(edit->doc, "publish_from"), "/publish_from", &wish->from);
    if (code == 0 && json_at(edit->doc, "publish_until"))
        code = edit_check_time(edit, json_at(edit->doc, "publish_until"), "/publish_until",
                               &wish->until);
    if (code == 0 && wish->from != EDIT_NULL && wish->until != EDIT_NULL &&
        wish->until <= wish->from)
        code = edit_refuse(edit, SOUK_INVALID, "/publish_until",
                           "publish_until must be later than publish_from");
    return code;
}

/* The type follows the options unless the document names it. */
static void save_plan_type(struct product_edit *edit)
{
    struct edit_row *wish = &edit->wish;
    if (wish->type.len == 0)
        wish->type = souk_str(edit->wished.count ? "variable" : "simple");
    else if (json_at(edit->doc, "type"))
        return;
    else if (edit->wished.count && souk_str_is(wish->type, "simple"))
        wish->type = souk_str("variable");
    else if (!edit->wished.count && souk_str_is(wish->type, "variable"))
        wish->type = souk_str("simple");
}

static int save_plan_row(struct product_edit *edit)
{
    struct edit_row *wish = &edit->wish;
    const struct json *doc = edit->doc, *meta = json_at(doc, "meta");
    struct souk_str key = str_trim(json_text(json_at(doc, "key")));
    int64_t other = 0;
    if (edit->fresh) {
        wish->status = souk_str("active");
        wish->visibility = souk_str("both");
        wish->tax = souk_str("standard");
        wish->meta = souk_str("{}");
        wish->from = wish->until = EDIT_NULL;
    } else if (key.len && !souk_str_equal(key, wish->key)) { /* found by id */
        if (product_find(edit->conn, key, &other) == 0)
            return edit_refuse(edit, SOUK_CONFLICT, "/key", "another product has the key %.*s",
                               SOUK_PRI(key));
        wish->key = key;
    }
    save_text(doc, "type", "", &wish->type);
    save_text(doc, "status", "active", &wish->status);
    save_text(doc, "visibility", "both", &wish->visibility);
    save_text(doc, "tax_class", "", &wish->tax);
    if (json_at(doc, "featured"))
        wish->featured = json_true(json_at(doc, "featured"));
    if (meta)
        wish->meta = meta->kind == JSON_NULL ? souk_str("{}") : document_text(edit->arena, meta);
    if (json_at(doc, "brand")) {
        edit->brand_name = str_trim(json_text(json_at(doc, "brand")));
        wish->brand = utf8_fold(edit->arena, edit->brand_name);
    }
    if (wish->tax.len == 0)
        wish->tax_id = 0;
    else if (edit->fresh || !souk_str_equal(wish->tax, edit->row.tax))
        return edit_code(edit, 0, wish->tax, "/tax_class", &wish->tax_id);
    return 0;
}

static int brand_taken(void *user, struct souk_str slug)
{
    int64_t one;
    int code = db_get_int(user, &sql_brand_slug, &one, DB_TEXT(slug));
    return code == SOUK_NOT_FOUND ? 0 : code ? code : 1;
}

static int save_brand(struct product_edit *edit)
{
    struct edit_row *wish = &edit->wish;
    if (souk_str_equal(wish->brand, edit->row.brand))
        return 0;
    wish->brand_id = 0;
    if (wish->brand.len == 0)
        return 0;
    int code = db_get_int(edit->conn, &sql_brand_find, &wish->brand_id, DB_TEXT(wish->brand));
    if (code != SOUK_NOT_FOUND)
        return code;
    struct souk_str slug;
    wish->brand_id = id_next();
    code = slug_free(edit->arena, slug_make(edit->arena, edit->brand_name), brand_taken, edit->conn,
                     &slug);
    if (code != 0)
        return code;
    return db_run(edit->conn, &sql_brand_insert, NULL, DB_INT(wish->brand_id),
                  DB_TEXT(edit->brand_name), DB_TEXT(wish->brand), DB_TEXT(slug));
}

static int save_row_same(const struct edit_row *a, const struct edit_row *b)
{
    return souk_str_equal(a->key, b->key) && souk_str_equal(a->type, b->type) &&
           souk_str_equal(a->status, b->status) && souk_str_equal(a->visibility, b->visibility) &&
           souk_str_equal(a->meta, b->meta) && a->featured == b->featured && a->from == b->from &&
           a->until == b->until && a->brand_id == b->brand_id && a->tax_id == b->tax_id;
}

static struct db_arg save_time(int64_t at)
{
    return at == EDIT_NULL ? DB_NULL : DB_INT(at);
}

static int save_write_row(struct product_edit *edit)
{
    const struct edit_row *wish = &edit->wish;
    int code = save_brand(edit);
    if (code != 0 || (!edit->fresh && save_row_same(&edit->row, wish)))
        return code;
    if (edit->fresh)
        edit->id = id_next();
    edit->changed = 1;
    return db_run(edit->conn, edit->fresh ? &sql_product_insert : &sql_product_update, NULL,
                  DB_INT(edit->id), DB_TEXT(wish->key), DB_TEXT(wish->type), DB_TEXT(wish->status),
                  DB_TEXT(wish->visibility), DB_TEXT(wish->meta), DB_INT(wish->featured),
                  save_time(wish->from), save_time(wish->until),
                  wish->brand_id ? DB_INT(wish->brand_id) : DB_NULL,
                  wish->tax_id ? DB_INT(wish->tax_id) : DB_NULL, DB_INT(edit->now));
}

/* Everything that may be refused. */
static int save_plan(struct product_edit *edit)
{
    const struct json *links = json_at(edit->doc, "links");
    int code = save_find(edit);
    if (code == 0 && !edit->fresh)
        code = save_row(edit);
    if (code == 0)
        code = save_plan_row(edit);
    if (code == 0)
        code = save_plan_dates(edit);
    if (code == 0)
        code = edit_text_check(edit);
    if (code == 0)
        code = edit_categories_check(edit);
    if (code == 0 && links && (code = edit_links_check(links, edit->err)) != 0)
        edit_at(edit, "/links");
    if (code == 0 && !edit->fresh)
        code = edit_options_load(edit);
    if (code == 0)
        code = edit_variants_load(edit);
    if (code == 0)
        code = edit_options_read(edit);
    if (code == 0)
        code = edit_variants_read(edit);
    if (code == 0)
        code = edit_attributes_read(edit);
    if (code == 0)
        code = attribute_terms_resolve(&edit->terms, edit->conn);
    save_plan_type(edit);
    if (code == 0)
        code = edit_match(edit);
    return code ? code : edit_variants_plan(edit);
}

static int save_write(struct product_edit *edit)
{
    struct json *missing = json_new(edit->arena, JSON_ARRAY);
    int linked = 0;
    int code = attribute_terms_make(&edit->terms, edit->conn);
    if (code == 0)
        code = save_write_row(edit);
    if (code == 0)
        code = edit_text_write(edit);
    if (code == 0)
        code = edit_categories_write(edit);
    if (code == 0)
        code = edit_tags_write(edit);
    if (code == 0)
        code = edit_attributes_write(edit);
    if (code == 0)
        code = edit_options_write(edit);
    if (code == 0)
        code = edit_variants_write(edit);
    if (code == 0)
        code = edit_images_write(edit);
    if (code == 0)
        code = product_link(edit->conn, edit->arena, edit->id, json_at(edit->doc, "links"), missing,
                            &linked, edit->err);
    edit->changed |= linked;
    edit->result->links_missing = (int)missing->count;
    return code;
}

/* What catalogue promotions make of its prices: from the same moment on. */
static int save_shelf(struct product_edit *edit)
{
    struct promo_live *live = promo_live_pin();
    int code = promo_shelf_follow(edit->conn, live->set, edit->id, edit->now);
    promo_live_unpin(live);
    return code;
}

static int save_tell(struct product_edit *edit)
{
    struct json *fact = json_new(edit->arena, JSON_OBJECT);
    int code = edit->fresh ? 0
                           : db_run(edit->conn, &sql_product_touch, NULL, DB_INT(edit->id),
                                    DB_INT(edit->now));
    if (code == 0)
        code = category_rule_product(edit->conn, edit->arena, edit->id, edit->now);
    if (code == 0)
        code = search_put(edit->conn, edit->arena, edit->id);
    if (code == 0)
        code = catalogue_bump(edit->conn, edit->id);
    if (code == 0)
        code = save_shelf(edit);
    if (code != 0)
        return code;
    db_changed(edit->conn, "product", edit->id);
    json_add_int(edit->arena, fact, "id", edit->id);
    json_add_str(edit->arena, fact, "key", edit->wish.key);
    return outbox_put(edit->conn, souk_str("product.changed"),
                      arena_printf(edit->arena, "product:%lld", (long long)edit->id),
                      document_text(edit->arena, fact), edit->now, NULL);
}

int product_save(struct db_conn *conn, struct arena *arena, const struct json *doc,
                 const char *reason, int64_t now, struct product_result *result, struct err *err)
{
    struct err words = {0};
    struct product_edit edit = {.conn = conn,
                                .arena = arena,
                                .doc = doc,
                                .reason = reason,
                                .now = now,
                                .result = result,
                                .err = err ? err : &words};
    *result = (struct product_result){0};
    *edit.err = words;
    int code = edit_check(&edit);
    attribute_terms_begin(&edit.terms, arena);
    if (code == 0)
        code = save_plan(&edit);
    if (code == 0)
        code = save_write(&edit);
    if (code == 0 && edit.changed)
        code = save_tell(&edit);
    attribute_terms_end(&edit.terms);
    if (code != 0)
        return edit_failed(&edit, code);
    result->id = edit.id;
    result->change = edit.fresh     ? PRODUCT_CREATED
                     : edit.changed ? PRODUCT_UPDATED
                                    : PRODUCT_UNCHANGED;
    result->pointer[0] = '\0';
    return 0;
}
