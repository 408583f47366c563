/*
 * lock: who has a data directory. One process at a time; the kernel takes the lock back
 * when it dies.
 */
#ifndef STORE_LOCK_H
#define STORE_LOCK_H

#include "base/err.h"

int lock_take(const char *dir, int *fd, struct err *err); /* SOUK_BUSY: another process has it */
void lock_drop(int fd);

#endif
