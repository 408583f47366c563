/*
 * What every call can ask for: memory, the log, failure with words, time, the plugin's own state
 * and options, counters and ids. None of it blocks.
 */
#ifndef SOUK_CALL_H
#define SOUK_CALL_H

#include <stdarg.h>
#include <stdio.h>

#include <souk/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_LOG_DEBUG 0
#define SOUK_LOG_INFO  1
#define SOUK_LOG_WARN  2
#define SOUK_LOG_ERROR 3

struct souk_call_api {
    uint32_t size;
    uint32_t reserved;
    void *(*alloc)(struct souk_ctx *ctx, uint64_t bytes);
    void *(*pool_alloc)(struct souk_ctx *ctx, uint64_t bytes);
    void (*log)(struct souk_ctx *ctx, int32_t level, struct souk_str text);
    int (*fail)(struct souk_ctx *ctx, int32_t code, struct souk_str text);
    struct souk_str (*failure)(struct souk_ctx *ctx);
    int64_t (*now)(struct souk_ctx *ctx);
    int64_t (*left)(struct souk_ctx *ctx);
    struct souk_str (*plugin)(struct souk_ctx *ctx);
    void *(*state)(struct souk_ctx *ctx);
    void (*state_set)(struct souk_ctx *ctx, void *state);
    int64_t (*option_int)(struct souk_ctx *ctx, const char *key);
    struct souk_str (*option_text)(struct souk_ctx *ctx, const char *key);
    const struct souk_value *(*option)(struct souk_ctx *ctx, const char *key);
    struct souk_str (*translate)(struct souk_ctx *ctx, struct souk_str one, struct souk_str many,
                                 int64_t n);
    struct souk_str (*locale)(struct souk_ctx *ctx);
    int (*kv_get)(struct souk_ctx *ctx, struct souk_str key, struct souk_str *value);
    int (*kv_put)(struct souk_ctx *ctx, struct souk_str key, struct souk_str value);
    int (*kv_delete)(struct souk_ctx *ctx, struct souk_str key);
    void (*count)(struct souk_ctx *ctx, const char *metric, int64_t add);
    void (*print)(struct souk_ctx *ctx, struct souk_str text);
    int64_t (*new_id)(struct souk_ctx *ctx);
    int (*random)(struct souk_ctx *ctx, void *to, uint64_t bytes);
    int (*sha256)(struct souk_ctx *ctx, struct souk_str data, uint8_t digest[32]);
    int (*hmac_sha256)(struct souk_ctx *ctx, struct souk_str key, struct souk_str data,
                       uint8_t digest[32]);
    int (*equal_secret)(struct souk_str a, struct souk_str b);
    int32_t (*currency_digits)(struct souk_str currency);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- memory ---- */

/* Memory of this call: 16-byte aligned, not cleared; gone when the handler's answer is out. Never NULL. [any; 0.1] */
static inline void *souk_alloc(struct souk_ctx *ctx, size_t bytes) { return souk_api->call->alloc(ctx, bytes); }
/* Memory of the plugin: cleared; lives until stop(). Meant for init: it is not given back before. [init; 0.1] */
static inline void *souk_pool_alloc(struct souk_ctx *ctx, size_t bytes) { return souk_api->call->pool_alloc(ctx, bytes); }

/* Copies into room of yours of text.len + 1 bytes; with a NUL behind it. [any; 0.1] */
static inline struct souk_str souk_copy_to(char *to, struct souk_str text)
{
    struct souk_str copy;
    if (text.len)
        memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    copy.ptr = to;
    copy.len = text.len;
    return copy;
}
/* A copy for this call, with a NUL behind it: for what a row or a buffer of yours is about to forget. [any; 0.1] */
static inline struct souk_str souk_copy(struct souk_ctx *ctx, struct souk_str text) { return souk_copy_to((char *)souk_alloc(ctx, text.len + 1), text); }
/* A copy that lives as long as the plugin; with a NUL behind it. [init; 0.1] */
static inline struct souk_str souk_keep(struct souk_ctx *ctx, struct souk_str text) { return souk_copy_to((char *)souk_pool_alloc(ctx, text.len + 1), text); }

/* As souk_printf. [any; 0.1] */
static inline __attribute__((format(printf, 2, 0))) struct souk_str souk_vprintf(struct souk_ctx *ctx, const char *format, va_list args)
{
    va_list again;
    struct souk_str text = {"", 0};
    char *to;
    int length;
    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length <= 0)
        return text;
    to = (char *)souk_alloc(ctx, (size_t)length + 1);
    vsnprintf(to, (size_t)length + 1, format, args);
    text.ptr = to;
    text.len = (size_t)length;
    return text;
}

/* Formatted text in this call's memory, with a NUL behind it. Print views with "%.*s", SOUK_PRI(view). [any; 0.1] */
static inline SOUK_FORMAT(2) struct souk_str souk_printf(struct souk_ctx *ctx, const char *format, ...)
{
    va_list args;
    struct souk_str text;
    va_start(args, format);
    text = souk_vprintf(ctx, format, args);
    va_end(args);
    return text;
}

