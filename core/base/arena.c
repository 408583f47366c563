/*
 * arena.c: bump allocation in blocks that are given back together.
 *
 * The idea: an allocation is an addition and a comparison. Blocks are chained from the
 * newest to the oldest; sizes double from 4 KiB to 64 KiB; a request too large for a
 * fresh block gets a block of its own. A reset keeps one block: the largest of the
 * ordinary ones, so that an arena that is used again and again settles on a size and
 * stops calling malloc.
 *
 * Invariants: cursor <= end; every pointer handed out is 16-byte aligned; `first` is
 * the oldest block, the one at the end of the chain. In an address-sanitizer build what
 * has not been handed out is poisoned, so overruns and uses after a reset are seen.
 *
 * No thread safety, no destructors, no way to give one piece back.
 */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define ARENA_HIDE(ptr, size) ASAN_POISON_MEMORY_REGION((ptr), (size))
#define ARENA_SHOW(ptr, size) ASAN_UNPOISON_MEMORY_REGION((ptr), (size))
#else
#define ARENA_HIDE(ptr, size) ((void)(ptr), (void)(size))
#define ARENA_SHOW(ptr, size) ((void)(ptr), (void)(size))
#endif

#define ALIGN       ((size_t)16)
#define BLOCK_FIRST ((size_t)4096)
#define BLOCK_MOST  ((size_t)65536)

struct arena_block {
    struct arena_block *older;
    size_t size; /* of data */
    _Alignas(16) char data[];
};

static _Noreturn void out_of_memory(void)
{
    static const char line[] = "level=error event=memory.exhausted\n";
    fwrite(line, 1, sizeof(line) - 1, stderr);
    abort();
}

void *mem_alloc(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *mem_zalloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

void *mem_realloc(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p)
        out_of_memory();
    return p;
}

char *mem_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(mem_alloc(size), text, size);
}

static void block_open(struct arena *arena, struct arena_block *block)
{
    ARENA_HIDE(block->data, block->size);
    arena->cursor = block->data;
    arena->end = block->data + block->size;
}

/* A block of its own goes behind the newest one, so that the room left there is not
 * lost. */
static void *alloc_alone(struct arena *arena, size_t size)
{
    struct arena_block *block = mem_alloc(sizeof(*block) + size);
    block->size = size;
    block->older = arena->block->older;
    arena->block->older = block;
    if (!block->older)
        arena->first = block;
    return block->data;
}

static void *alloc_slow(struct arena *arena, size_t size)
{
    size_t want = arena->block ? arena->block->size * 2 + sizeof(struct arena_block)
                               : BLOCK_FIRST - sizeof(struct arena_block);
    size_t most = BLOCK_MOST - sizeof(struct arena_block);
    if (want > most)
        want = most;
    if (size > want / 2 && arena->block)
        return alloc_alone(arena, size);
    struct arena_block *block;
    size_t room = size > want ? size : want;
    block = mem_alloc(sizeof(*block) + room);
    block->size = room;
    block->older = arena->block;
    if (!arena->first)
        arena->first = block;
    arena->block = block;
    block_open(arena, block);
    arena->cursor += size;
    return block->data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 4)
        out_of_memory();
    size_t step = size ? (size + ALIGN - 1) & ~(ALIGN - 1) : ALIGN;
    void *p;
    arena->total += step;
    if ((size_t)(arena->end - arena->cursor) >= step) {
        p = arena->cursor;
        arena->cursor += step;
    } else {
        p = alloc_slow(arena, step);
    }
    ARENA_SHOW(p, size ? size : 1);
    return p;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t len)
{
    char *to = arena_alloc(arena, len + 1);
    if (len)
        memcpy(to, bytes, len);
    to[len] = '\0';
    return to;
}

struct souk_str arena_str(struct arena *arena, struct souk_str text)
{
    return (struct souk_str){arena_copy(arena, text.ptr, text.len), text.len};
}

char *arena_cstr(struct arena *arena, struct souk_str text)
{
    return arena_copy(arena, text.ptr, text.len);
}

struct souk_str arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct souk_str text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}

struct souk_str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
    char small[256];
    va_list again;
    va_copy(again, args);
    int len = vsnprintf(small, sizeof(small), format, args);
    struct souk_str text = {"", 0};
    if (len >= 0 && (size_t)len < sizeof(small)) {
        text = (struct souk_str){arena_copy(arena, small, (size_t)len), (size_t)len};
    } else if (len >= 0) {
        char *to = arena_alloc(arena, (size_t)len + 1);
        vsnprintf(to, (size_t)len + 1, format, again);
        text = (struct souk_str){to, (size_t)len};
    }
    va_end(again);
    return text;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *keep = NULL;
    struct arena_block *block = arena->block;
    while (block) {
        struct arena_block *older = block->older;
        int ordinary = block->size <= BLOCK_MOST;
        if (ordinary && (!keep || block->size > keep->size)) {
            free(keep);
            keep = block;
        } else {
            free(block);
        }
        block = older;
    }
    *arena = (struct arena){0};
    if (keep) {
        keep->older = NULL;
        arena->block = arena->first = keep;
        block_open(arena, keep);
    }
}

void arena_scribble(struct arena *arena)
{
    for (struct arena_block *block = arena->block; block; block = block->older) {
        ARENA_SHOW(block->data, block->size);
        memset(block->data, 0xA5, block->size);
    }
}

void arena_free(struct arena *arena)
{
    struct arena_block *block = arena->block;
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
    *arena = (struct arena){0};
}
