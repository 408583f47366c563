/*
 * chunk_memory.c: Lua's allocator in the child: blocks of a few sizes out of one range
 * of bytes.
 *
 * The idea: sizes are rounded up to steps of 16 bytes, large ones to powers of two; a
 * freed block waits in the list of its class for the next of that class. Blocks are
 * never joined or cut: the child lives for a moment, and a file that wastes the range
 * gets the same answer as one that fills it. Lua tells the old size with each call, so
 * that blocks need no heads.
 */
#include "script/chunk_memory.h"

#include <string.h>

static size_t class_of(size_t size, size_t *room)
{
    if (size <= (CLASS_SMALL - 1) * 16) {
        size_t rank = (size + 15) / 16;
        *room = rank * 16;
        return rank;
    }
    size_t rank = CLASS_SMALL;
    *room = 1024;
    while (*room < size) {
        *room *= 2;
        rank++;
    }
    return rank;
}

static void *take(struct chunk_memory *memory, size_t size)
{
    size_t room = 0;
    if (size > CHUNK_BLOCK)
        return NULL;
    size_t rank = class_of(size, &room);
    void *block = memory->spare[rank];
    if (block) {
        memcpy(&memory->spare[rank], block, sizeof(void *));
        return block;
    }
    if ((size_t)(memory->end - memory->cursor) < room)
        return NULL;
    block = memory->cursor;
    memory->cursor += room;
    return block;
}

void *chunk_memory_give(void *user, void *old, size_t old_size, size_t size)
{
    struct chunk_memory *memory = user;
    size_t old_room = 0, room = 0;
    size_t old_class = old ? class_of(old_size, &old_room) : 0;
    void *block = NULL;
    if (size) {
        if (old && size <= CHUNK_BLOCK && class_of(size, &room) == old_class)
            return old;
        block = take(memory, size);
        if (!block) {
            /* Lua relies on shrinking never to fail */
            return old && size < old_size ? old : NULL;
        }
        if (old)
            memcpy(block, old, old_size < size ? old_size : size);
    }
    if (old && old_room) {
        memcpy(old, &memory->spare[old_class], sizeof(void *));
        memory->spare[old_class] = old;
    }
    return block;
}
