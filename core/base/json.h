/*
 * json: the one shape of structured data in souk. A JSON document, the data of a template, an
 * answer of the API, an event's payload and the values of the configuration are all trees of struct
 * json. Parsing is jansson's, printing is ours. Trees live in an arena; strings are views, not
 * copied, unless a function says so.
 *
 * Numbers are int64 wherever they can be; JSON_REAL exists for input that has a fraction, never for
 * money.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* jansson has functions named json_true and json_copy too: hidden, ours do not stand in for them,
 * whatever the flags of the build. */
#pragma GCC visibility push(hidden)

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_INT,
    JSON_REAL,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
    JSON_HTML, /* a string that templates do not escape: made by the core only (Markdown) */
};

struct json {
    int32_t kind;
    uint32_t count; /* items of an array, members of an object */
    union {
        int64_t number; /* JSON_INT, JSON_BOOL */
        double real;    /* JSON_REAL */
        struct souk_str text;
        struct json_item *first;
    };
    struct json_item *last;
};

struct json_item { /* an element, or a member with its key */
    struct json_item *next;
    struct souk_str key;
    struct json value;
};

/* Limits for input from outside: depth 32; duplicate keys, bad UTF-8 and NUL are refused; errors
 * name line and column. */
int json_parse(struct arena *arena, struct souk_str text, struct json **out, struct err *err);
void json_print(struct buf *out, const struct json *value);        /* one line */
void json_print_pretty(struct buf *out, const struct json *value); /* indented by two */
void json_print_string(struct buf *out, struct souk_str text);     /* quoted and escaped */

struct json *json_new(struct arena *arena, enum json_kind kind);
/* Adders return the new value so that nested ones can be filled. `key` for objects (kept as a
 * view), ignored for arrays: pass NULL. Setting a key that exists replaces its value. */
struct json *json_add(struct arena *arena, struct json *parent, const char *key,
                      enum json_kind kind);
struct json *json_add_key(struct arena *arena, struct json *parent, struct souk_str key,
                          enum json_kind kind);
void json_add_str(struct arena *arena, struct json *parent, const char *key, struct souk_str text);
void json_add_cstr(struct arena *arena, struct json *parent, const char *key, const char *text);
void json_add_int(struct arena *arena, struct json *parent, const char *key, int64_t number);
/* A moment (us) as RFC 3339 text. */
void json_add_time(struct arena *arena, struct json *parent, const char *key, int64_t at);
void json_add_bool(struct arena *arena, struct json *parent, const char *key, int truth);
void json_add_null(struct arena *arena, struct json *parent, const char *key);
/* Hangs an existing tree under `parent` (shared, not copied). */
void json_add_tree(struct arena *arena, struct json *parent, const char *key,
                   const struct json *tree);
struct json *json_copy(struct arena *arena, const struct json *tree); /* deep, strings too */

const struct json *json_get(const struct json *object, struct souk_str key); /* NULL when absent */
const struct json *json_at(const struct json *object, const char *key);
struct souk_str json_text(const struct json *value); /* empty when not a string */
int64_t json_int(const struct json *value, int64_t otherwise);
int json_true(const struct json *value); /* false for NULL, null and false; true for all else */

/* The first item of an array or object; NULL for all else, so that walking input of the wrong kind
 * is harmless. */
static inline const struct json_item *json_first(const struct json *parent)
{
    return parent && (parent->kind == JSON_ARRAY || parent->kind == JSON_OBJECT) ? parent->first
                                                                                 : NULL;
}

#define json_each(item, parent)                                                                    \
    for (const struct json_item *item = json_first(parent); item; item = item->next)

#pragma GCC visibility pop

#endif
