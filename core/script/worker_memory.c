/*
 * worker_memory.c: the cap is a count of what Lua asked for. Above it there is nothing; Lua then
 * collects its garbage and asks once more before it raises an error. Blocks come from one mapping
 * that is never given back (chunk_memory.c); a worker that spread over much of it is replaced.
 *
 * The watch: the cells of Lua's tables are vectors, and while an input is built, new vectors come
 * out of a range of their own, one behind the other. Afterwards the range is copied. A function
 * that assigns to a field changes bytes of it; one that makes a table grow gives a vector of it
 * back. So one memcmp says whether an input is still what it was, however many functions have read
 * it. Lua itself writes there only when it removes a key without a value, and inputs have none.
 *
 * The range has two halves, used in turn, because the tables of earlier inputs live until they are
 * collected. Lua tells what a new block is for: 0 stands for a vector.
 */
#include "script/worker_memory.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define POOL_SIZE ((size_t)512 << 20) /* addresses, not memory */

static void *reserve(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1, 0);
    return at == MAP_FAILED ? NULL : at;
}

int worker_memory_open(struct worker_memory *memory)
{
    *memory = (struct worker_memory){.limit = SIZE_MAX};
    memory->start = reserve(POOL_SIZE);
    char *watched = reserve(3 * WORKER_WATCHED);
    if (!memory->start || !watched)
        return 0;
    memory->pool.cursor = memory->start;
    memory->pool.end = memory->start + POOL_SIZE;
    memory->half[0] = watched;
    memory->half[1] = watched + WORKER_WATCHED;
    memory->copy = watched + 2 * WORKER_WATCHED;
    return 1;
}

size_t worker_memory_spread(const struct worker_memory *memory)
{
    return (size_t)(memory->pool.cursor - memory->start);
}

/* ---- the watch ---- */

static int half_of(const struct worker_memory *memory, const void *block)
{
    uintptr_t at = (uintptr_t)block - (uintptr_t)memory->half[0];
    return at < WORKER_WATCHED ? 0 : at < 2 * WORKER_WATCHED ? 1 : -1;
}

static void *watch(struct worker_memory *memory, size_t size)
{
    size_t room = (size + 15) & ~(size_t)15;
    if (room > WORKER_WATCHED - memory->to) {
        memory->moved = 1; /* not all of the input is watched */
        return NULL;
    }
    void *block = memory->half[memory->now] + memory->to;
    memory->to += room;
    memory->live[memory->now]++;
    return block;
}

static void unwatch(struct worker_memory *memory, int half, const void *block)
{
    size_t at = (size_t)((const char *)block - memory->half[half]);
    memory->live[half]--;
    if (half == memory->now && at >= memory->from && at < memory->to)
        memory->moved = 1;
}

int worker_watch_begin(struct worker_memory *memory)
{
    /* a tenth of it is left: the other half, if its tables are gone */
    if (memory->to > WORKER_WATCHED / 10 * 9) {
        int other = 1 - memory->now;
        if (memory->live[other])
            return 0;
        memory->now = other;
        memory->to = 0;
    }
    memory->from = memory->to;
    memory->moved = 0;
    return 1;
}

int worker_watch_end(struct worker_memory *memory)
{
    memory->recording = 0;
    if (memory->moved) {
        memory->to = WORKER_WATCHED; /* begin the next in the other half */
        return 0;
    }
    memcpy(memory->copy, memory->half[memory->now] + memory->from, memory->to - memory->from);
    return 1;
}

int worker_watch_changed(const struct worker_memory *memory)
{
    return memory->moved || memcmp(memory->copy, memory->half[memory->now] + memory->from,
                                   memory->to - memory->from) != 0;
}

/* ---- the allocator ---- */

static void *move_watched(struct worker_memory *memory, int half, void *old, size_t old_size,
                          size_t size)
{
    void *block = size ? chunk_memory_give(&memory->pool, NULL, 0, size) : NULL;
    if (size && !block)
        return size < old_size ? old : NULL;
    if (block)
        memcpy(block, old, size < old_size ? size : old_size);
    unwatch(memory, half, old);
    return block;
}

void *worker_memory_give(void *user, void *old, size_t old_size, size_t size)
{
    struct worker_memory *memory = user;
    size_t before = old ? old_size : 0; /* for a new block it is Lua's name of its kind */
    if (size > before &&
        (memory->used >= memory->limit || size - before > memory->limit - memory->used))
        return NULL;
    void *block = NULL;
    int half = old ? half_of(memory, old) : -1;
    if (half >= 0)
        block = move_watched(memory, half, old, old_size, size);
    else if (memory->recording && !old && !old_size && size)
        block = watch(memory, size);
    if (half < 0 && !block)
        block = chunk_memory_give(&memory->pool, old, before, size);
    if (block || !size)
        memory->used += size - before;
    return block;
}
