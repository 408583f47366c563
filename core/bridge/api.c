/*
 * api.c: the table that every plugin gets, and what all its functions share: how a
 * refusal is kept, named and logged.
 *
 * The idea: functions of the API never log by themselves and never answer. They leave
 * words in ctx->failure and a code with the caller; whoever made the call (route, job,
 * slot …) logs once, when the handler has come back with an error. A handler that deals
 * with a code and goes on leaves no trace.
 *
 * Words that the plugin gave with souk_fail are for people; words of ours may name
 * tables and files and are for the log alone: ctx->failed tells which.
 */
#include "bridge/internal.h"

#include "base/log.h"
#include "store/unit.h"

static const struct souk_api table = {
    .size = sizeof(struct souk_api),
    .abi_minor = SOUK_ABI_MINOR,
    .value = &value_table,
    .call = &call_table,
    .db = &query_table,
    .request = &request_table,
    .event = &event_table,
    .http = &http_table,
    .order = &order_table,
    .payment = &payment_table,
    .delivery = &delivery_table,
    .notify = &notify_table,
    .catalogue = &catalogue_table,
    .price = &price_table,
    .cart = &cart_table,
    .person = &person_table,
    .content = &content_table,
    .locale = &locale_table,
    .time = &time_table,
    .crypto = &crypto_table,
    .file = &file_table,
    .feed = &feed_table,
};

const struct souk_api *bridge_api(void)
{
    return &table;
}

int bridge_refuse(struct souk_ctx *ctx, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(&ctx->failure, code, format, args);
    va_end(args);
    ctx->failed = 2;
    return code;
}

int bridge_tell(struct souk_ctx *ctx, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(&ctx->failure, code, format, args);
    va_end(args);
    ctx->failed = 1;
    return code;
}

struct part { /* of a WRITE call */
    struct souk_ctx *ctx;
    souk_write_fn fn;
    void *arg;
};

static int run_part(struct db_conn *conn, void *arg)
{
    const struct part *part = arg;
    (void)conn;
    return part->fn(part->ctx, part->arg);
}

static int rows_write(const struct souk_ctx *ctx)
{
    int found = 0;
    for (const struct souk_rows *rows = ctx->rows; rows && !found; rows = rows->next)
        found = rows->open && db_rows_write(&rows->rows);
    return found;
}

/* A handler may well go on after a refusal, and what was refused half way must be undone then. Over
 * rows of an INSERT … RETURNING no savepoint can be opened: the whole write goes with a part that
 * had begun to change things. */
static int write_part(struct souk_ctx *ctx, const char *function, souk_write_fn fn, void *arg)
{
    struct part part = {ctx, fn, arg};
    int64_t before = db_written(ctx->conn);
    int destroyed = 0, code;
    if (rows_write(ctx)) {
        if ((code = fn(ctx, arg)) != SOUK_OK && db_written(ctx->conn) != before)
            db_doom(ctx->conn, code);
        return code;
    }
    ctx->failed = 0;
    code = db_unit(ctx->conn, run_part, &part, &destroyed);
    if (destroyed || (code != SOUK_OK && !ctx->failed))
        return bridge_refuse(ctx, code, "%s: %s", function, db_error(ctx->conn));
    return code;
}

int bridge_write(struct souk_ctx *ctx, const char *function, souk_write_fn fn, void *arg)
{
    if (ctx->kind == SOUK_TASK)
        return query_write(ctx, fn, arg);
    if (ctx->kind != SOUK_WRITE)
        return bridge_refuse(ctx, SOUK_WRONG_KIND,
                             "%s in %s call; use a WRITE or TASK route, or a job", function,
                             bridge_kind_name(ctx->kind));
    return query_conn(ctx) ? write_part(ctx, function, fn, arg) : ctx->failure.code;
}

int bridge_refuse_err(struct souk_ctx *ctx, const struct err *err)
{
    return bridge_refuse(ctx, err->code ? err->code : SOUK_ERROR, "%s", err->text);
}

int bridge_view_ok(struct souk_str text)
{
    return text.len == 0 || (text.ptr != NULL && text.len < ((size_t)1 << 30));
}

const char *bridge_kind_name(int kind)
{
    switch (kind) {
    case SOUK_READ: return "a READ";
    case SOUK_WRITE: return "a WRITE";
    case SOUK_TASK: return "a TASK";
    default: return "an init, start or stop";
    }
}

static const char *plain_words(int code)
{
    switch (code) {
    case SOUK_INVALID: return "the request is not valid";
    case SOUK_NOT_FOUND: return "there is no such thing";
    case SOUK_DENIED: return "this is not allowed";
    case SOUK_CONFLICT: return "this does not fit what is there already";
    case SOUK_BUSY: return "too much is going on, please try again in a moment";
    case SOUK_TIMEOUT: return "this took too long, please try again";
    case SOUK_TOO_LARGE: return "this is too large";
    case SOUK_UNAVAILABLE: return "a part of the shop does not answer, please try again";
    default: return "something went wrong";
    }
}

/* The faults of the caller, for which the plugin's words go out. */
static int is_callers(int code)
{
    return code == SOUK_INVALID || code == SOUK_NOT_FOUND || code == SOUK_DENIED ||
           code == SOUK_CONFLICT || code == SOUK_TOO_LARGE;
}

void bridge_reason(const struct souk_ctx *ctx, int code, struct err *err)
{
    if (ctx->failed == 1 && ctx->failure.code == code && is_callers(code) && ctx->failure.text[0])
        err_set(err, code, "%s", ctx->failure.text);
    else
        err_set(err, code, "%s", plain_words(code));
}

/* A call of the API that could never have worked: the plugin's slip, not the visitor's.
 */
int bridge_is_slip(const struct souk_ctx *ctx, int code)
{
    return ctx->failed == 2 && ctx->failure.code == code &&
           (code == SOUK_INVALID || code == SOUK_DENIED || code == SOUK_TOO_LARGE ||
            code == SOUK_WRONG_KIND);
}

void bridge_log_failure(const struct souk_ctx *ctx, const char *where, int code)
{
    const char *words = ctx->failure.code == code && ctx->failed ? ctx->failure.text : "";
    int ours = !is_callers(code) || bridge_is_slip(ctx, code);
    enum log_level level = ours ? LOG_ERROR : code == SOUK_NOT_FOUND ? LOG_DEBUG : LOG_INFO;
    struct log_field fields[] = {
        LOG_S("plugin", ctx->self->name),
        LOG_S("where", where),
        LOG_S("code", err_name(code)),
        LOG_S("text", words),
        LOG_S("request", ctx->request ? ctx->request->id : ""),
        {0},
    };
    log_emit(level, "call.failed", fields);
}
