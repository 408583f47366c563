/*
 * sqlite_conn: inside of the SQLite driver: its connection and its statement. Only the
 * sqlite*.c files (and their tests) include this, so SQLite's header goes no further.
 */
#ifndef STORE_SQLITE_CONN_H
#define STORE_SQLITE_CONN_H

#include <sqlite3.h>
#include "store/driver.h"

#define SQLITE_PARAMS       64
#define SQLITE_WAIT_MS      1000 /* for another program's lock: an admin's sqlite3 shell */
#define SQLITE_LOG_HEAD     32
#define SQLITE_LOG_FRAME    (4096 + 24)
#define SQLITE_BUDGET_STEPS 1000 /* operations between two looks at the clock */

enum sqlite_fixed { /* prepared once a connection */
                    SQLITE_BEGIN,
                    SQLITE_BEGIN_WRITE,
                    SQLITE_COMMIT,
                    SQLITE_BACK,
                    SQLITE_SAVE,
                    SQLITE_FREE,
                    SQLITE_UNDO,
                    SQLITE_FIXED
};

/* What the log grew by since it was synced last. */
struct sqlite_tail {
    sqlite3_file *file;
    unsigned char head[SQLITE_LOG_HEAD]; /* of the log: another one when it begins anew */
    int frames;                          /* before it */
    int grown;                           /* by a commit of ours that was not kept yet */
    int unsafe;                          /* the last sync failed */
    sqlite3_int64 at, len, room;
    char *bytes;
};

struct driver_conn {
    sqlite3 *handle;
    int writable;
    int trusted;   /* set-up and the driver's own PRAGMAs: the authorizer lets everything
                      pass */
    int scripting; /* a migration: changes of the schema are allowed */
    int preparing; /* in sqlite3_prepare for a caller; what SQLite asks outside of it is
                      its own */
    struct driver_statement *collect; /* gets the tables while preparing */
    const char *principal;            /* while preparing */
    uint32_t viewed[DRIVER_TABLES]; /* the same: tables of which a public view has shown columns */
    int viewed_count;
    int64_t deadline;
    int frames; /* of the log, at the last commit */
    struct sqlite_tail tail;
    int refused;
    char words[300]; /* why the authorizer refused */
    sqlite3_stmt *fixed[SQLITE_FIXED];
};

struct driver_statement {
    struct driver_conn *conn;
    sqlite3_stmt *raw;
    int params;
    int bulky; /* large values are bound: let go of them at reset */
    int read_count;
    int write_count;
    uint32_t reads[DRIVER_TABLES];
    uint32_t writes[DRIVER_TABLES];
    uint8_t index[SQLITE_PARAMS + 1]; /* of $n */
};

/* sqlite.c */
int sqlite_code(const struct driver_conn *conn, int rc); /* SQLite's result as SOUK_… */
const char *sqlite_words(struct driver_conn *conn);
int sqlite_trusted(struct driver_conn *conn,
                   const char *sql); /* the driver's own text, with all rights */

/* sqlite_guard.c */
int sqlite_guard_authorize(void *conn, int action, const char *a, const char *b, const char *schema,
                           const char *inner);
/* A WITH name that begins with v1_ would borrow the rights of a view: 1 when there is
 * one. */
int sqlite_guard_borrows(const char *sql);

/* sqlite_statement.c */
int sqlite_statement_prepare(struct driver_conn *conn, const char *sql, const char *principal,
                             struct driver_statement **out, struct err *err);
void sqlite_statement_finalize(struct driver_statement *statement);
int sqlite_statement_bind(struct driver_statement *statement, const struct db_arg *args, int count);
int sqlite_statement_step(struct driver_statement *statement);
void sqlite_statement_reset(struct driver_statement *statement);
int64_t sqlite_statement_int(struct driver_statement *statement, int column);
struct souk_str sqlite_statement_text(struct driver_statement *statement, int column);
int sqlite_statement_is_null(struct driver_statement *statement, int column);
const char *sqlite_statement_column(struct driver_statement *statement, int column);
int sqlite_statement_columns(struct driver_statement *statement);
const uint32_t *sqlite_statement_reads(struct driver_statement *statement, int *count);
const uint32_t *sqlite_statement_writes(struct driver_statement *statement, int *count);
int sqlite_statement_script(struct driver_conn *conn, const char *sql, const char *principal,
                            struct err *err);
int sqlite_statement_drop(struct driver_conn *conn, const char *prefix,
                          int (*spare)(void *user, const char *table), void *user, struct err *err);

/* sqlite_log.c */
int sqlite_log_keep(struct driver_conn *conn);
int sqlite_log_sync(struct driver_conn *conn, int again);
int64_t sqlite_log_bytes(struct driver_conn *conn);
int sqlite_log_checkpoint(struct driver_conn *conn, int truncate);
int sqlite_log_committed(void *conn, sqlite3 *handle, const char *schema, int frames);
void sqlite_log_close(struct driver_conn *conn);

/* sqlite_copy.c */
int sqlite_copy_backup(struct driver_conn *from, const char *file,
                       void (*progress)(void *, int64_t, int64_t), void *user, struct err *err);
int sqlite_copy_integrity(struct driver_conn *conn, struct arena *arena, struct souk_str *report);

#endif
