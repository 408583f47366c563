/*
 * chunk_memory: an allocator in the shape that Lua wants, without malloc.
 */
#ifndef SCRIPT_CHUNK_MEMORY_H
#define SCRIPT_CHUNK_MEMORY_H

#include <stddef.h>

#define CHUNK_BLOCK ((size_t)32 << 20) /* the largest block */
/* Classes 0 to 32 are steps of 16 bytes; then come powers of two from 1 KiB. */
#define CLASS_SMALL 33
#define CLASS_COUNT (CLASS_SMALL + 16)

struct chunk_memory {
    char *cursor; /* never given out yet */
    char *end;
    void *spare[CLASS_COUNT]; /* freed blocks of each class, linked through their first
                                 word */
};

/* lua_Alloc; `user` is a struct chunk_memory. NULL when the range is used up; shrinking
 * never fails. */
void *chunk_memory_give(void *user, void *old, size_t old_size, size_t size);

#endif
