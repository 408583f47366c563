/*
 * worker_memory: Lua's memory in a worker: an allocator with a cap, and a watch on the tables of
 * the input: whether a function has changed one can be seen from their bytes.
 */
#ifndef SCRIPT_WORKER_MEMORY_H
#define SCRIPT_WORKER_MEMORY_H

#include "script/chunk_memory.h"

#define WORKER_WATCHED ((size_t)2 << 20) /* bytes of one half: inputs one after the other */

struct worker_memory {
    struct chunk_memory pool;
    char *start;        /* of the pool */
    size_t used, limit; /* bytes that Lua has and may have */
    /* the watch */
    char *half[2];   /* where vectors of watched tables lie */
    size_t live[2];  /* vectors in it that were not freed yet */
    int now;         /* the half in use */
    int recording;   /* new vectors are watched ones */
    int moved;       /* a watched vector of the current input was freed or grown */
    size_t from, to; /* the current input's in that half */
    char *copy;      /* of those bytes */
};

/* Maps what is needed; 0 when there is no memory. */
int worker_memory_open(struct worker_memory *memory);
/* lua_Alloc */
void *worker_memory_give(void *user, void *old, size_t old_size, size_t size);
/* Tables that are made between these two while `recording` is set are watched. 0: there is no room
 * beside old ones; collect garbage and begin again. */
int worker_watch_begin(struct worker_memory *memory);
int worker_watch_end(struct worker_memory *memory); /* 0: they did not fit */
int worker_watch_changed(const struct worker_memory *memory);
size_t worker_memory_spread(const struct worker_memory *memory); /* of the pool, ever in use */

#endif
