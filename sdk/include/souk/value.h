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
    /* since 0.2 */
    void (*set_html)(struct souk_ctx *ctx, struct souk_value *parent, struct souk_str key,
                     struct souk_str html);
};

/* A function a line, so that the page reads as a list. */
/* clang-format off */

/* ---- values: making ----
 * `parent` is a map, or a list with key NULL (appends). A key that exists gets the new value. Bytes that are not UTF-8 become U+FFFD. */

/* A new empty map. [any; 0.1] */
static inline struct souk_value *souk_map(struct souk_ctx *ctx) { return souk_api->value->create(ctx, SOUK_VALUE_MAP); }
/* A new empty list. [any; 0.1] */
static inline struct souk_value *souk_list(struct souk_ctx *ctx) { return souk_api->value->create(ctx, SOUK_VALUE_LIST); }
/* Gives back the new map or list, to be filled. [any; 0.1] */
static inline struct souk_value *souk_set_map(struct souk_ctx *ctx, struct souk_value *parent, const char *key) { return souk_api->value->set(ctx, parent, souk_str(key), SOUK_VALUE_MAP); }
/* As souk_set_map. [any; 0.1] */
static inline struct souk_value *souk_set_list(struct souk_ctx *ctx, struct souk_value *parent, const char *key) { return souk_api->value->set(ctx, parent, souk_str(key), SOUK_VALUE_LIST); }
/* Sets null. [any; 0.1] */
static inline void souk_set_null(struct souk_ctx *ctx, struct souk_value *parent, const char *key) { souk_api->value->set(ctx, parent, souk_str(key), SOUK_VALUE_NULL); }
/* Sets a text. [any; 0.1] */
static inline void souk_set_str(struct souk_ctx *ctx, struct souk_value *parent, const char *key, struct souk_str text) { souk_api->value->set_text(ctx, parent, souk_str(key), text); }
/* Sets a text; NULL: the empty one. [any; 0.1] */
static inline void souk_set_cstr(struct souk_ctx *ctx, struct souk_value *parent, const char *key, const char *text) { souk_api->value->set_text(ctx, parent, souk_str(key), souk_str(text)); }
/* Sets an integer. [any; 0.1] */
static inline void souk_set_int(struct souk_ctx *ctx, struct souk_value *parent, const char *key, int64_t number) { souk_api->value->set_int(ctx, parent, souk_str(key), SOUK_VALUE_INT, number); }
/* Sets true unless `truth` is 0. [any; 0.1] */
static inline void souk_set_bool(struct souk_ctx *ctx, struct souk_value *parent, const char *key, int truth) { souk_api->value->set_int(ctx, parent, souk_str(key), SOUK_VALUE_BOOL, truth != 0); }
/* What souk_html() gave back: templates show it as it is, so never anything else. [any; 0.2] */
static inline void souk_set_html(struct souk_ctx *ctx, struct souk_value *parent, const char *key, struct souk_str html) { souk_api->value->set_html(ctx, parent, souk_str(key), html); }
/* Microseconds UTC; kept as RFC 3339 text, which the template's `date` filter reads. [any; 0.1] */
static inline void souk_set_time(struct souk_ctx *ctx, struct souk_value *parent, const char *key, int64_t at) { souk_api->value->set_time(ctx, parent, souk_str(key), at); }
/* A deep copy of a tree under `key`. [any; 0.1] */
static inline void souk_set_copy(struct souk_ctx *ctx, struct souk_value *parent, const char *key, const struct souk_value *tree) { souk_api->value->set_copy(ctx, parent, souk_str(key), tree); }
/* {"amount": minor units, "currency": "EUR"}: what the `money` filter takes. [any; 0.1] */
static inline void souk_set_money(struct souk_ctx *ctx, struct souk_value *parent, const char *key, struct souk_money money)
{
    struct souk_value *map = souk_set_map(ctx, parent, key);
    souk_set_int(ctx, map, "amount", money.minor);
    souk_set_cstr(ctx, map, "currency", money.currency);
}

/* ---- values: reading. NULL is an empty value: souk_text(souk_get(souk_get(v, "a"), "b")) never trips. ---- */

/* SOUK_VALUE_…; NULL is SOUK_VALUE_NULL. [any; 0.1] */
static inline int32_t souk_kind(const struct souk_value *value) { return souk_api->value->kind(value); }
/* Items of a list, members of a map, else 0. [any; 0.1] */
static inline uint32_t souk_count_of(const struct souk_value *value) { return souk_api->value->count(value); }
/* The member, or NULL. [any; 0.1] */
static inline const struct souk_value *souk_get(const struct souk_value *map, const char *key) { return souk_api->value->get(map, souk_str(key)); }
/* The item from 0, or NULL. Costs a walk from the start: use souk_walk for all of them. [any; 0.1] */
static inline const struct souk_value *souk_at(const struct souk_value *list, uint32_t index) { return souk_api->value->at(list, index, NULL); }
/* The text; empty when it is none. [any; 0.1] */
static inline struct souk_str souk_text(const struct souk_value *value) { return souk_api->value->text(value); }
/* The integer (a bool as 0 or 1), or `otherwise` when it is none. [any; 0.1] */
static inline int64_t souk_int(const struct souk_value *value, int64_t otherwise) { return souk_api->value->number(value, otherwise); }
/* 0 for nothing, null and false; 1 for all else, as in templates. [any; 0.1] */
static inline int souk_true(const struct souk_value *value)
{
    int32_t kind = souk_kind(value);
    return kind == SOUK_VALUE_BOOL ? souk_int(value, 0) != 0 : kind != SOUK_VALUE_NULL;
}

/* All items: struct souk_walk w = souk_walk(list); while (souk_step(&w)) … w.value, w.key … */
struct souk_walk {
    const struct souk_value *parent;
    const struct souk_value *value;
    struct souk_str key;
    const void *place;
};
/* Begins a walk over all items of a list or map. [any; 0.1] */
static inline struct souk_walk souk_walk(const struct souk_value *parent)
{
    struct souk_walk walk;
    memset(&walk, 0, sizeof(walk));
    walk.parent = parent;
    return walk;
}
/* 1: w->value (and w->key of a map) stand on the next item; 0: the end. [any; 0.1] */
static inline int souk_step(struct souk_walk *walk) { return (walk->value = souk_api->value->step(walk->parent, &walk->place, &walk->key)) != NULL; }
/* Text to a tree: at most 1 MiB and 32 deep; SOUK_INVALID with line and column in souk_failure. [any; 0.1] */
static inline int souk_json_parse(struct souk_ctx *ctx, struct souk_str json, struct souk_value **out) { return souk_api->value->parse(ctx, json, out); }
/* One line of JSON, with a NUL behind it. [any; 0.1] */
static inline struct souk_str souk_json_print(struct souk_ctx *ctx, const struct souk_value *value) { return souk_api->value->print(ctx, value); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
