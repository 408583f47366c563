/*
 * answer_gzip.c: zlib for answers that are made once and sent once. Each I/O thread
 * keeps one deflate state for its life, so a compressed answer costs no malloc. Level
 * 1: these bytes are thrown away after sending; pages worth more are kept by the page
 * cache, which compresses them well.
 */
#include "web/answer.h"

#include <stdlib.h>
#include <zlib.h>
#include "base/str.h"

static __thread z_stream *state;

struct souk_str answer_gzip(struct arena *arena, struct souk_str body)
{
    if (!state) {
        state = mem_zalloc(sizeof(*state));
        if (deflateInit2(state, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
            free(state);
            state = NULL;
            return souk_str("");
        }
    }
    size_t room = body.len - body.len / 16; /* less gain than that is none */
    char *out = arena_alloc(arena, room);
    deflateReset(state);
    state->next_in = (Bytef *)(uintptr_t)body.ptr;
    state->avail_in = (uInt)body.len;
    state->next_out = (Bytef *)out;
    state->avail_out = (uInt)room;
    if (deflate(state, Z_FINISH) != Z_STREAM_END)
        return souk_str("");
    return str_make(out, room - state->avail_out);
}

void answer_gzip_thread_end(void)
{
    if (state) {
        deflateEnd(state);
        free(state);
        state = NULL;
    }
}
