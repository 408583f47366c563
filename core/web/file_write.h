/*
 * file_write: writing what web/file.h serves: a file and its compressed twin "<name>.gz", both put
 * in place of the old ones when they are whole.
 *
 * Both are written beside the old ones as "<name>.new" and "<name>.gz.new", put on disk, and
 * renamed. Each rename gives a whole file or the old one, never a part. The compressed one comes
 * first: between the two renames, also when the process ends there, it is the newer one, and whole.
 * What a crash leaves is overwritten by the next writing. One writing of a file at a time is the
 * caller's affair.
 */
#ifndef WEB_FILE_WRITE_H
#define WEB_FILE_WRITE_H

#include "base/arena.h"
#include "base/err.h"

struct file_write;
int file_write_begin(struct file_write **file, const char *path, struct err *err);
int file_write_add(struct file_write *file, struct souk_str bytes, struct err *err);
/* On disk and in place; *bytes: of the plain one. `at` (us) becomes the time of both. The writing
 * is over, also when it fails: the old ones stay then. */
int file_write_end(struct file_write *file, int64_t at, int64_t *bytes, struct err *err);
void file_write_drop(struct file_write *file); /* the old ones stay; harmless for NULL */

#endif
