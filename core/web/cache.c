/*
 * cache.c: finished pages.
 *
 * The idea: nothing is ever purged. An entry remembers what its page was built from
 * (struct db_seen), and a hit asks whether any of it has changed since: a few loads, no
 * lock, no query. A stale entry is dropped by whoever stumbles over it.
 *
 * The cache is cut into shards by the key's hash; each has a lock, a table of chains
 * and a ring for second-chance eviction. The lock is held for the look-up alone:
 * deflate, validity and everything of libmicrohttpd happen outside. An entry is
 * counted: one reference is the shard's, one for each request that is about to queue
 * its response or sends it (request->answer.ready_owner), given back by cache_release.
 * So an entry may be evicted at any time.
 *
 * The key has all that a page may depend on besides the database: the set of plugins,
 * the locale, scheme and host (absolute links), path and query as they were sent. What depends on
 * more (a session, credentials, a Vary or cookie that the handler set, request_alone) is not kept.
 */
#include "web/cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/str.h"
#include "web/cache_pack.h"
#include "web/metrics.h"
#include "web/session.h"

#define SHARDS    16
#define KEY_LIMIT 1200 /* longer ones are not kept: they are not links of ours */

struct entry {
    struct entry *chain;
    struct entry *next, *before; /* the ring */
    uint64_t hash;
    size_t bytes; /* under the shard's lock */
    int used;     /* since the hand last passed; under the lock */
    int linked;   /* in the shard; under the lock */
    _Atomic int references;
    struct db_seen seen;
    int64_t expires; /* clock_now; 0: when the data change */
    int64_t told;    /* the handler's word for page_sent */
    struct cache_pack pack;
    size_t key_len;
    char key[];
};

struct shard {
    _Alignas(64) pthread_mutex_t lock;
    struct entry **chains;
    size_t mask;
    struct entry *hand; /* the next to be judged; NULL: empty */
    size_t bytes;
};

struct page_cache {
    struct shard shard[SHARDS];
    size_t shard_limit;
    struct metric *hits, *misses, *stale;
};

struct key {
    uint64_t hash;
    size_t len;
    char text[KEY_LIMIT];
};

struct page_cache *cache_new(size_t bytes)
{
    struct page_cache *cache = aligned_alloc(64, sizeof(*cache));
    if (!cache)
        abort(); /* as arena.c does */
    memset(cache, 0, sizeof(*cache));
    cache->shard_limit = bytes / SHARDS;
    size_t chains = 64;
    while (chains < cache->shard_limit / 8192 && chains < 65536)
        chains *= 2;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&cache->shard[i].lock, NULL);
        cache->shard[i].chains = mem_zalloc(chains * sizeof(struct entry *));
        cache->shard[i].mask = chains - 1;
    }
    const char *help = "Look-ups in the page cache.";
    cache->hits = metric_counter("souk_page_cache_total", "result=\"hit\"", help);
    cache->misses = metric_counter("souk_page_cache_total", "result=\"miss\"", help);
    cache->stale = metric_counter("souk_page_cache_total", "result=\"stale\"", help);
    return cache;
}

/* ---- entries ---- */

static void entry_release(struct entry *entry)
{
    if (atomic_fetch_sub_explicit(&entry->references, 1, memory_order_acq_rel) == 1) {
        cache_pack_free(&entry->pack);
        free(entry);
    }
}

static void link_in(struct shard *shard, struct entry *entry)
{
    struct entry **chain = &shard->chains[(entry->hash >> 8) & shard->mask];
    entry->chain = *chain;
    *chain = entry;
    if (shard->hand) { /* behind the hand: judged last */
        entry->next = shard->hand;
        entry->before = shard->hand->before;
        entry->before->next = entry;
        entry->next->before = entry;
    } else {
        entry->next = entry->before = entry;
        shard->hand = entry;
    }
    shard->bytes += entry->bytes;
    entry->linked = 1;
}

/* The shard's reference is the caller's afterwards. */
static void link_out(struct shard *shard, struct entry *entry)
{
    struct entry **at = &shard->chains[(entry->hash >> 8) & shard->mask];
    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    if (entry->next == entry) {
        shard->hand = NULL;
    } else {
        if (shard->hand == entry)
            shard->hand = entry->next;
        entry->next->before = entry->before;
        entry->before->next = entry->next;
    }
    shard->bytes -= entry->bytes;
    entry->linked = 0;
}

