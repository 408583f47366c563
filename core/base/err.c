/*
 * err.c: result codes with the words that explain them.
 *
 * The idea: the innermost function that knows what is wrong writes the sentence; each
 * caller that knows more puts its part in front. Text that is too long is cut, between
 * characters, never in the middle of one, because it ends up in JSON.
 *
 * Arguments may point into the very text that is replaced: it is put together aside. No
 * allocation.
 */
#include "base/err.h"

#include <stdio.h>

/* The length of text[0..len) without a UTF-8 sequence that was cut short at its end. */
static size_t whole_chars(const char *text, size_t len)
{
    size_t start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return len;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return len - start + 1 < need ? start - 1 : len;
}

static void put_text(struct err *err, const char *text, int len)
{
    size_t keep = len < 0 ? 0 : (size_t)len;
    if (keep >= sizeof(err->text))
        keep = whole_chars(text, sizeof(err->text) - 1);
    memcpy(err->text, text, keep);
    err->text[keep] = '\0';
}

int err_vset(struct err *err, int code, const char *format, va_list args)
{
    if (err) {
        char text[sizeof(err->text)];
        int len = vsnprintf(text, sizeof(text), format, args);
        err->code = code;
        put_text(err, text, len);
    }
    return code;
}

int err_set(struct err *err, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_vset(err, code, format, args);
    va_end(args);
    return code;
}

int err_in(struct err *err, const char *format, ...)
{
    if (!err)
        return SOUK_ERROR;
    char text[sizeof(err->text) * 2];
    size_t half = sizeof(err->text);
    va_list args;
    va_start(args, format);
    int where = vsnprintf(text, half, format, args);
    va_end(args);
    if (where < 0)
        return err->code;
    size_t at = (size_t)where < half ? (size_t)where : whole_chars(text, half - 1);
    int rest = snprintf(text + at, sizeof(text) - at, ": %s", err->text);
    put_text(err, text, (int)at + rest);
    return err->code;
}

const char *err_name(int code)
{
    switch (code) {
    case SOUK_OK: return "ok";
    case SOUK_INVALID: return "invalid";
    case SOUK_NOT_FOUND: return "not found";
    case SOUK_DENIED: return "denied";
    case SOUK_CONFLICT: return "conflict";
    case SOUK_BUSY: return "busy";
    case SOUK_TIMEOUT: return "timeout";
    case SOUK_TOO_LARGE: return "too large";
    case SOUK_UNAVAILABLE: return "unavailable";
    case SOUK_WRONG_KIND: return "wrong kind of handler";
    default: return "error";
    }
}
