/*
 * arena: memory that is given back all at once. A request, a job or a plugin instance owns
 * one; nothing inside is ever freed by itself. Blocks double up to 64 KiB; a reset keeps the
 * first block, so a warm request makes no call to malloc.
 *
 * One thread at a time. Running out of memory ends the process (the supervisor starts a new
 * one): no caller checks for NULL.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <souk/types.h>

struct arena_block;

struct arena {
    char *cursor;
    char *end;
    struct arena_block *block; /* the newest; linked to older ones */
    struct arena_block *first;
    size_t total; /* bytes handed out since the last reset */
};

/* A zeroed struct arena is a valid empty one. */
void *arena_alloc(struct arena *arena, size_t size);  /* 16-byte aligned, not cleared */
void *arena_zalloc(struct arena *arena, size_t size); /* cleared */
char *arena_copy(struct arena *arena, const void *bytes, size_t len); /* adds a NUL */
struct souk_str arena_str(struct arena *arena, struct souk_str text); /* copy, NUL after */
char *arena_cstr(struct arena *arena, struct souk_str text);          /* the same, as char* */
struct souk_str arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
struct souk_str arena_vprintf(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void arena_reset(struct arena *arena); /* forget all, keep the first block */
void arena_free(struct arena *arena);  /* forget all, give everything back */
/* For the test host: overwrites all that was handed out, so that a view which outlived its call
 * reads rubbish. */
void arena_scribble(struct arena *arena);

/* malloc and realloc that end the process instead of returning NULL. Free with free(). */
void *mem_alloc(size_t size);
void *mem_zalloc(size_t size);
void *mem_realloc(void *old, size_t size);
char *mem_strdup(const char *text);

#define arena_new(arena, type)          ((type *)arena_zalloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_zalloc((arena), sizeof(type) * (count)))

#endif
