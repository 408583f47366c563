/*
 * The database: SQL on the plugin's own tables (p_<plugin>_…), reading the core's public views
 * (v1_…). $1, $2 … are the parameters; SQL text is a constant string: it is prepared once per
 * thread and kept.
 *
 * READ handlers query in a snapshot; WRITE handlers and write steps query and change in their
 * savepoint, which is undone when they fail; TASK handlers, jobs and listeners query in a snapshot
 * and change through souk_then_write() or souk_db_write().
 */
#ifndef SOUK_DB_H
#define SOUK_DB_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_ARG_NULL 0
#define SOUK_ARG_INT  1
#define SOUK_ARG_TEXT 2
#define SOUK_ARG_BLOB 3

struct souk_arg {
    int32_t kind;
    int32_t reserved;
    int64_t number;
    struct souk_str text;
};

struct souk_rows;

/* A step that writes; runs on the writer and may be run again if its group has to be repeated:
 * change nothing but the database and the answer. */
typedef int (*souk_write_fn)(struct souk_ctx *ctx, void *arg);

struct souk_db_api {
    uint32_t size;
    uint32_t reserved;
    int (*exec)(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args, uint32_t count,
                int64_t *changed);
    int (*query)(struct souk_ctx *ctx, const char *sql, const struct souk_arg *args, uint32_t count,
                 struct souk_rows **rows);
    int (*next)(struct souk_rows *rows);
    int64_t (*column_int)(struct souk_rows *rows, uint32_t column);
    struct souk_str (*column_text)(struct souk_rows *rows, uint32_t column);
    int (*column_is_null)(struct souk_rows *rows, uint32_t column);
    int (*write)(struct souk_ctx *ctx, souk_write_fn fn, void *arg);
    int (*then_write)(struct souk_ctx *ctx, souk_write_fn fn, void *arg);
};

#ifdef __cplusplus
}
#endif

#endif
