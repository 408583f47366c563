/*
 * cache_pack.c: finished responses for one body.
 *
 * The idea: libmicrohttpd counts references to a response and may send one on many
 * connections at once, so a body that is asked for again is compressed once and its
 * header lines are made once. The compressed variant is made by the first client that
 * wants it: a page that is never asked for by a browser, or is stale before anybody
 * comes, costs no deflate. Two threads may make it at the same time; the one that comes
 * second throws its work away.
 *
 * The entity tag is weak, because both variants share it, and If-None-Match compares
 * weakly.
 *
 * Sharing rule: a response may be dropped while it is being sent (libmicrohttpd holds
 * its own reference), but not between being chosen and being queued: whoever owns the
 * pack sees to that.
 */
#include "web/cache_pack.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>
#include "base/str.h"
#include "web/negotiate.h"
#include "web/response.h"

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    MHD_add_response_header(response, name, value);
}

static struct MHD_Response *response_new(struct souk_str body, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, mode);
    if (!response)
        abort(); /* out of memory, as in arena.c */
    return response;
}

#define OWN_CONTROL 1
#define OWN_POLICY  2

/* The handler's own header lines; tells which of ours it has replaced. */
static int add_own(struct MHD_Response *response, const struct header_list *headers)
{
    int own = 0;
    struct arena arena = {0};
    for (size_t i = 0; headers && i < headers->count; i++) {
        const struct header *header = &headers->at[i];
        if (str_equal_nocase(header->name, souk_str("cache-control")))
            own |= OWN_CONTROL;
        else if (str_equal_nocase(header->name, souk_str("content-security-policy")))
            own |= OWN_POLICY;
        add(response, arena_cstr(&arena, header->name), arena_cstr(&arena, header->value));
    }
    arena_free(&arena);
    return own;
}

static void add_type(struct MHD_Response *response, struct souk_str type)
{
    char text[128];
    if (type.len) {
        str_copy(text, sizeof(text), type);
        add(response, MHD_HTTP_HEADER_CONTENT_TYPE, text);
    }
}

void cache_pack_make(struct cache_pack *pack, const struct cache_pack_source *source)
{
    struct souk_str body = source->body;
    if (!source->stays) {
        char *copy = mem_alloc(body.len ? body.len : 1);
        memcpy(copy, body.len ? body.ptr : "", body.len);
        body.ptr = copy;
    }
    *pack = (struct cache_pack){.body = body, .level = source->level};
    snprintf(pack->etag, sizeof(pack->etag), "W/\"%.*s\"", SOUK_PRI(source->tag));
    pack->plain =
        response_new(body, source->stays ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_FREE);
    pack->unchanged = response_new(souk_str(""), MHD_RESPMEM_PERSISTENT);
    add_type(pack->plain, source->type);
    add(pack->plain, MHD_HTTP_HEADER_ETAG, pack->etag);
    add(pack->unchanged, MHD_HTTP_HEADER_ETAG, pack->etag);
    int own = add_own(pack->plain, source->headers);
    if (!(own & OWN_CONTROL))
        add(pack->plain, MHD_HTTP_HEADER_CACHE_CONTROL, source->cache_control);
    const char *control = MHD_get_response_header(pack->plain, MHD_HTTP_HEADER_CACHE_CONTROL);
    add(pack->unchanged, MHD_HTTP_HEADER_CACHE_CONTROL, control);
    if (source->level) {
        add(pack->plain, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
        add(pack->unchanged, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
    }
    answer_common_headers(pack->plain,
                          str_starts(source->type, "text/html") && !(own & OWN_POLICY));
}

static void drop(struct MHD_Response *response)
{
    if (response)
        MHD_destroy_response(response);
}

void cache_pack_free(struct cache_pack *pack)
{
    drop(pack->plain);
    drop(pack->unchanged);
    drop(atomic_load_explicit(&pack->gzip, memory_order_acquire));
    *pack = (struct cache_pack){0};
}

/* ---- compressing ---- */

/* Into memory of its own; the length, or 0 when the result would not be smaller. */
static size_t deflate_whole(struct souk_str body, int level, char **out)
{
    z_stream stream = {0};
    if (body.len < 64 || body.len > UINT32_MAX ||
        deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    char *to = mem_alloc(body.len);
    stream.next_in = (Bytef *)(uintptr_t)body.ptr;
    stream.avail_in = (uInt)body.len;
    stream.next_out = (Bytef *)to;
    stream.avail_out = (uInt)(body.len - 1);
    int code = deflate(&stream, Z_FINISH);
    size_t len = stream.total_out;
    deflateEnd(&stream);
    if (code != Z_STREAM_END) {
        free(to);
        return 0;
    }
    *out = mem_realloc(to, len);
    return len;
}

static enum MHD_Result copy_header(void *to, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    (void)kind;
    add(to, name, value);
    return MHD_YES;
}

size_t cache_pack_compress(struct cache_pack *pack)
{
    char *bytes = NULL;
    if (pack->level == 0 || atomic_load_explicit(&pack->no_gzip, memory_order_relaxed) ||
        atomic_load_explicit(&pack->gzip, memory_order_acquire))
        return 0;
    size_t len = deflate_whole(pack->body, pack->level, &bytes);
    if (len == 0) {
        atomic_store_explicit(&pack->no_gzip, 1, memory_order_relaxed);
        return 0;
    }
    struct MHD_Response *made = response_new((struct souk_str){bytes, len}, MHD_RESPMEM_MUST_FREE);
    MHD_get_response_headers(pack->plain, copy_header, made);
    add(made, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    struct MHD_Response *none = NULL;
    pack->gzip_len = len; /* the same whoever makes it */
    if (!atomic_compare_exchange_strong(&pack->gzip, &none, made)) {
        drop(made);
        return 0;
    }
    return len;
}

/* ---- choosing ---- */

size_t cache_pack_answer(struct cache_pack *pack, struct request *request)
{
    struct answer *answer = &request->answer;
    size_t added = 0;
    request->sent = 0;
    if (negotiate_unchanged(request, pack->etag + 2)) {
        answer->status = 304;
        answer->ready = pack->unchanged;
        return 0;
    }
    answer->status = 200;
    answer->ready = pack->plain;
    size_t len = pack->body.len;
    if (pack->level && negotiate_gzip(request)) {
        added = cache_pack_compress(pack);
        struct MHD_Response *gzip = atomic_load_explicit(&pack->gzip, memory_order_acquire);
        answer->ready = gzip ? gzip : pack->plain;
        len = gzip ? pack->gzip_len : len;
    }
    request->sent = request->head ? 0 : (int64_t)len;
    return added;
}
