/*
 * door_crowd.c: a hash table of counters with linear probing under one lock: taken once
 * when a connection comes and once when it goes. Counters that are back at zero are
 * removed by shifting their followers, so the table is as large as the crowd of the
 * moment.
 */
#include "web/door_crowd.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/str.h"

struct guest {
    unsigned char key[16];
    int count; /* 0: empty place */
};

struct crowd {
    pthread_mutex_t lock;
    int most;
    size_t mask, used;
    struct guest *guests;
};

struct crowd *crowd_new(int most)
{
    struct crowd *crowd = mem_zalloc(sizeof(*crowd));
    pthread_mutex_init(&crowd->lock, NULL);
    crowd->most = most;
    crowd->mask = 255;
    crowd->guests = mem_zalloc((crowd->mask + 1) * sizeof(struct guest));
    return crowd;
}

void crowd_free(struct crowd *crowd)
{
    if (!crowd)
        return;
    pthread_mutex_destroy(&crowd->lock);
    free(crowd->guests);
    free(crowd);
}

static void key_of(const struct cidr_address *address, unsigned char *key)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(key, address->bytes, 16);
    if (memcmp(key, mapped, sizeof(mapped)) != 0)
        memset(key + 8, 0, 8);
}

static size_t home_of(const struct crowd *crowd, const unsigned char *key)
{
    return (size_t)str_hash(str_make((const char *)key, 16)) & crowd->mask;
}

static struct guest *find(const struct crowd *crowd, const unsigned char *key)
{
    size_t i = home_of(crowd, key);
    while (crowd->guests[i].count && memcmp(crowd->guests[i].key, key, 16) != 0)
        i = (i + 1) & crowd->mask;
    return &crowd->guests[i];
}

static void grow(struct crowd *crowd)
{
    struct guest *old = crowd->guests;
    size_t size = crowd->mask + 1;
    crowd->mask = size * 2 - 1;
    crowd->guests = mem_zalloc(size * 2 * sizeof(struct guest));
    for (size_t i = 0; i < size; i++)
        if (old[i].count)
            *find(crowd, old[i].key) = old[i];
    free(old);
}

int crowd_enter(struct crowd *crowd, const struct cidr_address *address)
{
    unsigned char key[16];
    int entered = 0;
    key_of(address, key);
    pthread_mutex_lock(&crowd->lock);
    if (crowd->used * 2 > crowd->mask)
        grow(crowd);
    struct guest *guest = find(crowd, key);
    if (crowd->most <= 0 || guest->count < crowd->most) {
        if (guest->count++ == 0) {
            memcpy(guest->key, key, 16);
            crowd->used++;
        }
        entered = 1;
    }
    pthread_mutex_unlock(&crowd->lock);
    return entered;
}

/* Closes the gap at `hole`: whoever follows and may stand nearer to its home moves up.
 */
static void close_gap(struct crowd *crowd, size_t hole)
{
    size_t i = hole;
    crowd->guests[hole].count = 0;
    for (;;) {
        i = (i + 1) & crowd->mask;
        if (crowd->guests[i].count == 0)
            return;
        size_t home = home_of(crowd, crowd->guests[i].key);
        if (((i - home) & crowd->mask) >= ((i - hole) & crowd->mask)) {
            crowd->guests[hole] = crowd->guests[i];
            crowd->guests[i].count = 0;
            hole = i;
        }
    }
}

void crowd_leave(struct crowd *crowd, const struct cidr_address *address)
{
    unsigned char key[16];
    key_of(address, key);
    pthread_mutex_lock(&crowd->lock);
    struct guest *guest = find(crowd, key);
    if (guest->count > 0 && --guest->count == 0) {
        crowd->used--;
        close_gap(crowd, (size_t)(guest - crowd->guests));
    }
    pthread_mutex_unlock(&crowd->lock);
}
