/*
 * mapping: which library an address lies in, and whose that library is. Filled in quiet
 * times, asked by the fault handler: mapping_find, mapping_caller and mapping_read are
 * async-signal-safe. Private to board.c.
 */
#ifndef BASE_MAPPING_H
#define BASE_MAPPING_H

#include <souk/types.h>

struct mapping { /* written once, never changed */
    uintptr_t start, end;
    uintptr_t base;  /* what addr2line's offsets count from */
    uint32_t plugin; /* name index of the board; BOARD_CORE for souk's libraries */
    char file[72];   /* name without folders */
};

/* Adds the library at `start`; `name` stands for it when the loader does not know it.
 * Full: left out. */
void mapping_add(uint32_t plugin, const void *start, size_t len, const char *name);
/* The program and all libraries loaded so far, as the core's. */
void mapping_add_loaded(void);
const struct mapping *mapping_find(uintptr_t address); /* NULL when it is in none */
/* The first return address on the stack from `stack` on that lies in the library of
 * `plugin` (of any plugin when it is BOARD_CORE): most likely the call that led here. 0
 * when there is none. One thread at a time. */
uintptr_t mapping_caller(uintptr_t stack, uint32_t plugin);
/* Copies memory of ours that may not be there; 0 when it is not. */
int mapping_read(void *to, const void *from, size_t len);

#endif
