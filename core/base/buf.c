/*
 * buf.c: a byte string that grows at its end, for building answers, lines and
 * documents.
 *
 * The idea: capacity doubles; one byte beyond the contents is always a NUL, so that the
 * result can be handed to C functions. With an arena old storage is simply left behind.
 *
 * Invariant: ptr is NULL, or len < cap and ptr[len] == 0. One thread at a time. Views
 * taken with buf_str die with the next addition.
 */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST ((size_t)256)

void buf_reserve(struct buf *buf, size_t more)
{
    size_t need = buf->len + more + 1;
    if (buf->ptr && need <= buf->cap)
        return;
    size_t cap = buf->cap ? buf->cap * 2 : BUF_FIRST;
    if (cap < need)
        cap = need;
    if (buf->arena) {
        char *to = arena_alloc(buf->arena, cap);
        if (buf->len)
            memcpy(to, buf->ptr, buf->len);
        buf->ptr = to;
    } else {
        buf->ptr = mem_realloc(buf->ptr, cap);
    }
    buf->cap = cap;
    buf->ptr[buf->len] = '\0';
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
    if (!buf->ptr || buf->len + len >= buf->cap)
        buf_reserve(buf, len);
    if (len) {
        memcpy(buf->ptr + buf->len, bytes, len);
        buf->len += len;
    }
    buf->ptr[buf->len] = '\0';
}

void buf_add_str(struct buf *buf, struct souk_str text)
{
    buf_add(buf, text.ptr, text.len);
}

void buf_add_cstr(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_int(struct buf *buf, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--at] = '-';
    buf_add(buf, digits + at, sizeof(digits) - at);
}

void buf_add_encoded(struct buf *buf, struct souk_str text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            c == '-' || c == '.' || c == '_' || c == '~')
            buf_add_char(buf, (char)c);
        else
            buf_add(buf, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
    }
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    buf_reserve(buf, 64);
    size_t room = buf->cap - buf->len;
    va_start(args, format);
    int len = vsnprintf(buf->ptr + buf->len, room, format, args);
    va_end(args);
    if (len < 0) {
        buf->ptr[buf->len] = '\0';
        return;
    }
    if ((size_t)len >= room) {
        buf_reserve(buf, (size_t)len);
        va_start(args, format);
        vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
        va_end(args);
    }
    buf->len += (size_t)len;
}

struct souk_str buf_str(const struct buf *buf)
{
    return (struct souk_str){buf->ptr ? buf->ptr : "", buf->len};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

void buf_free(struct buf *buf)
{
    if (!buf->arena)
        free(buf->ptr);
    buf->ptr = NULL;
    buf->len = buf->cap = 0;
}
