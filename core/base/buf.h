/*
 * buf: bytes that grow at the end. With an arena the storage comes from it (and is given
 * back with it); without, from malloc (then call buf_free).
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/arena.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    struct arena *arena; /* NULL: malloc */
};

void buf_reserve(struct buf *buf, size_t more); /* room for `more` bytes beyond len */
void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_str(struct buf *buf, struct souk_str text);
void buf_add_cstr(struct buf *buf, const char *text);
void buf_add_int(struct buf *buf, int64_t number);
/* For one part of a URI: all but letters, digits and - . _ ~ as %XX. */
void buf_add_encoded(struct buf *buf, struct souk_str text);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct souk_str buf_str(const struct buf *buf); /* a view; a NUL stands behind it */
void buf_clear(struct buf *buf);
void buf_free(struct buf *buf);

static inline void buf_add_char(struct buf *buf, char c)
{
    if (buf->ptr && buf->len + 1 < buf->cap) {
        buf->ptr[buf->len++] = c;
        buf->ptr[buf->len] = '\0';
    } else {
        buf_add(buf, &c, 1);
    }
}

#endif
