/*
 * lock: who has a data directory. One process and those that it forks; the kernel takes the
 * lock back when they are dead.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"

int lock_take(const char *dir, int *fd, struct err *err); /* SOUK_BUSY: another has it. The
                                                               folder must be there */
void lock_drop(int fd);

#endif
