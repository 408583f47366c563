/*
 * map.c: text to pointer, in the order of insertion.
 *
 * The idea: `entries` is an array in order of insertion, `slots` a table of indexes
 * into it plus one (0 = free), probed linearly by the keyed hash, so that input from
 * outside cannot pick collisions. A removed entry stays as a stone (key.ptr NULL) that
 * probing steps over; when the entries are full the stones are swept out and the table
 * grows if it has to.
 *
 * Invariant: used <= cap * 3/4, so that a free slot always ends a probe. One writer at
 * a time; readers may share a map that nobody changes.
 */
#include "base/map.h"

#include <stdlib.h>
#include "base/arena.h"
#include "base/str.h"

#define MAP_FIRST ((size_t)16)

static size_t entries_room(size_t cap)
{
    return cap / 4 * 3;
}

static struct map_entry *find(const struct map *map, struct souk_str key, uint64_t hash)
{
    if (map->cap == 0)
        return NULL;
    size_t mask = map->cap - 1;
    for (size_t i = (size_t)hash & mask; map->slots[i]; i = (i + 1) & mask) {
        struct map_entry *entry = &map->entries[map->slots[i] - 1];
        if (entry->hash == hash && entry->key.ptr && souk_str_equal(entry->key, key))
            return entry;
    }
    return NULL;
}

static void place(struct map *map, size_t index)
{
    size_t mask = map->cap - 1;
    size_t i = (size_t)map->entries[index].hash & mask;
    while (map->slots[i])
        i = (i + 1) & mask;
    map->slots[i] = (uint32_t)index + 1;
}

static void make_room(struct map *map)
{
    if (map->used < entries_room(map->cap))
        return;
    size_t cap = map->cap ? map->cap : MAP_FIRST;
    while (map->len + 1 > entries_room(cap) / 2 + entries_room(cap) / 4)
        cap *= 2;
    size_t used = 0;
    for (size_t i = 0; i < map->used; i++)
        if (map->entries[i].key.ptr)
            map->entries[used++] = map->entries[i];
    map->used = used;
    if (cap != map->cap) {
        map->entries = mem_realloc(map->entries, entries_room(cap) * sizeof(*map->entries));
        map->slots = mem_realloc(map->slots, cap * sizeof(*map->slots));
        map->cap = cap;
    }
    memset(map->slots, 0, cap * sizeof(*map->slots));
    for (size_t i = 0; i < used; i++)
        place(map, i);
}

/* The entry for `key`, made when there is none. A key that the map does not own is
 * replaced by the newer view: the older one often dies with the value that goes. */
static void *put(struct map *map, struct souk_str key, void *value, int own)
{
    if (!key.ptr)
        key.ptr = "";
    uint64_t hash = str_hash(key);
    struct map_entry *entry = find(map, key, hash);
    void *before = NULL;
    if (entry) {
        before = entry->value;
    } else {
        make_room(map);
        entry = &map->entries[map->used++];
        *entry = (struct map_entry){.hash = hash, .key = key};
        place(map, map->used - 1);
        map->len++;
    }
    if (!entry->owned) {
        entry->key = key;
        if (own) {
            char *copy = mem_alloc(key.len + 1);
            memcpy(copy, key.ptr, key.len);
            copy[key.len] = '\0';
            entry->key.ptr = copy;
            entry->owned = 1;
        }
    }
    entry->value = value;
    return before;
}

void *map_get(const struct map *map, struct souk_str key)
{
    if (map->len == 0)
        return NULL;
    struct map_entry *entry = find(map, key, str_hash(key));
    return entry ? entry->value : NULL;
}

void *map_put(struct map *map, struct souk_str key, void *value)
{
    return put(map, key, value, 0);
}

void *map_put_copy(struct map *map, struct souk_str key, void *value)
{
    return put(map, key, value, 1);
}

static void drop_key(struct map_entry *entry)
{
    if (entry->owned)
        free((void *)(uintptr_t)entry->key.ptr);
    entry->key = STR_NULL;
    entry->owned = 0;
}

void *map_remove(struct map *map, struct souk_str key)
{
    struct map_entry *entry = map->len ? find(map, key, str_hash(key)) : NULL;
    if (!entry)
        return NULL;
    void *value = entry->value;
    drop_key(entry);
    entry->value = NULL;
    map->len--;
    return value;
}

void map_free(struct map *map)
{
    for (size_t i = 0; i < map->used; i++)
        drop_key(&map->entries[i]);
    free(map->entries);
    free(map->slots);
    *map = (struct map){0};
}
