/*
 * call.c: the sub-table that every call can use: memory, log, failure, time, state,
 * options, translation, counters, output.
 *
 * The arena of a call belongs to the thread that runs it; the pool of a plugin is
 * shared by its calls and taken under its lock. Key-value rows are in kv.c,
 * cryptography in crypto.c.
 */
#include "bridge/internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/log.h"
#include "base/money.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "web/metrics.h"

#define ALLOC_MOST ((uint64_t)256 << 20)
#define LOG_MOST   2000

/* Out of memory ends the process, as everywhere; a size that no sane call asks for is
 * a slip of the plugin (a length that went below zero) and ends it under its name. */
static void refuse_size(struct souk_ctx *ctx, uint64_t bytes)
{
    if (bytes <= ALLOC_MOST)
        return;
    log_error("alloc.refused", LOG_S("plugin", ctx->self->name), LOG_I("bytes", bytes));
    abort();
}

static void *call_alloc(struct souk_ctx *ctx, uint64_t bytes)
{
    refuse_size(ctx, bytes);
    return arena_alloc(ctx->arena, (size_t)bytes);
}

static void *call_pool_alloc(struct souk_ctx *ctx, uint64_t bytes)
{
    refuse_size(ctx, bytes);
    pthread_mutex_t *lock = ctx->self->pool_lock;
    if (lock)
        pthread_mutex_lock(lock);
    void *memory = arena_zalloc(&ctx->self->pool, (size_t)bytes);
    if (lock)
        pthread_mutex_unlock(lock);
    return memory;
}

static void log_text(struct souk_ctx *ctx, enum log_level level, struct souk_str text)
{
    struct souk_str clean = value_clean(ctx->arena, text);
    struct log_field fields[] = {
        LOG_S("plugin", ctx->self->name),
        LOG_T("text", clean.len > LOG_MOST ? utf8_cut(clean, LOG_MOST) : clean),
        {ctx->request ? "request" : NULL, souk_str(ctx->request ? ctx->request->id : NULL), 0, 0},
        {0},
    };
    log_emit(level, "plugin.said", fields);
}

static void call_log(struct souk_ctx *ctx, int32_t level, struct souk_str text)
{
    enum log_level at = level <= SOUK_LOG_DEBUG  ? LOG_DEBUG
                        : level == SOUK_LOG_INFO ? LOG_INFO
                        : level == SOUK_LOG_WARN ? LOG_WARN
                                                 : LOG_ERROR;
    log_text(ctx, at, text);
}

static int call_fail(struct souk_ctx *ctx, int32_t code, struct souk_str text)
{
    struct souk_str clean = value_clean(ctx->arena, text);
    /* A failure of 0 would be a success: most likely a variable that was not set. */
    int result = code < 0 ? code : SOUK_ERROR;
    err_set(&ctx->failure, result, "%.*s", SOUK_PRI(utf8_cut(clean, 400)));
    ctx->failed = 1;
    return result;
}

static struct souk_str call_failure(struct souk_ctx *ctx)
{
    return ctx->failed ? arena_str(ctx->arena, souk_str(ctx->failure.text)) : souk_str("");
}

static int64_t call_now(struct souk_ctx *ctx)
{
    return ctx->now;
}

static int64_t call_left(struct souk_ctx *ctx)
{
    int64_t left;
    if (ctx->deadline == 0)
        return INT64_MAX;
    left = ctx->deadline - clock_mono();
    return left > 0 ? left : 0;
}

static struct souk_str call_plugin(struct souk_ctx *ctx)
{
    return souk_str(ctx->self->name);
}

static void *call_state(struct souk_ctx *ctx)
{
    return ctx->self->state;
}

static void call_state_set(struct souk_ctx *ctx, void *state)
{
    if (ctx->kind == CALL_INIT)
        ctx->self->state = state;
    else
        log_warn("state.refused", LOG_S("plugin", ctx->self->name),
                 LOG_S("text", "souk_state_set works in init, start and stop only: other "
                               "calls run side by side"));
}

/* ---- options: read by a key that the plugin declared, as the type that it has; else it is its
 * slip, which would go on as 0 or an empty text ---- */

#define BIT(type) (1u << (type))
#define NUMBERS                                                                                    \
    (BIT(SOUK_INT) | BIT(SOUK_BOOL) | BIT(SOUK_MONEY) | BIT(SOUK_DURATION) | BIT(SOUK_SIZE) |      \
     BIT(SOUK_RATE))
#define TREES (BIT(SOUK_LIST) | BIT(SOUK_MAP))

static const char *reader_of(int32_t type)
{
    return BIT(type) & NUMBERS ? "its type is a number's: souk_option_int reads it"
           : BIT(type) & TREES ? "it is a list or a map: souk_option reads it"
                               : "its type is a text's: souk_option_text reads it";
}

