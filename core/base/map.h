/*
 * map: text to pointer, open addressing, insertion order kept for walking. Keys are views that the
 * caller keeps alive (map_put_copy copies the key). Zeroed struct = empty map. Memory is malloc's.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <souk/types.h>

struct map_entry {
    struct souk_str key;
    void *value;
    uint64_t hash;
    int owned;
};

struct map {
    struct map_entry *entries; /* in order of insertion; key.ptr NULL = removed */
    uint32_t *slots;
    size_t len;  /* live entries */
    size_t used; /* entries written, removed ones too: walk 0 .. used-1 */
    size_t cap;
};

void *map_get(const struct map *map, struct souk_str key);        /* NULL when absent */
void *map_put(struct map *map, struct souk_str key, void *value); /* the value replaced */
void *map_put_copy(struct map *map, struct souk_str key, void *value);
void *map_remove(struct map *map, struct souk_str key);
void map_free(struct map *map); /* not the values */

#endif
