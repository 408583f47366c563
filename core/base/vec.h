/*
 * vec: a growing array of any type, by macro: struct { T *at; size_t len, cap; } v = {0};
 * vec_push(&v, item); vec_free(&v). Memory is malloc's. Pointers into it die with a push.
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stdlib.h>
#include "base/arena.h"

#define VEC(type)                                                                                  \
    struct {                                                                                       \
        type *at;                                                                                  \
        size_t len;                                                                                \
        size_t cap;                                                                                \
    }

#define vec_push(v, item)                                                                          \
    do {                                                                                           \
        if ((v)->len == (v)->cap) {                                                                \
            (v)->cap = (v)->cap ? (v)->cap * 2 : 8;                                                \
            (v)->at = mem_realloc((v)->at, (v)->cap * sizeof(*(v)->at));                           \
        }                                                                                          \
        (v)->at[(v)->len++] = (item);                                                              \
    } while (0)

#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->len = (v)->cap = 0)

#endif