static struct entry *look_up(const struct shard *shard, const struct key *key)
{
    struct entry *entry = shard->chains[(key->hash >> 8) & shard->mask];
    while (entry && !(entry->hash == key->hash && entry->key_len == key->len &&
                      memcmp(entry->key, key->text, key->len) == 0))
        entry = entry->chain;
    return entry;
}

/* With the lock held: takes out until there is room for `more`. Whoever was used since
 * the hand last passed gets another round. What is taken out hangs in *gone by its
 * chain. */
static void make_room(struct shard *shard, size_t limit, size_t more, struct entry **gone)
{
    while (shard->hand && shard->bytes + more > limit) {
        struct entry *entry = shard->hand;
        if (entry->used) {
            entry->used = 0;
            shard->hand = entry->next;
        } else {
            link_out(shard, entry);
            entry->chain = *gone;
            *gone = entry;
        }
    }
}

static void release_all(struct entry *gone)
{
    while (gone) {
        struct entry *next = gone->chain;
        entry_release(gone);
        gone = next;
    }
}

void cache_free(struct page_cache *cache)
{
    if (!cache)
        return;
    for (int i = 0; i < SHARDS; i++) {
        struct shard *shard = &cache->shard[i];
        while (shard->hand) {
            struct entry *entry = shard->hand;
            link_out(shard, entry);
            entry_release(entry);
        }
        free(shard->chains);
        pthread_mutex_destroy(&shard->lock);
    }
    free(cache);
}

/* ---- keys ---- */

static int may_use(struct request *request)
{
    if (request->control ||
        !(souk_str_is(request->method, "GET") || souk_str_is(request->method, "HEAD")) ||
        (request->route && !(request->route->flags & ROUTE_CACHED)))
        return 0;
    return request_header(request, "Authorization").len == 0 && !session_cookie(request);
}

static char *add_text(char *to, struct souk_str text)
{
    if (text.len)
        memcpy(to, text.ptr, text.len);
    return to + text.len;
}

/* A path has no '?', a locale no space: so no two requests share a key by accident. */
static int key_make(struct key *key, const struct request *request, uint64_t site)
{
    struct souk_str path = request->path;
    struct souk_str query = request->query_text;
    struct souk_str locale = souk_str(request->locale ? request->locale : "");
    struct souk_str host = request_header(request, "host");
    if (sizeof(site) + locale.len + host.len + path.len + query.len + 4 > sizeof(key->text))
        return 0;
    char *to = key->text;
    memcpy(to, &site, sizeof(site));
    to = add_text(to + sizeof(site), locale);
    *to++ = request->tls ? '+' : ' ';
    to = add_text(to, host);
    *to++ = ' ';
    to = add_text(to, path);
    *to++ = '?';
    to = add_text(to, query);
    key->len = (size_t)(to - key->text);
    key->hash = str_hash((struct souk_str){key->text, key->len});
    return 1;
}

static struct shard *shard_of(struct page_cache *cache, const struct key *key)
{
    return &cache->shard[key->hash % SHARDS];
}

/* ---- answering ---- */

static struct entry *take(struct shard *shard, const struct key *key)
{
    pthread_mutex_lock(&shard->lock);
    struct entry *entry = look_up(shard, key);
    if (entry) {
        entry->used = 1;
        atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&shard->lock);
    return entry;
}

static void remove_stale(struct shard *shard, struct entry *entry)
{
    pthread_mutex_lock(&shard->lock);
    int mine = entry->linked;
    if (mine)
        link_out(shard, entry);
    pthread_mutex_unlock(&shard->lock);
    if (mine)
        entry_release(entry);
}

static void grown(struct shard *shard, size_t limit, struct entry *entry, size_t by)
{
    struct entry *gone = NULL;
    pthread_mutex_lock(&shard->lock);
    if (entry->linked) {
        entry->bytes += by;
        shard->bytes += by;
        make_room(shard, limit, 0, &gone);
    }
    pthread_mutex_unlock(&shard->lock);
    release_all(gone);
}

/* The request takes over the caller's reference. */
static void answer_with(struct page_cache *cache, struct shard *shard, struct entry *entry,
                        struct request *request)
{
    cache_release(request);
    request->answer.ready_owner = entry;
    request->told = entry->told;
    size_t added = cache_pack_answer(&entry->pack, request);
    if (added)
        grown(shard, cache->shard_limit, entry, added);
}

