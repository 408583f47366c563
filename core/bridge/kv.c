/*
 * kv.c: a plugin's named values: rows of the setting table under "plugin:<name>".
 *
 * Reading uses the call's snapshot or savepoint. Writing is a part of the transaction
 * in WRITE, a write of its own in TASK, and refused in READ, which must not wait.
 */
#include "bridge/internal.h"

#include "base/utf8.h"
#include "store/setting.h"

#define KEY_MOST   200
#define VALUE_MOST ((size_t)64 << 10)

struct pair {
    struct souk_str key, value;
    int drop;
};

static struct souk_str owner_of(struct souk_ctx *ctx)
{
    return arena_printf(ctx->arena, "plugin:%s", ctx->self->name);
}

static int check_key(struct souk_ctx *ctx, const char *function, struct souk_str key)
{
    if (!bridge_view_ok(key) || key.len == 0 || key.len > KEY_MOST || !utf8_valid(key))
        return bridge_refuse(ctx, SOUK_INVALID, "%s: a key has 1 to %d bytes of UTF-8", function,
                             KEY_MOST);
    return SOUK_OK;
}

int kv_get(struct souk_ctx *ctx, struct souk_str key, struct souk_str *value)
{
    if (value)
        *value = souk_str("");
    if (check_key(ctx, "souk_kv_get", key) != SOUK_OK)
        return SOUK_INVALID;
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    struct souk_str found = {"", 0};
    int code = setting_get(conn, ctx->arena, owner_of(ctx), key, &found);
    if (code == SOUK_OK && value)
        *value = found;
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        bridge_refuse(ctx, code, "souk_kv_get: %s", db_error(conn));
    return code;
}

static int write_pair(struct souk_ctx *ctx, void *arg)
{
    const struct pair *pair = arg;
    struct souk_str owner = owner_of(ctx);
    int code = pair->drop ? setting_delete(ctx->conn, owner, pair->key)
                          : setting_put(ctx->conn, owner, pair->key, pair->value, ctx->now);
    if (pair->drop && code == SOUK_NOT_FOUND)
        code = SOUK_OK;
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "key-value row: %s", db_error(ctx->conn));
    return code;
}

static int change(struct souk_ctx *ctx, const char *function, struct pair *pair)
{
    if (check_key(ctx, function, pair->key) != SOUK_OK)
        return SOUK_INVALID;
    if (ctx->kind == SOUK_TASK)
        return query_write(ctx, write_pair, pair);
    if (ctx->kind != SOUK_WRITE)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "%s in %s call; use a WRITE or TASK route, or a job", function,
                             bridge_kind_name(ctx->kind));
    return query_conn(ctx) ? write_pair(ctx, pair) : ctx->failure.code;
}

int kv_put(struct souk_ctx *ctx, struct souk_str key, struct souk_str value)
{
    if (!bridge_view_ok(value))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_kv_put: no value");
    if (value.len > VALUE_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_kv_put: over 64 KiB; use a table of your own");
    struct pair pair = {key, value.len ? value : souk_str(""), 0};
    return change(ctx, "souk_kv_put", &pair);
}

int kv_delete(struct souk_ctx *ctx, struct souk_str key)
{
    struct pair pair = {key, {"", 0}, 1};
    return change(ctx, "souk_kv_delete", &pair);
}
