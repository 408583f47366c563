/*
 * disk: files that are there whole or not at all. A new one is written beside the old one, brought
 * to the disk, takes its name, and then the folder is brought to the disk: whoever reads, also
 * after a crash or with a full disk, finds the old file or the new one. Any thread.
 *
 * Failures are -1 with errno, or a code with errno and a sentence.
 */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include <sys/types.h>
#include "base/err.h"

/* All of them, however often write() stops short. 0 or -1. */
int disk_write(int fd, struct souk_str bytes);
/* What is open as `fd` and has the name `fresh` takes the name `name`, both as seen from the folder
 * `dir` (or AT_FDCWD) and both in the same one. 0 or -1; the descriptor stays open. */
int disk_place(int dir, int fd, const char *fresh, const char *name);
/* A whole file, over an old one too. Several may put the same at once: the last one stands. What a
 * process leaves that is killed within is called `path`.<random>.part. SOUK_UNAVAILABLE; *err (may
 * be NULL) names `path`. */
int disk_put(const char *path, struct souk_str bytes, mode_t mode, struct err *err);

#endif
