/*
 * chunk_lines: where in a Lua source top-level names are assigned. Lua itself only
 * knows the line on which an assignment ends; an admin looks for the one on which it
 * begins.
 */
#ifndef SCRIPT_CHUNK_LINES_H
#define SCRIPT_CHUNK_LINES_H

#include "script/chunk.h"

/* Every `name =` outside of brackets, in order of the text; names are views of
 * `source`. */
size_t chunk_lines_scan(struct arena *arena, struct souk_str source, struct chunk_line **out);
/* 1 when a key stands twice in one table, which Lua takes without a word: where. */
int chunk_lines_twice(struct souk_str source, struct chunk_line *first, struct chunk_line *again);
/* The last of them for `name` that is not below line `at`; `at` itself when there is
 * none. */
int chunk_lines_find(const struct chunk_line *lines, size_t count, struct souk_str name, int at);

#endif
