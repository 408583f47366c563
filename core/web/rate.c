/*
 * rate.c: one multiplication a request. A bucket is a key, a level in millionths of a
 * request, and when it was last filled.
 *
 * The idea: RATE_SHARDS locks, each over sets of eight buckets; a key can only live in
 * its set, so nothing grows and nothing is swept.
 */
#include "web/rate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/str.h"
#include "web/cidr.h"

#define RATE_SHARDS 16
#define RATE_SETS   128 /* a shard */
#define RATE_WAYS   8
#define ONE         INT64_C(1000000)

struct bucket {
    uint64_t key; /* 0: empty */
    int64_t level;
    int64_t at;
};

struct shard {
    pthread_mutex_t lock;
    struct bucket bucket[RATE_SETS][RATE_WAYS];
};

struct rate {
    struct shard shard[RATE_SHARDS];
};

struct rate *rate_new(void)
{
    struct rate *rate = mem_zalloc(sizeof(*rate));
    for (int i = 0; i < RATE_SHARDS; i++)
        pthread_mutex_init(&rate->shard[i].lock, NULL);
    return rate;
}

void rate_free(struct rate *rate)
{
    if (!rate)
        return;
    for (int i = 0; i < RATE_SHARDS; i++)
        pthread_mutex_destroy(&rate->shard[i].lock);
    free(rate);
}

static uint64_t key_of(struct souk_str address, const char *where)
{
    struct cidr_address parsed;
    uint64_t key;
    if (cidr_address_parse(address, &parsed) == 0 && !parsed.is_unix) {
        static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
        if (memcmp(parsed.bytes, mapped, sizeof(mapped)) != 0)
            memset(parsed.bytes + 8, 0, 8);
        key = str_hash(str_make((const char *)parsed.bytes, 16));
    } else {
        key = str_hash(address);
    }
    key ^= str_hash(souk_str(where)) * UINT64_C(0x9e3779b97f4a7c15);
    return key ? key : 1;
}

/* The bucket of `key`, or the one that loses least by being forgotten. */
static struct bucket *find(struct bucket *set, uint64_t key)
{
    struct bucket *victim = set;
    for (int i = 0; i < RATE_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].key == 0)
            victim = &set[i];
        else if (victim->key && set[i].at < victim->at)
            victim = &set[i];
    }
    victim->key = 0;
    return victim;
}

int rate_take(struct rate *rate, struct souk_str address, const char *where, int per_minute,
              int64_t mono)
{
    uint64_t key = key_of(address, where);
    struct shard *shard = &rate->shard[key % RATE_SHARDS];
    int64_t full = per_minute * ONE;
    int wait = 0;
    pthread_mutex_lock(&shard->lock);
    struct bucket *bucket = find(shard->bucket[key / RATE_SHARDS % RATE_SETS], key);
    if (bucket->key == 0)
        *bucket = (struct bucket){key, full, mono};
    int64_t span = mono - bucket->at;
    if (span > 0) {
        int64_t gain = span >= CLOCK_MINUTE ? full : span * per_minute / 60;
        bucket->level = bucket->level + gain > full ? full : bucket->level + gain;
        bucket->at = mono;
    }
    if (bucket->level >= ONE) {
        bucket->level -= ONE;
    } else {
        int64_t missing = (ONE - bucket->level) * 60 / per_minute; /* us */
        wait = (int)((missing + CLOCK_SECOND - 1) / CLOCK_SECOND);
        wait = wait < 1 ? 1 : wait;
    }
    pthread_mutex_unlock(&shard->lock);
    return wait;
}
