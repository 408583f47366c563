/*
 * cache_pack: one body as finished responses that any number of connections may share: as it is,
 * compressed, and "not modified". Used by the page cache and by assets. The headers are baked in:
 * nothing may be added to answer.ready afterwards.
 */
#ifndef WEB_CACHE_PACK_H
#define WEB_CACHE_PACK_H

#include <stdatomic.h>
#include "web/request.h"

struct cache_pack_source {
    struct souk_str body, type;
    const struct header_list *headers; /* of the handler; may be NULL */
    const char *cache_control;         /* unless `headers` has one */
    struct souk_str tag;               /* opaque, without quotes; at most 32 bytes */
    int level;                         /* zlib's, 0: never compressed */
    int stays;                         /* the body outlives the pack; otherwise it is copied */
};

struct cache_pack {
    struct MHD_Response *plain, *unchanged;
    struct MHD_Response *_Atomic gzip; /* made when first wanted */
    _Atomic size_t gzip_len;
    _Atomic int no_gzip; /* tried: not smaller */
    struct souk_str body;
    int level;
    char etag[40];
};

void cache_pack_make(struct cache_pack *pack, const struct cache_pack_source *source);
void cache_pack_free(struct cache_pack *pack);
/* Any thread. Makes the compressed variant when it is not there; the bytes that this call added, 0
 * when it was there or is not worth it. */
size_t cache_pack_compress(struct cache_pack *pack);
/* Answers with 200 or 304, as If-None-Match and Accept-Encoding say; the bytes that
 * cache_pack_compress added. */
size_t cache_pack_answer(struct cache_pack *pack, struct request *request);

#endif