int cache_answer(struct page_cache *cache, struct db *db, struct request *request, uint64_t site)
{
    struct key key;
    if (cache->shard_limit == 0 || !may_use(request) || !key_make(&key, request, site))
        return 0;
    struct shard *shard = shard_of(cache, &key);
    struct entry *entry = take(shard, &key);
    if (!entry) {
        metric_add(cache->misses, 1);
        return 0;
    }
    if (!db_seen_valid(db, &entry->seen) || (entry->expires && entry->expires <= request->now)) {
        remove_stale(shard, entry);
        entry_release(entry);
        metric_add(cache->stale, 1);
        return 0;
    }
    answer_with(cache, shard, entry, request);
    metric_add(cache->hits, 1);
    return 1;
}

/* ---- keeping ---- */

static int contains(struct souk_str text, const char *word)
{
    return text.len && memmem(text.ptr, text.len, word, strlen(word)) != NULL;
}

/* Headers that make an answer personal, or that a finished response brings itself. */
static int headers_allow(const struct header_list *headers)
{
    static const char *const never[] = {"set-cookie", "vary",           "content-encoding",
                                        "etag",       "content-length", NULL};
    for (size_t i = 0; i < headers->count; i++) {
        const struct header *header = &headers->at[i];
        for (const char *const *name = never; *name; name++)
            if (str_equal_nocase(header->name, souk_str(*name)))
                return 0;
        if (str_equal_nocase(header->name, souk_str("cache-control")) &&
            (contains(header->value, "no-store") || contains(header->value, "private")))
            return 0;
    }
    return 1;
}

static struct entry *entry_new(const struct request *request, const struct key *key,
                               const struct db_seen *seen)
{
    const struct answer *answer = &request->answer;
    struct entry *entry = mem_zalloc(sizeof(*entry) + key->len);
    char tag[24];
    int len = snprintf(tag, sizeof(tag), "%016llx", (unsigned long long)str_hash(answer->body));
    struct cache_pack_source source = {
        .body = answer->body,
        .type = answer->type,
        .headers = &answer->headers,
        .cache_control = "no-cache", /* browsers keep it and ask each time */
        .tag = {tag, (size_t)len},
        .level = 6,
    };
    cache_pack_make(&entry->pack, &source);
    entry->seen = *seen;
    entry->expires = request->expires;
    entry->told = request->told;
    entry->hash = key->hash;
    entry->key_len = key->len;
    memcpy(entry->key, key->text, key->len);
    entry->bytes = sizeof(*entry) + key->len + answer->body.len + 2048; /* headers */
    atomic_init(&entry->references, 2);                                 /* shard, request */
    return entry;
}

/* Puts it in unless one of a later snapshot is there already; then the shard's
 * reference goes back. */
static void put(struct page_cache *cache, struct shard *shard, const struct key *key,
                struct entry *entry)
{
    struct entry *gone = NULL;
    pthread_mutex_lock(&shard->lock);
    struct entry *old = look_up(shard, key);
    int newer = !old || old->seen.at <= entry->seen.at;
    if (old && newer) {
        link_out(shard, old);
        old->chain = NULL;
        gone = old;
    }
    if (newer) {
        make_room(shard, cache->shard_limit, entry->bytes, &gone);
        link_in(shard, entry);
    }
    pthread_mutex_unlock(&shard->lock);
    if (!newer)
        entry_release(entry);
    release_all(gone);
}

void cache_keep(struct page_cache *cache, struct request *request, uint64_t site,
                const struct db_seen *seen)
{
    struct key key;
    const struct answer *answer = &request->answer;
    if (answer->status != 200 || request->alone || answer->ready || answer->close ||
        answer->body.len == 0 || answer->body.len > cache->shard_limit / 4 ||
        seen->count > DB_SEEN || !request->route || !may_use(request) ||
        !headers_allow(&answer->headers) || !key_make(&key, request, site))
        return;
    struct shard *shard = shard_of(cache, &key);
    struct entry *entry = entry_new(request, &key, seen);
    put(cache, shard, &key, entry);
    answer_with(cache, shard, entry, request);
}

void cache_release(struct request *request)
{
    struct entry *entry = request->answer.ready_owner;
    if (entry) {
        request->answer.ready_owner = NULL;
        request->answer.ready = NULL;
        entry_release(entry);
    }
}
