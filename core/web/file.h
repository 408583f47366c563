/*
 * file: answering with a file that lies on the disk and may be another one tomorrow: feeds,
 * exports, what plugins keep. The kernel sends it; the program reads none of it.
 *
 * What the answer carries: ETag (from the file's identity, size and time of change) and
 * Last-Modified; 304 for If-None-Match and If-Modified-Since; one range of bytes (206, 416), with
 * If-Range; the compressed sibling where the client takes it. Several ranges at once are answered
 * with the whole file, as RFC 9110 allows.
 *
 * Who writes such files puts a whole new one in the place of the old (rename): an answer that is on
 * its way goes on with the one that it began with.
 */
#ifndef WEB_FILE_H
#define WEB_FILE_H

#include "web/request.h"

struct file_terms {
    const char *type;         /* Content-Type */
    struct souk_str filename; /* offered to be saved under this name; empty: shown as it is */
    int packed; /* "<name>.gz" beside it goes to who takes gzip, unless it is older than the file */
    const char *cache; /* Cache-Control; NULL: "no-cache", which asks each time */
};

/* `name` within the open folder `dir` (AT_FDCWD: the working one); links are not followed, only
 * regular files are answered. Any kind of handler: opening and fstat is all it does. SOUK_NOT_FOUND
 * with nothing answered. */
int file_answer(struct request *request, int dir, const char *name, const struct file_terms *terms);

#endif
