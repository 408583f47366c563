/*
 * rand.c: random bytes, tokens and ids.
 *
 * The idea of ids: milliseconds since 2020 in the high bits make them sort by time,
 * which keeps B-trees compact; a node number drawn at start and a sequence make them
 * unique. One atomic word holds the last id given; the next is the larger of "now" and
 * "last plus one", so that ids grow whatever the clock does. A sequence that runs out
 * borrows the next millisecond.
 *
 * Invariant: ids are positive and strictly growing in a process; id_floor carries that
 * over a restart. No lock. Ids are not secrets: rand_token is for those.
 */
#include "base/rand.h"

#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include "base/clock.h"

#define EPOCH_2020    (INT64_C(1577836800) * 1000)
#define SEQUENCE_BITS 16
#define NODE_BITS     6
#define MS_SHIFT      (SEQUENCE_BITS + NODE_BITS)
#define SEQUENCE_MASK ((UINT64_C(1) << SEQUENCE_BITS) - 1)
#define MS_MOST       ((UINT64_C(1) << 41) - 1)

static pthread_once_t rand_once = PTHREAD_ONCE_INIT;
static uint64_t id_node;
static _Atomic uint64_t id_last;

static void rand_begin(void)
{
    if (sodium_init() < 0)
        sodium_misuse();
    id_node = randombytes_uniform(1u << NODE_BITS);
}

void rand_bytes(void *to, size_t len)
{
    pthread_once(&rand_once, rand_begin);
    randombytes_buf(to, len);
}

void rand_token(char *to, size_t bytes)
{
    unsigned char piece[48]; /* a multiple of 3: pieces join without padding */
    char text[sizeof(piece) / 3 * 4 + 1];
    while (bytes) {
        size_t now = bytes < sizeof(piece) ? bytes : sizeof(piece);
        rand_bytes(piece, now);
        sodium_bin2base64(text, sizeof(text), piece, now, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        size_t len = strlen(text);
        memcpy(to, text, len);
        to += len;
        bytes -= now;
    }
    *to = '\0';
    sodium_memzero(piece, sizeof(piece));
    sodium_memzero(text, sizeof(text));
}

static uint64_t id_after(uint64_t last)
{
    int64_t now = clock_now() / CLOCK_MS - EPOCH_2020;
    uint64_t ms = now < 1 ? 1 : (uint64_t)now;
    uint64_t last_ms = last >> MS_SHIFT;
    if (ms > last_ms)
        return (ms << MS_SHIFT) | (id_node << SEQUENCE_BITS);
    uint64_t last_node = (last >> SEQUENCE_BITS) & ((UINT64_C(1) << NODE_BITS) - 1);
    if (last_node == id_node && (last & SEQUENCE_MASK) != SEQUENCE_MASK)
        return last + 1;
    return ((last_ms + 1) << MS_SHIFT) | (id_node << SEQUENCE_BITS);
}

int64_t id_next(void)
{
    pthread_once(&rand_once, rand_begin);
    uint64_t last = atomic_load_explicit(&id_last, memory_order_relaxed);
    uint64_t next;
    do {
        next = id_after(last);
    } while (!atomic_compare_exchange_weak_explicit(&id_last, &last, next, memory_order_relaxed,
                                                    memory_order_relaxed));
    return (int64_t)next;
}

void id_floor(int64_t at_least)
{
    /* Above the last millisecond there is no room left for an id: such a floor is not
     * one of ours. */
    if (at_least <= 0 || (uint64_t)at_least >> MS_SHIFT >= MS_MOST)
        return;
    uint64_t floor = (uint64_t)at_least;
    uint64_t last = atomic_load_explicit(&id_last, memory_order_relaxed);
    while (last < floor &&
           !atomic_compare_exchange_weak_explicit(&id_last, &last, floor, memory_order_relaxed,
                                                  memory_order_relaxed)) {
    }
}
