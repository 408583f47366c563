/*
 * db: the life of a database: the folder, its lock, the writer's connection, the core's
 * migrations, the end.
 *
 * One process at a time has a data directory: lock.c says so, here or, for a shop, in
 * the supervisor that forked it. Without a folder the database lives in one
 * made in memory and removed at the end, so that tests run the very same code.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "store/conn.h"
#include "store/db.sql.h"
#include "store/lock.h"
#include "store/migrate.h"
#include "store/migration.h"

#define DB_QUEUE  1024
#define DB_BUDGET (2 * CLOCK_SECOND)

static const char *const db_files[] = {"souk.db", "souk.db-wal", "souk.db-shm", "souk.lock"};

static void db_remove_folder(const char *dir)
{
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof db_files / sizeof *db_files; i++)
        if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, db_files[i]) < sizeof path)
            unlink(path);
    rmdir(dir);
}

/* Ours, a folder and no link to one, its process gone, and locked by nobody. */
static int db_is_left(const char *path, pid_t owner)
{
    struct stat is;
    int lock = -1;
    if (lstat(path, &is) != 0 || !S_ISDIR(is.st_mode) || is.st_uid != geteuid() ||
        kill(owner, 0) == 0 || errno != ESRCH || lock_take(path, &lock, NULL) != SOUK_OK)
        return 0;
    lock_drop(lock);
    return 1;
}

/* A process that was killed leaves its database behind in the memory of the machine: the next one
 * that makes such a folder takes it away. */
static void db_sweep_temporary(const char *place)
{
    char path[PATH_MAX];
    const struct dirent *entry;
    DIR *folder = opendir(place);
    while (folder && (entry = readdir(folder)) != NULL) {
        int owner = 0;
        if (sscanf(entry->d_name, "souk-db-%d-", &owner) == 1 && owner > 0 &&
            (size_t)snprintf(path, sizeof path, "%s/%s", place, entry->d_name) < sizeof path &&
            db_is_left(path, (pid_t)owner))
            db_remove_folder(path);
    }
    if (folder)
        closedir(folder);
}

static int db_make_temporary(struct db *db, struct err *err)
{
    static const char *const places[] = {"/dev/shm", "/tmp"};
    for (int i = 0; i < 2; i++) {
        db_sweep_temporary(places[i]);
        snprintf(db->dir, sizeof db->dir, "%s/souk-db-%ld-XXXXXX", places[i], (long)getpid());
        if (mkdtemp(db->dir)) {
            db->temporary = 1;
            return 0;
        }
    }
    return err_set(err, SOUK_UNAVAILABLE, "no folder for a database in memory: %s",
                   strerror(errno));
}

static int db_make_dir(struct db *db, const char *dir, struct err *err)
{
    if (!dir)
        return db_make_temporary(db, err);
    if ((size_t)snprintf(db->dir, sizeof db->dir, "%s", dir) >= sizeof db->dir)
        return err_set(err, SOUK_INVALID, "the path of the data directory is too long");
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_set(err, SOUK_UNAVAILABLE,
                       "%s cannot be made: %s; make it or name another with --data", dir,
                       strerror(errno));
    return 0;
}

