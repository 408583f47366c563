/*
 * err: a result code with the sentence that goes with it. Error text is lower case, names the
 * thing and says what to do next. The struct lives with the caller; no allocation.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <souk/types.h>

struct err {
    int code; /* 0 or a SOUK_… code */
    char text[500];
};

/* Fills *err (which may be NULL) and returns `code`, so that `return err_set(…)` reads well. */
int err_set(struct err *err, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int err_vset(struct err *err, int code, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
/* Puts "where: " before the text: the outer caller adds what the inner one could not know. */
int err_in(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *err_name(int code); /* "not found" and the like */

#endif
