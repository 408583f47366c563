/*
 * cache: finished pages. An entry is a precompressed, reference-counted MHD_Response (identity and
 * gzip, with ETag) keyed by set, path with query and locale; it is good as long as nothing that its
 * handler read has changed (db_seen). Bounded in bytes, sharded by key, second-chance eviction.
 * Only for requests without a session cookie, GET and HEAD, answers of 200.
 */
#ifndef WEB_CACHE_H
#define WEB_CACHE_H

#include "store/db.h"
#include "web/request.h"

struct page_cache;

struct page_cache *cache_new(size_t bytes);
void cache_free(struct page_cache *cache);
/* Finds and validates; on a hit answers the request (304 when If-None-Match fits) and returns 1. */
int cache_answer(struct page_cache *cache, struct db *db, struct request *request, uint64_t site);
/* Keeps what the handler answered, if it may be kept; `seen` was taken from its snapshot. The
 * answer then becomes the kept one (answer.ready and answer.status, gzip or 304 as this client
 * wants it): call it before a response is built from answer.body. */
void cache_keep(struct page_cache *cache, struct request *request, uint64_t site,
                const struct db_seen *seen);
/* Gives back what answer.ready rests on. The server calls it when the request is complete (after
 * MHD_queue_response at the earliest); harmless without a page. */
void cache_release(struct request *request);

#endif
