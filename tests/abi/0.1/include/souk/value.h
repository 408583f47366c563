/*
 * Structured data: what templates show, what JSON bodies hold, what events carry. A value is null,
 * a bool, an int64, a string, a list or a map; money is a map {"amount": minor units, "currency":
 * "EUR"}, a time is an RFC 3339 string.
 *
 * All values belong to the call (ctx) and die with it; strings given to the setters are copied. Any
 * thread that runs the call. The readers accept NULL and give the empty answer, so paths can be
 * followed without tests in between.
 */
#ifndef SOUK_VALUE_H
#define SOUK_VALUE_H

#include <souk/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_VALUE_NULL   0
#define SOUK_VALUE_BOOL   1
#define SOUK_VALUE_INT    2
#define SOUK_VALUE_REAL   3
#define SOUK_VALUE_STRING 4
#define SOUK_VALUE_LIST   5
#define SOUK_VALUE_MAP    6

struct souk_value_api {
    uint32_t size;
    uint32_t reserved;
    struct souk_value *(*create)(struct souk_ctx *ctx, int32_t kind);
    struct souk_value *(*set)(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                              int32_t kind);
    void (*set_text)(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                     struct souk_str text);
    void (*set_int)(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                    int32_t kind, int64_t number);
    int32_t (*kind)(const struct souk_value *value);
    uint32_t (*count)(const struct souk_value *value);
    const struct souk_value *(*get)(const struct souk_value *map, struct souk_str key);
    const struct souk_value *(*at)(const struct souk_value *list_or_map, uint32_t index,
                                   struct souk_str *key);
    struct souk_str (*text)(const struct souk_value *value);
    int64_t (*number)(const struct souk_value *value, int64_t otherwise);
    int (*parse)(struct souk_ctx *ctx, struct souk_str json, struct souk_value **out);
    struct souk_str (*print)(struct souk_ctx *ctx, const struct souk_value *value);
    void (*set_time)(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                     int64_t at);
    void (*set_copy)(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                     const struct souk_value *tree);
    /* Walks: *place starts as NULL; gives NULL at the end. */
    const struct souk_value *(*step)(const struct souk_value *parent, const void **place,
                                     struct souk_str *key);
};

#ifdef __cplusplus
}
#endif

#endif
