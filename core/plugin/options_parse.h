/*
 * options_parse: one value of one option, from what was written to what is kept. The
 * inside of plugin/options.h; nobody else includes it.
 */
#ifndef PLUGIN_OPTIONS_PARSE_H
#define PLUGIN_OPTIONS_PARSE_H

#include "plugin/options.h"

struct option_value {
    int present;
    int64_t number;
    struct souk_str text;    /* as written, secrets as read; empty for lists and maps */
    const struct json *json; /* lists and maps */
};

struct option_values {
    const struct souk_option *options;
    size_t count;
    struct option_value *at;
};

struct option_check { /* what is being checked, and where problems go */
    struct arena *arena;
    const struct souk_option *option;
    const char *section;
    const char *dir;
    struct souk_str path; /* "hello.greeting" */
    int initial;          /* it is the descriptor's default */
    struct problems *problems;
};

/* 0 and *out filled, or SOUK_INVALID and at least one problem more. */
int options_parse(struct option_check *check, const struct json *given, struct option_value *out);
/* The same from option->initial. Lists are written "a, b", maps "key=value, key=value".
 */
int options_parse_initial(struct option_check *check, struct option_value *out);
int options_parse_secret(struct option_check *check, const struct json *given,
                         struct option_value *out);
/* The types that are numbers; SOUK_MONEY, SOUK_RATE and SOUK_DURATION are measures. */
int options_parse_int(struct option_check *check, const struct json *given,
                      struct option_value *out);
int options_parse_size(struct option_check *check, const struct json *given,
                       struct option_value *out);
int options_parse_measure(struct option_check *check, const struct json *given,
                          struct option_value *out);
/* What was written is of the wrong kind; is right in kind and wrong in form. Both
 * return SOUK_INVALID. */
int options_wrong_type(struct option_check *check, const struct json *given);
int options_wrong_form(struct option_check *check, struct souk_str text);
/* A wrong value in quotes, cut to what a message can hold. */
struct souk_str options_show_text(struct arena *arena, struct souk_str text);
/* Adds a problem and returns SOUK_INVALID. `item` is added to the path: "[2]" or
 * ".name", or NULL. */
int options_wrong(struct option_check *check, const char *item, struct souk_str hint,
                  const char *message, ...) __attribute__((format(printf, 4, 5)));
/* "for example greeting = "Hi"" */
struct souk_str options_example(struct option_check *check);
/* 10000000 of a duration as "10s" and the like. */
struct souk_str options_show_number(struct arena *arena, int32_t type, int64_t number);

#endif
