/*
 * db: the database as the rest of souk sees it: named statements, read snapshots, and writes that
 * are closures. A table of functions (store/driver.h) stands behind it; SQLite is the first driver.
 *
 * Rules. SQL text lives in .sql files and becomes constant struct db_statement at build time
 * (plugins bring constant text). Reads happen in a snapshot of the thread's own read-only
 * connection. Writes are closures given to the one writer thread, each run in a savepoint of a
 * group commit, answered only after the commit is on disk; a closure may be run again, so it
 * changes nothing but the database and its own result. Rows and text are views until the next step.
 */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/arena.h"
#include "base/err.h"

struct db;      /* an open database */
struct db_conn; /* inside: a snapshot of a reader, or the writer's current savepoint */

/* ---- statements ---- */

struct db_statement {
    const char *name; /* "job_claim": for errors and metrics */
    const char *sql;
};

struct db_arg {
    enum { DB_ARG_NULL, DB_ARG_INT, DB_ARG_TEXT, DB_ARG_BLOB } kind;
    int64_t number;
    struct souk_str text;
};

#define DB_INT(n)  ((struct db_arg){DB_ARG_INT, (int64_t)(n), {NULL, 0}})
#define DB_TEXT(s) ((struct db_arg){DB_ARG_TEXT, 0, (s)})
#define DB_CSTR(s) ((struct db_arg){DB_ARG_TEXT, 0, souk_str(s)})
#define DB_BLOB(s) ((struct db_arg){DB_ARG_BLOB, 0, (s)})
#define DB_NULL    ((struct db_arg){DB_ARG_NULL, 0, {NULL, 0}})

struct db_rows { /* a running query; on the stack of the caller */
    struct db_conn *conn;
    void *handle; /* the driver's */
    int columns;
    int slot;
};

#define db_run(conn, statement, changed, ...)                                                      \
    db_run_args((conn), (statement), (changed),                                                    \
                (struct db_arg[]){__VA_ARGS__ __VA_OPT__(, ) DB_NULL},                             \
                (int)(sizeof((struct db_arg[]){__VA_ARGS__ __VA_OPT__(, ) DB_NULL}) /              \
                      sizeof(struct db_arg)) -                                                     \
                    1)
#define db_query(conn, statement, rows, ...)                                                       \
    db_query_args((conn), (statement), (rows),                                                     \
                  (struct db_arg[]){__VA_ARGS__ __VA_OPT__(, ) DB_NULL},                           \
                  (int)(sizeof((struct db_arg[]){__VA_ARGS__ __VA_OPT__(, ) DB_NULL}) /            \
                        sizeof(struct db_arg)) -                                                   \
                      1)

/* Runs to the end, rows are dropped. `changed` (may be NULL): rows changed. SOUK_CONFLICT: a unique
 * key or CHECK refused it. */
int db_run_args(struct db_conn *conn, const struct db_statement *statement, int64_t *changed,
                const struct db_arg *args, int count);
int db_query_args(struct db_conn *conn, const struct db_statement *statement, struct db_rows *rows,
                  const struct db_arg *args, int count);
int db_next(
    struct db_rows *rows); /* 1 a row, 0 the end (closed by itself), < 0 failed (closed too) */
/* db_first(db_query(…, &rows, …), &rows): the one row that is looked for, to be closed;
 * SOUK_NOT_FOUND when there is none. */
int db_first(int code, struct db_rows *rows);
void db_close(struct db_rows *rows); /* before the end; harmless after it */
int64_t db_int(struct db_rows *rows, int column);
struct souk_str db_text(struct db_rows *rows,
                        int column); /* text or blob; until the next db_next */
int db_is_null(struct db_rows *rows, int column);
const char *db_column_name(struct db_rows *rows, int column);
/* The first column of the first row; SOUK_NOT_FOUND when there is none. */
#define db_get_int(conn, statement, out, ...)                                                      \
    db_get_int_args((conn), (statement), (out),                                                    \
                    (struct db_arg[]){__VA_ARGS__ __VA_OPT__(, ) DB_NULL},                         \
                    (int)(sizeof((struct db_arg[]){__VA_ARGS__ __VA_OPT__(, ) DB_NULL}) /          \
                          sizeof(struct db_arg)) -                                                 \
                        1)
int db_get_int_args(struct db_conn *conn, const struct db_statement *statement, int64_t *out,
                    const struct db_arg *args, int count);
const char *db_error(
    const struct db_conn *conn); /* words for the last failure on this connection */

/* Text that arrives at run time from a plugin (constant in its memory): interned once per
 * (principal, text). While a principal is set, preparing is checked: only tables p_<principal>_…,
 * reading v1_… views; SOUK_DENIED names the table. */
const struct db_statement *db_intern(struct db *db, const char *principal, const char *sql);
void db_principal(struct db_conn *conn, const char *principal); /* NULL: the core */
void db_forget(struct db *db,
               const char *principal); /* a retired plugin's texts; its set is drained */

