/*
 * options: checks a table of values against an array of struct souk_option and keeps the result
 * typed. The core's own sections of souk.lua and every plugin's table go through here; so do the
 * settings form and the documentation. All problems are collected, none stops the check.
 */
#ifndef PLUGIN_OPTIONS_H
#define PLUGIN_OPTIONS_H

#include <souk/plugin.h>
#include "base/arena.h"
#include "base/json.h"

struct problem { /* one thing wrong in a configuration */
    struct problem *next;
    struct souk_str file;
    int line;            /* 0: unknown */
    struct souk_str key; /* "hello.greeting" */
    struct souk_str message;
    struct souk_str hint; /* what to do next */
};

struct problems {
    struct arena *arena;
    struct problem *first;
    struct problem **end;
    int count;
    struct souk_str file; /* stamped on each new problem */
    int line;
};

void problems_init(struct problems *problems, struct arena *arena, struct souk_str file);
void problem_add(struct problems *problems, struct souk_str key, struct souk_str hint,
                 const char *message, ...) __attribute__((format(printf, 4, 5)));

struct option_values; /* lives in the arena that it was made in */

/* `section` is the path before the key in messages ("hello"). `given` may be NULL (nothing
 * written). Secrets are read here, from the environment or the file (relative to `dir`); an
 * unreadable one is a problem. Returns the values with defaults filled in, also when there are
 * problems. */
struct option_values *options_check(struct arena *arena, const struct souk_option *options,
                                    size_t count, const char *section, const char *dir,
                                    const struct json *given, struct problems *problems);
int64_t options_int(
    const struct option_values *values,
    const char *key); /* 0 when absent; bool 0/1; duration us; rate ppm; money minor */
struct souk_str options_text(const struct option_values *values, const char *key); /* secrets too */
const struct json *options_json(const struct option_values *values,
                                const char *key); /* lists and maps */
int options_same(const struct option_values *a,
                 const struct option_values *b); /* nothing changed between two configurations */
int options_same_but(const struct option_values *a, const struct option_values *b,
                     const char *key); /* … except perhaps this one */
/* For the form and `souk plugin info`: [{key,type,summary,initial,required,value}] with secrets
 * masked. */
struct json *options_describe(struct arena *arena, const struct souk_option *options, size_t count,
                              const struct option_values *values);
const char *options_type_name(int32_t type);

#endif
