/*
 * conn: inside of the store: the database, a connection with its cache of statements,
 * and the parts that work on them: statement.c (cache and queries), intern.c (texts of
 * plugins), seen.c (what caches rest on), reader.c (snapshots), writer.c (group
 * commit), backup.c, db.c (life). Nobody outside core/store includes this.
 */
#ifndef STORE_CONN_H
#define STORE_CONN_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/vec.h"
#include "store/driver.h"
#include "store/table.h"

#define CONN_BUCKETS 128
#define CONN_NAME    64
#define SEEN_SLOTS   65536
#define WRITER_GROUP 128

struct statement { /* one prepared instance on one connection */
    const struct db_statement *key;
    struct driver_statement *raw;
    struct statement *next;      /* in its bucket */
    struct statement *next_open; /* of those in use */
    uint64_t noted;              /* the snapshot or group in which its tables were noted last */
    int serial;                  /* counts uses: rows of an earlier use are over */
    int open;
    int interned;
    char principal[CONN_NAME]; /* under whom it was prepared */
};

struct db_conn {
    struct db *db;
    struct driver_conn *raw; /* NULL: could not be opened; the next snapshot tries again */
    int writer;
    int depth; /* nested snapshots of one thread share the outer one */
    int begun;
    int64_t deadline;
    int64_t budget; /* of one statement; 0: the database's */
    uint32_t epoch;
    uint64_t turn; /* number of the snapshot or group */
    char principal[CONN_NAME];
    struct statement *buckets[CONN_BUCKETS];
    struct statement *open;
    struct db_seen seen;
    struct db_conn *next; /* all readers of a database */
    struct arena arena;   /* the closure's: given back after it */
    int failed;           /* a failure that the closure could not report itself */
    int closure;          /* the writer runs one: without its transaction nothing may be done */
    int due;              /* a job was added or freed */
    VEC(uint32_t) dirty;  /* slots to bump after the commit */
    int dirty_all;
    char words[400];
};

struct intern_entry {
    struct db_statement statement;
    struct intern_entry *next;
    uint64_t hash;
    int dead; /* its plugin has gone; comes back to life with the same text */
    char principal[CONN_NAME];
};

#define INTERN_BUCKETS 256
#define INTERN_LIMIT   1000 /* texts a principal */

struct db {
    const struct driver *driver;
    char dir[1024];
    int temporary; /* the folder goes with the database */
    int lock;      /* descriptor of the lock file */
    int64_t budget;
    int (*consumers)(void *user, struct souk_str topic, struct arena *arena, const char ***names);
    void *user;

    /* writer.c; under `mutex` */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct db_write *first;
    struct db_write *last;
    int waiting;
    int queue;
    int stopping;
    int asleep;
    int wanted; /* while asleep: so many must wait before the writer is woken */
    int started;
    pthread_t thread, syncer;
    pthread_cond_t sync_wake;
    struct writer_group *flight; /* committed; the syncer brings it to the disk */
    int broken;                  /* the disk did not take the log's end: no writes until it does */
    int landed;                  /* the syncer may end */
    struct db_conn *conn;        /* the writer's; only its thread */
    int64_t checkpoint_at;       /* size of the log at the last look */
    int behind;                  /* commits that are only in the log */
    int changes;                 /* rows of change_log since the last pruning */

    /* reader.c */
    pthread_key_t key;
    pthread_mutex_t readers_mutex;
    struct db_conn *readers;

    /* intern.c */
    pthread_rwlock_t intern_lock;
    struct intern_entry *interned[INTERN_BUCKETS];
    _Atomic uint32_t epoch; /* moves when prepared statements must be made anew */

    /* seen.c */
    _Atomic uint64_t commit; /* number of the last commit whose slots are written */
    _Atomic uint64_t everything;
    _Atomic uint64_t *slots;

    /* job.c */
    pthread_mutex_t jobs_mutex;
    void (*jobs_wake)(void *);
    void *jobs_user;
    char (*jobs_refused)[CONN_NAME * 2]; /* kinds that the last claim left waiting */
    int jobs_refused_count;
    _Atomic uint32_t jobs_turn;

    _Atomic int64_t stat_commits, stat_writes, stat_conflicts, stat_repeats, stat_checkpoints,
        stat_wal, stat_prepared, stat_group;
};

/* statement.c */
void statement_close_open(struct db_conn *conn); /* ends rows that were left open */
/* The same for those that were opened after `before` was the latest (conn->open then). */
void statement_close_until(struct db_conn *conn, const struct statement *before);
/* 0, or SOUK_UNAVAILABLE: the transaction of the closure that runs is gone; the write fails. */
int statement_may_run(struct db_conn *conn);
void statement_flush(struct db_conn *conn);   /* forgets all; none may be open */
void statement_refresh(struct db_conn *conn); /* the same when the epoch has moved */
int statement_words(struct db_conn *conn, int code, const char *name, const char *words);

/* intern.c */
const char *intern_principal(struct db *db,
                             const struct db_statement *statement); /* NULL: not interned */
void intern_free(struct db *db);

/* seen.c */
void seen_begin(struct db_conn *conn);
void seen_note_reads(struct db_conn *conn, const uint32_t *tables, int count);
void seen_note_writes(struct db_conn *conn, const uint32_t *tables, int count);
void seen_note_key(struct db_conn *conn, const char *kind, int64_t id);
void seen_publish(struct db *db, struct db_conn *conn); /* after a commit: bumps what was written */

/* reader.c */
int reader_start(struct db_conn *conn); /* begins the snapshot when it has not */
void reader_destroy(void *conn);
void reader_close_all(struct db *db);

/* writer.c */
int writer_start(struct db *db, struct err *err);
void writer_stop(struct db *db);

/* job.c: in a write: the next look at the table may find more */
void job_stir(struct db_conn *conn);
void job_wake(struct db *db); /* after the commit */

#endif
