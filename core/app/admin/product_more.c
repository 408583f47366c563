/*
 * product_more.c: what is done with one product beside its form: pictures that are uploaded, and a
 * copy of it.
 */
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "app/media.h"
#include "base/str.h"
#include "shop/product.h"

#define UPLOADS_MOST 20

/* ---- pictures ---- */

struct pictures {
    struct request *request;
    int64_t id;
    char sources[UPLOADS_MOST][80];
    int count;
};

static int add_pictures(struct db_conn *conn, void *arg)
{
    struct pictures *pictures = arg;
    struct request *request = pictures->request;
    struct arena *arena = &request->arena;
    struct json *doc, *change = json_new(arena, JSON_OBJECT);
    struct product_result result;
    struct err err = {0};
    int code = product_load(conn, arena, pictures->id, &doc);
    if (code)
        return code;
    struct json *images = json_add(arena, change, "images", JSON_ARRAY);
    json_add_int(arena, change, "id", pictures->id);
    json_each(image, json_at(doc, "images")) json_add_tree(arena, images, NULL, &image->value);
    for (int i = 0; i < pictures->count; i++)
        json_add_cstr(arena, json_add(arena, images, NULL, JSON_OBJECT), "source",
                      pictures->sources[i]);
    code = product_save(conn, arena, change, "edit", request->now, &result, &err);
    if (!code)
        code = admin_audit(conn, request, "product.pictures_added",
                           arena_printf(arena, "product:%lld", (long long)pictures->id), NULL);
    return code ? code
                : admin_redirect(request, "/admin/products/%lld?saved=1#pictures",
                                 (long long)pictures->id);
}

int product_pictures(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct pictures *pictures = arena_new(&request->arena, struct pictures);
    pictures->request = request;
    pictures->id = admin_id(request, "id");
    const char *back =
        arena_printf(&request->arena, "/admin/products/%lld", (long long)pictures->id).ptr;
    request_form(request, "picture"); /* parses */
    for (size_t i = 0; i < request->upload_count && pictures->count < UPLOADS_MOST; i++) {
        if (request->uploads[i].bytes.len == 0)
            continue;
        if (media_upload(request->uploads[i].bytes, pictures->sources[pictures->count], &err))
            return admin_message(request, 422, "That is no picture", err.text, back);
        pictures->count++;
    }
    if (pictures->count == 0)
        return admin_message(request, 422, "Nothing is chosen", "choose one or more files", back);
    request_then_write(request, add_pictures, pictures);
    return SOUK_OK;
}

/* ---- a copy ---- */

static struct json *member(struct json_item *item)
{
    return &item->value;
}

/* Without what must be its own: ids, addresses, SKUs, barcodes and stock. */
static struct json *stripped(struct arena *arena, const struct json *object,
                             const char *const *names)
{
    struct json *copy = json_new(arena, JSON_OBJECT);
    json_each(item, object)
    {
        int out = 0;
        for (int i = 0; names[i]; i++)
            out |= souk_str_is(item->key, names[i]);
        if (!out)
            *json_add_key(arena, copy, item->key, JSON_NULL) = item->value;
    }
    return copy;
}

static void strip_all(struct arena *arena, const struct json *list, const char *const *names)
{
    if (list && (list->kind == JSON_ARRAY || list->kind == JSON_OBJECT))
        for (struct json_item *item = list->first; item; item = item->next)
            *member(item) = *stripped(arena, &item->value, names);
}

int product_copy(struct request *request, const struct web_route *route)
{
    (void)route;
    static const char *const own[] = {"id", "version", "key", "status", NULL};
    static const char *const text_own[] = {"slug", NULL};
    static const char *const variant_own[] = {"id", "sku", "barcode", "stock", NULL};
    struct arena *arena = &request->arena;
    struct json *doc = NULL;
    struct product_result result;
    struct err err = {0};
    int64_t id = admin_id(request, "id"), there;
    int code = id ? product_load(request->conn, arena, id, &doc) : SOUK_NOT_FOUND;
    if (code)
        return code;
    struct souk_str key = json_text(json_at(doc, "key")), fresh = key;
    for (int n = 2; product_find(request->conn, fresh, &there) == SOUK_OK; n++)
        fresh = arena_printf(arena, "%.*s-copy%d", SOUK_PRI(key), n);
    struct json *copy = json_copy(arena, stripped(arena, doc, own));
    json_add_str(arena, copy, "key", fresh);
    json_add_cstr(arena, copy, "status", "draft");
    strip_all(arena, json_at(copy, "text"), text_own);
    strip_all(arena, json_at(copy, "variants"), variant_own);
    code = product_save(request->conn, arena, copy, "edit", request->now, &result, &err);
    if (code) {
        admin_message(request, 409, "That did not work", err.text, "/admin/products");
        return code;
    }
    code = admin_audit(request->conn, request, "product.copied",
                       arena_printf(arena, "product:%lld", (long long)result.id), NULL);
    return code ? code
                : admin_redirect(request, "/admin/products/%lld?saved=1", (long long)result.id);
}
