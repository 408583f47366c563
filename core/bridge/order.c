/*
 * order.c: the sub-table for orders: a plugin reads one by its id or number, and leaves a note.
 *
 * The document is that of customers with "id" and "person" besides: what staff alone may see
 * (costs, internal notes, the history) is not for plugins. Reading uses the call's snapshot or
 * savepoint; a note is a part of the transaction in WRITE, a write of its own in TASK, and refused
 * in READ.
 */
#include "bridge/internal.h"

#include <souk/order.h>
#include "base/utf8.h"
#include "shop/order.h"

#define NOTE_MOST 4000

struct note {
    int64_t id;
    struct souk_str text;
    int internal;
};

static int get(struct souk_ctx *ctx, int64_t id, const struct souk_value **order)
{
    struct json *doc;
    if (order)
        *order = NULL;
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = order_load(conn, ctx->arena, id, 0, &doc);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_order_get: there is no order %lld", (long long)id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_order_get: %s", db_error(conn));
    int64_t person = order_person_of(conn, id);
    json_add_int(ctx->arena, doc, "id", id);
    if (person)
        json_add_int(ctx->arena, doc, "person", person);
    else
        json_add_null(ctx->arena, doc, "person");
    if (order)
        *order = (const struct souk_value *)doc;
    return SOUK_OK;
}

static int find(struct souk_ctx *ctx, struct souk_str number, const struct souk_value **order)
{
    int64_t id;
    if (order)
        *order = NULL;
    if (!bridge_view_ok(number) || number.len == 0 || number.len > 100 || !utf8_valid(number))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_order_find: this is no number of an order");
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    int code = order_find(conn, number, souk_str(""), &id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_order_find: there is no order \"%.*s\"",
                             SOUK_PRI(number));
    return get(ctx, id, order);
}

static int write_note(struct souk_ctx *ctx, void *arg)
{
    const struct note *note = arg;
    int code = order_note(ctx->conn, note->id, note->text, note->internal,
                          arena_printf(ctx->arena, "plugin:%s", ctx->self->name), ctx->now);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_order_note: there is no order %lld",
                             (long long)note->id);
    return code ? bridge_refuse(ctx, code, "souk_order_note: %s", db_error(ctx->conn)) : SOUK_OK;
}

static int note(struct souk_ctx *ctx, int64_t id, struct souk_str text, int32_t internal)
{
    if (!bridge_view_ok(text) || text.len == 0 || text.len > NOTE_MOST || !utf8_valid(text))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_order_note: a note has 1 to %d bytes of UTF-8", NOTE_MOST);
    struct note put = {id, text, internal != 0};
    if (ctx->kind == SOUK_TASK)
        return query_write(ctx, write_note, &put);
    if (ctx->kind != SOUK_WRITE)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "souk_order_note in a %s call; use a WRITE or TASK route, or a job",
                             bridge_kind_name(ctx->kind));
    return query_conn(ctx) ? write_note(ctx, &put) : ctx->failure.code;
}

const struct souk_order_api order_table = {
    .size = sizeof order_table, .get = get, .find = find, .note = note};