/* The text as a decimal number, or `otherwise` when it is none: for query and form fields. [any; 0.1] */
static inline int64_t souk_number(struct souk_str text, int64_t otherwise)
{
    int negative = text.len > 0 && text.ptr[0] == '-';
    size_t i = (size_t)negative;
    int64_t number = 0;
    if (i == text.len)
        return otherwise;
    for (; i < text.len; i++) {
        int digit = text.ptr[i] - '0';
        if (digit < 0 || digit > 9 || number < (INT64_MIN + digit) / 10)
            return otherwise;
        number = number * 10 - digit; /* below zero there is room for one more */
    }
    if (!negative && number == INT64_MIN)
        return otherwise;
    return negative ? number : -number;
}

/* ---- log and failure ---- */

/* A line in the shop's log under the plugin's name. level: SOUK_LOG_…; never put secrets or whole bodies here. [any; 0.1] */
static inline SOUK_FORMAT(3) void souk_log(struct souk_ctx *ctx, int32_t level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    souk_api->call->log(ctx, level, souk_vprintf(ctx, format, args));
    va_end(args);
}

/* Says why and gives `code` back, so that a handler ends with `return souk_fail(…)`. With SOUK_INVALID, _DENIED, _NOT_FOUND, _CONFLICT
 * and _TOO_LARGE the customer reads the text; with the others it goes to the log alone. [any; 0.1] */
static inline SOUK_FORMAT(3) int souk_fail(struct souk_ctx *ctx, int32_t code, const char *format, ...)
{
    va_list args;
    int result;
    va_start(args, format);
    result = (souk_api->call->fail)(ctx, code, souk_vprintf(ctx, format, args)); /* cmocka has a macro fail() */
    va_end(args);
    return result;
}
/* The words of the last failure in this call: of souk_fail, or of a function that gave back a code. [any; 0.1] */
static inline struct souk_str souk_failure(struct souk_ctx *ctx) { return souk_api->call->failure(ctx); }

/* Output of a command; elsewhere a line of the log. [any; 0.1] */
static inline SOUK_FORMAT(2) void souk_print(struct souk_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    souk_api->call->print(ctx, souk_vprintf(ctx, format, args));
    va_end(args);
}

/* ---- time, state, options ---- */

/* The time of this call: the same however often it is asked for. [any; 0.1] */
static inline int64_t souk_now(struct souk_ctx *ctx) { return souk_api->call->now(ctx); }
/* Microseconds until the deadline; 0 when it has passed, INT64_MAX when there is none. [any; 0.1] */
static inline int64_t souk_left(struct souk_ctx *ctx) { return souk_api->call->left(ctx); }
/* The name of this plugin. [any; 0.1] */
static inline struct souk_str souk_self(struct souk_ctx *ctx) { return souk_api->call->plugin(ctx); }
/* The pointer that init left with souk_state_set. What it points to is shared by all threads: guard what changes. [any; 0.1] */
static inline void *souk_state(struct souk_ctx *ctx) { return souk_api->call->state(ctx); }
/* In init only; elsewhere it is refused with a line in the log. [init; 0.1] */
static inline void souk_state_set(struct souk_ctx *ctx, void *state) { souk_api->call->state_set(ctx, state); }
/* Options as the descriptor declares them, defaults filled in: bool 0/1, duration us, rate parts per million, money minor units. [any; 0.1] */
static inline int64_t souk_option_int(struct souk_ctx *ctx, const char *key) { return souk_api->call->option_int(ctx, key); }
/* Text, choice, URL and secret; lives as long as the plugin. [any; 0.1] */
static inline struct souk_str souk_option_text(struct souk_ctx *ctx, const char *key) { return souk_api->call->option_text(ctx, key); }
/* Lists and maps; NULL when not given. [any; 0.1] */
static inline const struct souk_value *souk_option(struct souk_ctx *ctx, const char *key) { return souk_api->call->option(ctx, key); }

/* ---- counters and ids ---- */

/* Adds to the counter souk_plugin_total{plugin, name} of /metrics. `metric`: [a-z][a-z0-9_]*, a constant; not a value for the books. [any; 0.1] */
static inline void souk_count(struct souk_ctx *ctx, const char *metric, int64_t add) { souk_api->call->count(ctx, metric, add); }
/* A new id: positive, unique in this shop, growing with time. [any; 0.1] */
static inline int64_t souk_new_id(struct souk_ctx *ctx) { return souk_api->call->new_id(ctx); }

/* ---- currencies ---- */

/* Digits of the minor unit: EUR 2, JPY 0, KWD 3; -1: no currency of ISO 4217. [any; 0.1] */
static inline int32_t souk_currency_digits(struct souk_str currency) { return souk_api->call->currency_digits(currency); }
/* Thousandths of a currency's unit in its minor units, half up; 0 for a currency that is not known. [any; 0.1] */
static inline int64_t souk_minor(int64_t thousandths, struct souk_str currency)
{
    switch (souk_currency_digits(currency)) {
    case 0: return (thousandths + 500) / 1000;
    case 2: return (thousandths + 5) / 10;
    case 3: return thousandths;
    default: return 0;
    }
}

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
