/*
 * chunk: evaluates a Lua file that is only data (souk.lua) and hands back plain values.
 * Text chunks only, an empty environment, in a short-lived child process with limits on
 * memory, time and output, so that a wrong file can neither crash nor stop souk. The
 * file assigns globals: `plugins = { "hello" }`, `hello = { greeting = "Hi" }`.
 *
 * In the environment: env "NAME" and file "PATH" mark secrets; they come back as
 * {"$env": "NAME"} and {"$file": "PATH"} and are resolved by whoever owns the option,
 * never here.
 */
#ifndef SCRIPT_CHUNK_H
#define SCRIPT_CHUNK_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

struct chunk_line { /* where a top-level name is assigned */
    struct souk_str name;
    int line;
};

struct chunk {
    struct json *values; /* JSON_OBJECT, in order of assignment */
    struct chunk_line *lines;
    size_t line_count;
    int error_line; /* on failure: the line that Lua names, 0 when unknown */
};

/* On failure err says what is wrong in words for the admin ("unexpected symbol near
 * '}'"). */
int chunk_load(struct arena *arena, const char *path, struct chunk *out, struct err *err);
/* The line where a top-level name stands; 0 when unknown. */
int chunk_line(const struct chunk *chunk, struct souk_str name);

#endif
