/*
 * media: pictures as files. A row of table image says where a picture comes from; a job fetches it,
 * lets the program souk-image make its sizes, and puts them under <data>/media/, named by the hash
 * of what came in. Names never change their content, so browsers keep them for ever.
 *
 * Sources: an http(s) URL; "upload:<sha256>", bytes that media_upload kept; "demo:PATH", a file
 * beside the last imported catalogue. A picture that cannot be had is marked missing with the
 * reason, and everything goes on without it.
 */
#ifndef APP_MEDIA_H
#define APP_MEDIA_H

#include "base/err.h"
#include "store/db.h"

/* Once, before the rest: the data directory (absolute; outlives the process's use of it). */
void media_setup(const char *data);
/* Keeps bytes that somebody sent; *source (77 bytes, NUL at the end) is what a document then names.
 * Any thread that may wait for the disk. SOUK_INVALID: no picture by its first bytes. */
int media_upload(struct souk_str bytes, char source[80], struct err *err);
/* Before an import: "demo:" pictures lie beside the file, and those that were missing are looked
 * for again. Only files of souk's own format name such pictures; for others nothing is done. Waits
 * for the writer. */
int media_beside(struct db *db, const char *format, const char *file, struct err *err);
/* Works off all waiting pictures; `stopping` (may be NULL) ends it between two. Task or job thread.
 */
int media_work(struct db *db, int (*stopping)(void), struct err *err);
/* Removes files that no row names any more. */
int media_sweep(struct db *db, struct err *err);
/* Opens "<hash>-400.webp" for reading; SOUK_NOT_FOUND. *type is constant. */
int media_open(struct souk_str name, int *fd, int64_t *size, const char **type);

#endif