/* ---- reading ---- */

/* The thread's snapshot: begun at the first query, ended here; one at a time a thread. `deadline`
 * (clock_mono us; 0 = none) interrupts statements. */
struct db_conn *db_read_begin(struct db *db, int64_t deadline);
/* Until db_read_end, each statement of this snapshot may take so long: for what looks at the whole
 * database while nobody waits for it. The pages of the file that it mapped are given back then:
 * they would only make the process look larger. */
void db_read_patient(struct db_conn *conn, int64_t budget);
void db_read_end(struct db_conn *conn);
void db_thread_end(struct db *db); /* closes this thread's connection */

/* What the snapshot has read, for caches: an entry built from it is good as long as db_seen_valid
 * says so. Keys are hashes of table names, collected at prepare time. At most DB_SEEN tables; more:
 * never valid. */
#define DB_SEEN 40
struct db_seen {
    uint64_t at; /* the commit number before the snapshot began */
    uint32_t count;
    uint32_t slots[DB_SEEN];
};
void db_seen(const struct db_conn *conn, struct db_seen *seen);
int db_seen_valid(const struct db *db, const struct db_seen *seen);
/* Makes an entry rest on db_changed(kind, id) too. */
void db_seen_key(struct db_seen *seen, const char *kind, int64_t id);
/* For what is kept in memory beside the page cache and shown on many pages: what the snapshot reads
 * between begin and end is told in `part` alone, and counts for the snapshot as well. Not nested.
 * In a write `part` is never valid. */
void db_part_begin(struct db_conn *conn, struct db_seen *outer);
void db_part_end(struct db_conn *conn, const struct db_seen *outer, struct db_seen *part);
/* Is what was made from `part` still true? Then the snapshot rests on it as if it had read it
 * again, so a page that shows it falls out of the cache when it changes. 0: read it again. */
int db_part_use(struct db_conn *conn, const struct db_seen *part);

/* ---- writing ---- */

/* Runs in a savepoint: 0 keeps, anything else undoes it. */
typedef int (*db_fn)(struct db_conn *conn, void *arg);

struct db_write { /* embedded by the owner; nothing is allocated */
    struct db_write *next;
    db_fn fn;
    void *arg;
    void (*done)(struct db_write *write); /* on a thread of the store, after the commit is on disk
                                             (or failed): must not block */
    int result;                           /* fn's result, or why the commit failed */
    const char *words;                    /* in done: why it could not be saved, "" otherwise */
    int64_t
        deadline; /* clock_mono; a write still waiting then is not run: SOUK_TIMEOUT. 0 = none */
};

/* SOUK_BUSY when `queue` writes wait already: nothing will run and done is not called. */
int db_write_push(struct db *db, struct db_write *write);
/* The same, waiting: for task threads, jobs and commands; never on the writer or an I/O thread. */
int db_write(struct db *db, db_fn fn, void *arg, struct err *err);
/* In a write: the reason of the failure, kept for db_write's err (cut at 400 bytes). */
int db_refuse(struct db_conn *conn, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* In a write: what caches elsewhere should forget; a row of change_log and a bump of the key after
 * the commit. Tables written are noted by themselves. */
void db_changed(struct db_conn *conn, const char *kind, int64_t id);
struct db *db_of(const struct db_conn *conn);
int db_is_writer(const struct db_conn *conn);

/* ---- life ---- */

struct db_options {
    const char *dir; /* the data directory; the file is souk.db inside; NULL: a folder in memory
                        that goes with db_shut (tests) */
    int locked;      /* the caller has its lock (store/lock.h) and keeps it until after db_shut */
    int queue;       /* writes that may wait; 0: 1,024 */
    int64_t statement_budget; /* us a statement may run; 0: 2 s */
    int (*consumers)(void *user, struct souk_str topic, struct arena *arena,
                     const char ***names); /* who gets a fact; see outbox.h */
    void *user;
};

/* Opens, checks the settings, applies the core's migrations (after a copy of the file when there
 * are data), starts the writer. Refuses a newer schema. */
int db_open(struct db **out, const struct db_options *options, struct err *err);
/* Runs what waits, checkpoints, closes. No reader may be open. */
void db_shut(struct db *db);
/* A consistent copy while everything goes on; `progress` may be NULL. */
int db_backup(struct db *db, const char *file,
              void (*progress)(void *user, int64_t done, int64_t total), void *user,
              struct err *err);
/* Puts a copy in place of a stopped shop's database, after checking that it is sound and not newer.
 * The old one is kept beside it. */
int db_restore(const char *dir, const char *file, struct err *err);
int db_integrity(struct db *db, struct arena *arena, struct souk_str *report); /* 0 when sound */

struct db_stats {
    int64_t commits, writes, conflicts, repeats, checkpoints, wal_bytes, prepared, waiting,
        largest_group;
};
void db_stats(const struct db *db, struct db_stats *stats);

#endif
