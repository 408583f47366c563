/*
 * log: one line an event, logfmt or JSON, to standard error: time, level, event, then fields. Event
 * names are "noun.verbed". A line is formatted on the stack and written with one call; a full pipe
 * never blocks: the line is dropped and counted. Any thread.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <souk/types.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log_field {
    const char *key; /* NULL ends the list */
    struct souk_str text;
    int64_t number;
    int is_number;
};

#define LOG_S(key, cstr)                                                                           \
    {                                                                                              \
        (key), souk_str(cstr), 0, 0                                                                \
    }
#define LOG_T(key, string)                                                                         \
    {                                                                                              \
        (key), (string), 0, 0                                                                      \
    }
#define LOG_I(key, value)                                                                          \
    {                                                                                              \
        (key), {NULL, 0}, (int64_t)(value), 1                                                      \
    }

void log_emit(enum log_level level, const char *event, const struct log_field *fields);

#define log_debug(event, ...)                                                                      \
    log_emit(LOG_DEBUG, event, (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_info(event, ...)                                                                       \
    log_emit(LOG_INFO, event, (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_warn(event, ...)                                                                       \
    log_emit(LOG_WARN, event, (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_error(event, ...)                                                                      \
    log_emit(LOG_ERROR, event, (struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

void log_setup(enum log_level least, int as_json);
int log_level_parse(struct souk_str name, enum log_level *out);
uint64_t log_dropped(void);
/* Appends key=value (quoted where needed) or "key":value; used by the access log too. */
size_t log_put_field(char *to, size_t size, const struct log_field *field, int as_json);
/* write() that gives up at once on a full pipe. The number of bytes written. */
size_t log_write_raw(int fd, const char *bytes, size_t len);

#endif
