/*
 * What every call can ask for: memory, the log, failure with words, time, the plugin's own state
 * and options, translation, key-value storage, counters, and cryptography.
 *
 * Threads: from the thread that runs the call. None of these blocks, except kv_put and kv_delete
 * outside of WRITE (they wait for the writer).
 */
#ifndef SOUK_CALL_H
#define SOUK_CALL_H

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

#ifdef __cplusplus
}
#endif

#endif
