/*
 * driver: what a database engine gives to db.c. SQLite is built in (sqlite.c); a second engine
 * implements the same table.
 */
#ifndef STORE_DRIVER_H
#define STORE_DRIVER_H

#include "store/db.h"

struct driver_conn; /* the engine's connection */
struct driver_statement;

#define DRIVER_SHARED 1 /* several processes may write: caches must poll change_log */
#define DRIVER_TABLES                                                                              \
    16 /* names kept a statement; a count of DRIVER_TABLES + 1 says that there were more */

struct driver {
    const char *name;
    uint32_t capabilities;
    int (*open)(struct driver_conn **out, const char *dir, int writable, struct err *err);
    void (*close)(struct driver_conn *conn);
    /* `principal` checks names as db_intern says. Fills the hashes of the tables that it reads and
     * writes (at most 16 each). */
    int (*prepare)(struct driver_conn *conn, const char *sql, const char *principal,
                   struct driver_statement **out, struct err *err);
    void (*finalize)(struct driver_statement *statement);
    int (*bind)(struct driver_statement *statement, const struct db_arg *args, int count);
    int (*step)(struct driver_statement *statement); /* 1 row, 0 done, < 0 SOUK_… */
    void (*reset)(struct driver_statement *statement);
    int64_t (*column_int)(struct driver_statement *statement, int column);
    struct souk_str (*column_text)(struct driver_statement *statement, int column);
    int (*column_is_null)(struct driver_statement *statement, int column);
    const char *(*column_name)(struct driver_statement *statement, int column);
    int (*columns)(struct driver_statement *statement);
    const uint32_t *(*reads)(struct driver_statement *statement, int *count);
    const uint32_t *(*writes)(struct driver_statement *statement, int *count);
    int64_t (*changes)(struct driver_conn *conn); /* rows, of the last statement */
    /* Of all since the connection was opened, those of triggers and foreign keys too. */
    int64_t (*written)(struct driver_conn *conn);
    const char *(*error)(struct driver_conn *conn);
    int (*begin)(struct driver_conn *conn, int writing);
    int (*commit)(struct driver_conn *conn);
    /* After commits, which do not wait for the disk: keeps what the log grew by for `sync`. 0 when
     * it did not grow. */
    int (*keep)(struct driver_conn *conn);
    /* Brings it to the disk; `again`: after a failure, writes it anew first. On any one thread,
     * while no commit, keep or checkpoint runs. */
    int (*sync)(struct driver_conn *conn, int again);
    void (*rollback)(struct driver_conn *conn);
    int (*savepoint)(struct driver_conn *conn);
    int (*release)(struct driver_conn *conn);
    int (*undo)(struct driver_conn *conn); /* rolls back to the savepoint and drops it */
    int (*in_transaction)(struct driver_conn *conn);
    int (*script)(struct driver_conn *conn, const char *sql, const char *principal,
                  struct err *err);                         /* several statements: migrations */
    void (*deadline)(struct driver_conn *conn, int64_t at); /* clock_mono; 0 = none */
    /* Outside of a transaction: gives back memory that its reading took, mapped pages of the file
     * above all. */
    void (*trim)(struct driver_conn *conn);
    int64_t (*log_bytes)(struct driver_conn *conn);
    int (*checkpoint)(
        struct driver_conn *conn,
        int truncate); /* SOUK_BUSY: a reader kept a part of the log from being moved */
    /* Renews the statistics that plans are made from, where they have grown old. In a write. */
    int (*optimize)(struct driver_conn *conn);
    int (*backup)(struct driver_conn *from, const char *file,
                  void (*progress)(void *, int64_t, int64_t), void *user, struct err *err);
    int (*integrity)(struct driver_conn *conn, struct arena *arena, struct souk_str *report);
    /* Drops the tables and views whose names begin with `prefix`, but for those that `spare` keeps.
     */
    int (*drop)(struct driver_conn *conn, const char *prefix,
                int (*spare)(void *user, const char *table), void *user, struct err *err);
};

extern const struct driver sqlite_driver;

#endif