/* Pages of the counters that no table falls on stay untouched and cost nothing. */
static int db_make_slots(struct db *db, struct err *err)
{
    void *map = mmap(NULL, SEEN_SLOTS * sizeof *db->slots, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return err_set(err, SOUK_UNAVAILABLE, "no memory for the version counters");
    db->slots = map;
    return 0;
}

static int db_init(struct db *db, const struct db_options *options, struct err *err)
{
    pthread_condattr_t attr;
    db->driver = &sqlite_driver;
    db->lock = -1;
    db->queue = options->queue > 0 ? options->queue : DB_QUEUE;
    db->budget = options->statement_budget > 0 ? options->statement_budget : DB_BUDGET;
    db->consumers = options->consumers;
    db->user = options->user;
    pthread_mutex_init(&db->mutex, NULL);
    pthread_mutex_init(&db->readers_mutex, NULL);
    pthread_mutex_init(&db->jobs_mutex, NULL);
    pthread_rwlock_init(&db->intern_lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&db->wake, &attr);
    pthread_cond_init(&db->sync_wake, &attr);
    pthread_condattr_destroy(&attr);
    if (pthread_key_create(&db->key, reader_destroy) != 0)
        return err_set(err, SOUK_UNAVAILABLE, "too many databases are open in this process");
    return db_make_slots(db, err);
}

/* Ids go on above the last one, also when the clock has been set back while the shop
 * was stopped. */
static int db_raise_ids(struct db *db, struct err *err)
{
    int64_t last = 0;
    struct db_conn *conn = db_read_begin(db, 0);
    int code = db_get_int(conn, &sql_db_last_id, &last);
    if (code != 0)
        err_set(err, code, "the database cannot be read: %s", db_error(conn));
    db_read_end(conn);
    if (last > 0)
        id_floor(last);
    return code;
}

static void db_free(struct db *db)
{
    writer_stop(db);
    reader_close_all(db);
    pthread_key_delete(db->key);
    if (db->conn) {
        statement_flush(db->conn);
        db->driver->close(db->conn->raw);
        arena_free(&db->conn->arena);
        vec_free(&db->conn->dirty);
        free(db->conn);
    }
    intern_free(db);
    free(db->jobs_refused);
    if (db->slots)
        munmap((void *)db->slots, SEEN_SLOTS * sizeof *db->slots);
    lock_drop(db->lock);
    if (db->temporary)
        db_remove_folder(db->dir);
    pthread_cond_destroy(&db->wake);
    pthread_cond_destroy(&db->sync_wake);
    pthread_mutex_destroy(&db->mutex);
    pthread_mutex_destroy(&db->readers_mutex);
    pthread_mutex_destroy(&db->jobs_mutex);
    pthread_rwlock_destroy(&db->intern_lock);
    free(db);
}

static int db_start(struct db *db, const struct db_options *options, struct err *err)
{
    int code;
    if ((code = db_init(db, options, err)) != 0 || (code = db_make_dir(db, options->dir, err)) != 0)
        return code;
    if (!options->locked && (code = lock_take(db->dir, &db->lock, err)) != 0)
        return code;
    db->conn = mem_zalloc(sizeof *db->conn);
    db->conn->db = db;
    db->conn->writer = 1;
    if ((code = db->driver->open(&db->conn->raw, db->dir, 1, err)) != 0)
        return code;
    if ((code = writer_start(db, err)) != 0)
        return code;
    int count = (int)(sizeof core_migrations / sizeof *core_migrations);
    if ((code = migrate_apply(db, "souk", core_migrations, count, err)) != 0)
        return code;
    return db_raise_ids(db, err);
}

int db_open(struct db **out, const struct db_options *options, struct err *err)
{
    struct db *db = mem_zalloc(sizeof *db);
    int code = db_start(db, options, err);
    if (code != 0) {
        db_free(db);
        return code;
    }
    *out = db;
    return 0;
}

void db_shut(struct db *db)
{
    if (db)
        db_free(db);
}

void db_stats(const struct db *db, struct db_stats *stats)
{
    pthread_mutex_t *mutex = (pthread_mutex_t *)(uintptr_t)&db->mutex;
    pthread_mutex_lock(mutex);
    stats->waiting = db->waiting;
    pthread_mutex_unlock(mutex);
    stats->commits = atomic_load_explicit(&db->stat_commits, memory_order_relaxed);
    stats->writes = atomic_load_explicit(&db->stat_writes, memory_order_relaxed);
    stats->conflicts = atomic_load_explicit(&db->stat_conflicts, memory_order_relaxed);
    stats->repeats = atomic_load_explicit(&db->stat_repeats, memory_order_relaxed);
    stats->checkpoints = atomic_load_explicit(&db->stat_checkpoints, memory_order_relaxed);
    stats->wal_bytes = atomic_load_explicit(&db->stat_wal, memory_order_relaxed);
    stats->prepared = atomic_load_explicit(&db->stat_prepared, memory_order_relaxed);
    stats->largest_group = atomic_load_explicit(&db->stat_group, memory_order_relaxed);
}
