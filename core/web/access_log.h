/*
 * access_log: one line a request, logfmt or JSON, to a file or standard error. Threads
 * collect lines in buffers of their own; a buffer is written when it is nearly full and
 * by the clock's turn. Standard error is never waited for: what it does not take is
 * dropped.
 */
#ifndef WEB_ACCESS_LOG_H
#define WEB_ACCESS_LOG_H

#include <pthread.h>
#include "base/err.h"

#define ACCESS_LINE   4096 /* no line is longer */
#define ACCESS_BUFFER ((size_t)64 << 10)

struct access_line {
    int64_t at; /* clock_now when the request began */
    struct souk_str method, path;
    int status;
    int64_t bytes;
    int64_t span; /* us */
    const char *address, *id;
    const char *route; /* NULL: none was found */
    struct souk_str agent;
    int cached;
};

struct access_log; /* where lines go */

struct access_buffer { /* one thread's lines; another thread may flush it */
    pthread_mutex_t lock;
    size_t len;
    int64_t second; /* whose text is kept */
    char second_text[32];
    char *bytes;
};

/* `where`: "stderr", "off" (then *out is NULL, which all functions take) or a path. */
int access_log_open(struct access_log **out, const char *where, int as_json, struct err *err);
void access_log_close(struct access_log *log);
void access_log_reopen(struct access_log *log); /* the path again: after rotation */

void access_buffer_init(struct access_buffer *buffer);
void access_buffer_free(struct access_buffer *buffer);
void access_log_add(struct access_log *log, struct access_buffer *buffer,
                    const struct access_line *line);
void access_log_flush(struct access_log *log, struct access_buffer *buffer);

/* The line with its newline; `to` holds ACCESS_LINE bytes. `buffer` keeps the second's
 * text. */
size_t access_log_format(char *to, struct access_buffer *buffer, const struct access_line *line,
                         int as_json);

#endif
