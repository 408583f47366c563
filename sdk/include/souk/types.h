/*
 * The few value types and result codes that every part of souk shares: the core, the
 * plugins and the test host. Nothing here allocates.
 *
 * Rules for everything that crosses the plugin border: fixed-width integers only; no
 * enum, bool, long, bit-field or time_t; structs by value only for strings and money.
 */
#ifndef SOUK_TYPES_H
#define SOUK_TYPES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A view of UTF-8 text or bytes. Not NUL-terminated unless a function says so. Whoever
 * hands it out owns the bytes; what a plugin gets lives until the plugin returns. */
struct souk_str {
    const char *ptr;
    size_t len;
};

/* A view of a string literal; usable in constant initialisers. */
#define SOUK_STR(literal)                                                                          \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

/* The view of a C string; NULL gives the empty string. [any; 0.1] */
static inline struct souk_str souk_str(const char *text)
{
    struct souk_str s;
    s.ptr = text ? text : "";
    s.len = text ? strlen(text) : 0;
    return s;
}

/* 1 when both have the same bytes. Not for secrets: souk_equal_secret. [any; 0.1] */
static inline int souk_str_equal(struct souk_str a, struct souk_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* 1 when the text is this one: souk_str_is(event->subject, "order:7"). [any; 0.1] */
static inline int souk_str_is(struct souk_str a, const char *text)
{
    return souk_str_equal(a, souk_str(text));
}

/* printf("%.*s", SOUK_PRI(s)) */
#define SOUK_PRI(s) (int)(s).len, (s).ptr

/* An amount in minor units (cents) of an ISO 4217 currency, such as {1299, "EUR"}. */
struct souk_money {
    int64_t minor;
    char currency[4];
    int32_t reserved;
};

/*
 * Result codes. Every function that can fail returns 0 for success or one of these
 * negative numbers; the words that explain it go through souk_fail().
 */
#define SOUK_OK          0
#define SOUK_ERROR       (-1)  /* failed; the text says how */
#define SOUK_INVALID     (-2)  /* an argument or input is wrong: the caller's fault */
#define SOUK_NOT_FOUND   (-3)  /* there is no such thing */
#define SOUK_DENIED      (-4)  /* the caller may not do this */
#define SOUK_CONFLICT    (-5)  /* the state does not allow it, or a unique key exists */
#define SOUK_BUSY        (-6)  /* a bounded queue is full; try again later */
#define SOUK_TIMEOUT     (-7)  /* the deadline has passed */
#define SOUK_TOO_LARGE   (-8)  /* over a limit in size or count */
#define SOUK_UNAVAILABLE (-9)  /* a peer or a part of the shop is down */
#define SOUK_WRONG_KIND  (-10) /* not allowed in this kind of handler (say, READ) */

#ifdef __cplusplus
}
#endif

#endif
