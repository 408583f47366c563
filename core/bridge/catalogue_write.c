/*
 * catalogue_write.c: what plugins change in the catalogue: products, and how many are there. The
 * write is the one of core/shop, with a row in the history that names the plugin; what was refused
 * has changed nothing, whatever the plugin does then (bridge_write).
 */
#include "bridge/internal.h"

#include "base/utf8.h"
#include "bridge/terms.sql.h"
#include "shop/product.h"
#include "shop/stock.h"
#include "store/audit.h"

#define SUBJECT_MOST 200
#define STOCK_MOST   INT64_C(1000000000000)

static struct souk_str actor(const struct souk_ctx *ctx)
{
    return arena_printf(ctx->arena, "plugin:%s", ctx->self->name);
}

/* ---- products ---- */

struct saving {
    struct souk_ctx *ctx; /* of the write */
    const struct json *doc;
    struct product_result result;
    struct err err;
};

static int note_save(struct db_conn *conn, struct saving *saving)
{
    struct souk_ctx *ctx = saving->ctx;
    struct buf detail = {.arena = ctx->arena};
    struct db_rows rows;
    int made = saving->result.change == PRODUCT_CREATED;
    if (saving->result.change == PRODUCT_UNCHANGED)
        return SOUK_OK;
    int code = db_first(db_query(conn, &sql_terms_key, &rows, DB_INT(saving->result.id)), &rows);
    if (code != SOUK_OK)
        return code;
    buf_add_cstr(&detail, "{\"key\":");
    json_print_string(&detail, db_text(&rows, 0));
    buf_add_char(&detail, '}');
    db_close(&rows);
    return audit_put(conn, actor(ctx), souk_str(made ? "product.created" : "product.edited"),
                     arena_printf(ctx->arena, "product:%lld", (long long)saving->result.id),
                     buf_str(&detail), ctx->now);
}

static int save_write(struct souk_ctx *ctx, void *arg)
{
    struct saving *saving = arg;
    saving->ctx = ctx;
    saving->err = (struct err){0};
    int code = product_save(ctx->conn, ctx->arena, saving->doc, actor(ctx).ptr, ctx->now,
                            &saving->result, &saving->err);
    if (code == SOUK_OK)
        code = note_save(ctx->conn, saving);
    if (code == SOUK_OK)
        return SOUK_OK;
    if (!saving->err.text[0] || code == SOUK_UNAVAILABLE || code == SOUK_ERROR)
        return bridge_refuse(ctx, code, "souk_product_save: %s",
                             saving->err.text[0] ? saving->err.text : db_error(ctx->conn));
    return bridge_tell(ctx, code, "%s%s%s", saving->result.pointer,
                       saving->result.pointer[0] ? ": " : "", saving->err.text);
}

static void tell(struct souk_ctx *ctx, const struct saving *saving, int code,
                 struct souk_product_result *result)
{
    struct souk_product_result full = {.size = result->size};
    size_t size = result->size < sizeof full ? result->size : sizeof full;
    if (code == SOUK_OK) {
        full.change = saving->result.change;
        full.id = saving->result.id;
    }
    full.pointer = arena_str(ctx->arena, souk_str(code ? saving->result.pointer : ""));
    memcpy(result, &full, size);
}

int catalogue_save(struct souk_ctx *ctx, const struct souk_value *product,
                   struct souk_product_result *result)
{
    struct saving saving = {.doc = (const struct json *)product};
    if (result && (result->size < sizeof(uint32_t) * 2 || result->size > 4096))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_product_save: result.size must be sizeof(struct "
                             "souk_product_result)");
    if (result)
        tell(ctx, &saving, SOUK_ERROR, result);
    if (!saving.doc || saving.doc->kind != JSON_OBJECT)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_product_save: a product is a map");
    if (ctx->kind == SOUK_WRITE)
        call_release(ctx); /* what is read of products would not be what is there */
    int code = bridge_write(ctx, "souk_product_save", save_write, &saving);
    if (result)
        tell(ctx, &saving, code, result);
    return code;
}

/* ---- stock ---- */

struct counting {
    int64_t variant_id, number;
    struct souk_str subject;
    const char *function;
    int set; /* to `number`, else by it */
};

static int refuse_count(struct souk_ctx *ctx, const struct counting *counting, int code)
{
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "%s: there is no variant %lld", counting->function,
                             (long long)counting->variant_id);
    return bridge_refuse(ctx, code, "%s: %s", counting->function, db_error(ctx->conn));
}

static int count_write(struct souk_ctx *ctx, void *arg)
{
    const struct counting *counting = arg;
    const char *reason = actor(ctx).ptr;
    int64_t known = 0;
    int code = db_get_int(ctx->conn, &sql_terms_variant, &known, DB_INT(counting->variant_id));
    if (code == SOUK_OK && counting->set)
        code = stock_set(ctx->conn, counting->variant_id, counting->number, reason, ctx->now, NULL);
    else if (code == SOUK_OK)
        code = stock_move(ctx->conn, counting->variant_id, counting->number, reason,
                          counting->subject, ctx->now);
    return code == SOUK_OK ? SOUK_OK : refuse_count(ctx, counting, code);
}

int catalogue_stock_move(struct souk_ctx *ctx, int64_t variant_id, int64_t delta,
                         struct souk_str subject)
{
    if (!bridge_view_ok(subject) || subject.len > SUBJECT_MOST || !utf8_valid(subject))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_stock_move: a subject has at most %d bytes of UTF-8",
                             SUBJECT_MOST);
    if (delta < -STOCK_MOST || delta > STOCK_MOST)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_stock_move: %lld is no number of goods",
                             (long long)delta);
    struct counting counting = {variant_id, delta, arena_str(ctx->arena, subject),
                                "souk_stock_move", 0};
    return bridge_write(ctx, "souk_stock_move", count_write, &counting);
}

int catalogue_stock_count(struct souk_ctx *ctx, int64_t variant_id, int64_t on_hand)
{
    if (on_hand < 0 || on_hand > STOCK_MOST)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_stock_count: %lld is no number of goods",
                             (long long)on_hand);
    struct counting counting = {variant_id, on_hand, souk_str(""), "souk_stock_count", 1};
    return bridge_write(ctx, "souk_stock_count", count_write, &counting);
}
