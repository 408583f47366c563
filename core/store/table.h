/*
 * table: the hash of a table's name, by which statements, commits and caches speak of
 * it.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include <stdint.h>

static inline uint32_t table_hash(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++) {
        char c = *name;
        hash = (hash ^ (uint32_t)(unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c)) * 16777619u;
    }
    return hash ^ hash >> 16;
}

#endif