/* `types`: bits of those that the reader can give. */
static int has_option(struct souk_ctx *ctx, const char *key, uint32_t types)
{
    const struct descriptor *descriptor = &ctx->self->descriptor;
    for (size_t i = 0; key && i < descriptor->options_count; i++) {
        const struct souk_option *option = &descriptor->options[i];
        if (strcmp(option->key, key) != 0)
            continue;
        if (!(BIT(option->type) & types))
            log_warn("option.mistyped", LOG_S("plugin", ctx->self->name), LOG_S("key", key),
                     LOG_S("text", reader_of(option->type)));
        return ctx->self->options != NULL;
    }
    log_warn("option.unknown", LOG_S("plugin", ctx->self->name), LOG_S("key", key),
             LOG_S("text", "the descriptor's options table has no such key"));
    return 0;
}

static int64_t call_option_int(struct souk_ctx *ctx, const char *key)
{
    return has_option(ctx, key, NUMBERS) ? options_int(ctx->self->options, key) : 0;
}

/* A number's text is as it was written. */
static struct souk_str call_option_text(struct souk_ctx *ctx, const char *key)
{
    return has_option(ctx, key, ~TREES) ? options_text(ctx->self->options, key) : souk_str("");
}

static const struct souk_value *call_option(struct souk_ctx *ctx, const char *key)
{
    return has_option(ctx, key, TREES)
               ? (const struct souk_value *)options_json(ctx->self->options, key)
               : NULL;
}

static const char *locale_of(const struct souk_ctx *ctx)
{
    if (ctx->locale)
        return ctx->locale;
    return site_core.locales && site_core.locales[0] ? site_core.locales[0] : "en";
}

static struct souk_str call_translate(struct souk_ctx *ctx, struct souk_str one,
                                      struct souk_str many, int64_t n)
{
    const struct site *site = ctx->set ? ctx->set->web : NULL;
    if (!bridge_view_ok(one) || !bridge_view_ok(many))
        return souk_str("");
    if (!site || !site->web.i18n)
        return many.len && n != 1 ? many : one;
    if (many.len)
        return i18n_plural(site->web.i18n, ctx->self->name, locale_of(ctx), one, many, n);
    return i18n_text(site->web.i18n, ctx->self->name, locale_of(ctx), one);
}

static struct souk_str call_locale(struct souk_ctx *ctx)
{
    return souk_str(locale_of(ctx));
}

static int is_metric_name(const char *name)
{
    size_t len = name ? strlen(name) : 0;
    return len > 0 && len <= 60 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == len;
}

static void call_count(struct souk_ctx *ctx, const char *metric, int64_t add)
{
    char labels[160];
    if (!is_metric_name(metric) || add < 0) {
        log_warn("metric.refused", LOG_S("plugin", ctx->self->name),
                 LOG_S("text", "souk_count takes [a-z][a-z0-9_]* of at most 60 bytes and "
                               "no negative number"));
        return;
    }
    snprintf(labels, sizeof(labels), "plugin=\"%s\",name=\"%s\"", ctx->self->name, metric);
    struct metric *counter = metric_counter("souk_plugin_total", labels, "Counted by plugins");
    metric_add(counter, add);
}

static void call_print(struct souk_ctx *ctx, struct souk_str text)
{
    if (ctx->out && bridge_view_ok(text))
        buf_add_str(ctx->out, text);
    else
        log_text(ctx, LOG_INFO, text);
}

static int64_t call_new_id(struct souk_ctx *ctx)
{
    if (ctx->request)
        request_alone(ctx->request); /* nobody else gets it */
    return id_next();
}

static int32_t call_currency_digits(struct souk_str currency)
{
    char code[4] = {0};
    if (currency.len != 3 || !currency.ptr)
        return -1;
    memcpy(code, currency.ptr, 3);
    return money_digits(code);
}

const struct souk_call_api call_table = {
    .size = sizeof(struct souk_call_api),
    .alloc = call_alloc,
    .pool_alloc = call_pool_alloc,
    .log = call_log,
    .fail = call_fail,
    .failure = call_failure,
    .now = call_now,
    .left = call_left,
    .plugin = call_plugin,
    .state = call_state,
    .state_set = call_state_set,
    .option_int = call_option_int,
    .option_text = call_option_text,
    .option = call_option,
    .translate = call_translate,
    .locale = call_locale,
    .kv_get = kv_get,
    .kv_put = kv_put,
    .kv_delete = kv_delete,
    .count = call_count,
    .print = call_print,
    .new_id = call_new_id,
    .random = crypto_random,
    .sha256 = crypto_sha256,
    .hmac_sha256 = crypto_hmac,
    .equal_secret = crypto_equal,
    .currency_digits = call_currency_digits,
};
