/*
 * order.c: the sub-table for orders: a plugin reads one by its id or number or many in turn, takes
 * one along by a step as staff would, and leaves a note.
 *
 * The document is that of customers with "id" and "person" besides: what staff alone may see
 * (costs, internal notes, the history) is not for plugins, and neither are the tokens that open the
 * customer's pages. Many orders cost as many statements as one. Reading uses the call's snapshot or
 * savepoint; a note is a part of the transaction in WRITE, a write of its own in TASK, and refused
 * in READ.
 */
#include "bridge/internal.h"

#include <souk/order.h>
#include "base/str.h"
#include "base/utf8.h"
#include "shop/order.h"

#define NOTE_MOST 4000
#define LIST_MOST 100

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
    int code = order_share(conn, ctx->arena, id, &doc);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_order_get: there is no order %lld", (long long)id);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_order_get: %s", db_error(conn));
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
    return bridge_write(ctx, "souk_order_note", write_note, &put);
}

/* ---- many ---- */

static int refuse_member(struct souk_ctx *ctx, struct souk_str key, const char *words)
{
    return bridge_refuse(ctx, SOUK_INVALID, "souk_order_list: /%.*s: %s", SOUK_PRI(key), words);
}

static int read_time(struct souk_ctx *ctx, const struct json_item *item, int64_t *at)
{
    if (item->value.kind == JSON_STRING && clock_parse(item->value.text, at) == SOUK_OK)
        return SOUK_OK;
    return refuse_member(ctx, item->key, "write a time like 2026-11-27T08:00:00Z, or a day");
}

static int read_number(struct souk_ctx *ctx, const struct json_item *item, int64_t least,
                       int64_t most, int64_t *number)
{
    *number = json_int(&item->value, -1);
    if (item->value.kind == JSON_INT && *number >= least && *number <= most)
        return SOUK_OK;
    return refuse_member(ctx, item->key, "this is no whole number, or one that is not allowed");
}

static int read_state(struct souk_ctx *ctx, const struct json_item *item, struct souk_str *state)
{
    *state = json_text(&item->value);
    if (item->value.kind == JSON_STRING && state->len && state->len < 40)
        return SOUK_OK;
    return refuse_member(ctx, item->key, "a state is a word, as confirmed");
}

static int read_member(struct souk_ctx *ctx, const struct json_item *item,
                       struct order_wanted *wanted)
{
    int64_t limit;
    if (item->value.kind == JSON_NULL)
        return SOUK_OK;
    if (souk_str_is(item->key, "after"))
        return read_number(ctx, item, 0, INT64_MAX, &wanted->after);
    if (souk_str_is(item->key, "person"))
        return read_number(ctx, item, 1, INT64_MAX, &wanted->person_id);
    if (souk_str_is(item->key, "since"))
        return read_time(ctx, item, &wanted->since);
    if (souk_str_is(item->key, "until"))
        return read_time(ctx, item, &wanted->until);
    if (souk_str_is(item->key, "state"))
        return read_state(ctx, item, &wanted->state);
    if (souk_str_is(item->key, "payment"))
        return read_state(ctx, item, &wanted->payment);
    if (souk_str_is(item->key, "fulfilment"))
        return read_state(ctx, item, &wanted->fulfilment);
    if (!souk_str_is(item->key, "limit"))
        return refuse_member(ctx, item->key, "there is no such member");
    if (read_number(ctx, item, 1, LIST_MOST, &limit) != SOUK_OK)
        return ctx->failure.code;
    wanted->limit = (int)limit;
    return SOUK_OK;
}

static int list(struct souk_ctx *ctx, const struct souk_value *query, const struct souk_value **out)
{
    const struct json *doc = (const struct json *)query;
    struct order_wanted wanted = {.until = INT64_MAX,
                                  .since = INT64_MIN,
                                  .limit = LIST_MOST,
                                  .state = {"", 0},
                                  .payment = {"", 0},
                                  .fulfilment = {"", 0}};
    int64_t ids[LIST_MOST];
    int count;
    if (out)
        *out = NULL;
    if (!out || (doc && doc->kind != JSON_OBJECT))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_order_list: no place for the list, or the query is no map");
    json_each(item, doc)
    {
        if (read_member(ctx, item, &wanted) != SOUK_OK)
            return ctx->failure.code;
    }
    query_renew(ctx);
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    struct arena *arena = call_piece(ctx); /* an export asks for all of them, one list at a time */
    struct json *found = json_new(arena, JSON_ARRAY);
    int code = order_list(conn, &wanted, ids, &count);
    if (code == SOUK_OK)
        code = order_share_list(conn, arena, ids, (size_t)count, found);
    if (code != SOUK_OK)
        return bridge_refuse(ctx, code, "souk_order_list: %s", db_error(conn));
    *out = (const struct souk_value *)found;
    return SOUK_OK;
}

/* ---- steps ---- */

struct stepping {
    int64_t id;
    struct souk_str name;
    const struct json *args;
};

static int write_step(struct souk_ctx *ctx, void *arg)
{
    const struct stepping *step = arg;
    struct err err = {0};
    int code = order_step(ctx->conn, ctx->arena, step->id, step->name, step->args,
                          arena_printf(ctx->arena, "plugin:%s", ctx->self->name), ctx->now, &err);
    if (code == SOUK_CONFLICT)
        return bridge_tell(ctx, code, "%s", err.text);
    return code ? bridge_refuse(ctx, code, "souk_order_step %.*s: %s", SOUK_PRI(step->name),
                                err.text[0] ? err.text : db_error(ctx->conn))
                : SOUK_OK;
}

static int take_step(struct souk_ctx *ctx, int64_t id, const char *step,
                     const struct souk_value *args)
{
    const struct json *doc = (const struct json *)args;
    struct err err = {0};
    if (!step || strnlen(step, 40) == 40 || (doc && doc->kind != JSON_OBJECT))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_order_step: no step, or its arguments are no map");
    struct souk_str name = value_clean(ctx->arena, souk_str(step));
    if (order_args_check(doc, &err) != SOUK_OK)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_order_step %s: %s", step, err.text);
    struct stepping stepping = {id, name, doc};
    return bridge_write(ctx, "souk_order_step", write_step, &stepping);
}

const struct souk_order_api order_table = {.size = sizeof order_table,
                                           .get = get,
                                           .find = find,
                                           .note = note,
                                           .list = list,
                                           .step = take_step};
