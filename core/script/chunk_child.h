/*
 * chunk_child: the child's side of chunk_load: Lua in a process that can only compute,
 * write its answer and end.
 */
#ifndef SCRIPT_CHUNK_CHILD_H
#define SCRIPT_CHUNK_CHILD_H

#include "script/chunk.h"

#define CHUNK_ARENA  (32u << 20) /* all of Lua's memory */
#define CHUNK_OUTPUT (1u << 20)  /* the values as JSON */
#define CHUNK_CPU    2           /* seconds */
#define CHUNK_DEPTH  16          /* tables in tables */

enum chunk_answer {
    CHUNK_VALUES = 1, /* {"values": {…}, "lines": {…}} */
    CHUNK_ERROR,      /* words of Lua's or ours, perhaps with "chunk:LINE: " before them */
    CHUNK_MEMORY,     /* more than CHUNK_ARENA; no words */
};

struct chunk_head { /* goes before the answer's bytes */
    uint32_t size;
    int32_t answer;
    int32_t line; /* of an error, 0 when only the words may tell */
};

/* Never returns. Every signal must be blocked: a handler of the parent's may not run
 * here. */
_Noreturn void chunk_child_run(int fd, struct souk_str source, const struct chunk_line *starts,
                               size_t count);

#endif
