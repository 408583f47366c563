/*
 * sqlite: the connection half of the SQLite driver: opening with every setting that we
 * rely on, transactions, the log.
 *
 * The idea: SQLite's defaults are those of a library for everybody; ours are set on
 * each connection, and read back before it is used, because a setting that silently did
 * not take is a hole. After set-up an authorizer refuses ATTACH, PRAGMA and transaction
 * control, so no statement can undo them. Only the writing connection commits or
 * checkpoints: two that do both at once can corrupt a database in this version of
 * SQLite.
 *
 * A connection is used by one thread at a time (SQLITE_OPEN_NOMUTEX). What is prepared
 * is in sqlite_statement.c, who may do what in sqlite_guard.c, copies in sqlite_copy.c.
 */
#include "store/sqlite_conn.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <pthread.h>
#include <unistd.h>
#include "base/clock.h"

static const char *const sqlite_fixed_sql[SQLITE_FIXED] = {
    "BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
};

static const struct {
    int id;
    int value;
} sqlite_limits[] = {
    {SQLITE_LIMIT_LENGTH, 32 << 20},
    {SQLITE_LIMIT_SQL_LENGTH, 256 << 10},
    {SQLITE_LIMIT_COLUMN, 200},
    {SQLITE_LIMIT_EXPR_DEPTH, 100},
    {SQLITE_LIMIT_COMPOUND_SELECT, 50},
    {SQLITE_LIMIT_VDBE_OP, 100000},
    {SQLITE_LIMIT_FUNCTION_ARG, 100},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 250},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 10},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
    int id;
    int value;
    const char *name;
} sqlite_switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1, "defensive"},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, "trusted_schema"},
    {SQLITE_DBCONFIG_DQS_DML, 0, "dqs_dml"},
    {SQLITE_DBCONFIG_DQS_DDL, 0, "dqs_ddl"},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, "load_extension"},
    {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, "fts3_tokenizer"},
    {SQLITE_DBCONFIG_ENABLE_FKEY, 1, "foreign_keys"},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, "triggers"},
};

#define MAP_FILE "PRAGMA mmap_size = 268435456"

static const struct sqlite_pragma {
    const char *set;
    const char *get;
    int value;
    int who; /* 1 writer, 2 reader, 3 both */
} sqlite_pragmas[] = {
    {"PRAGMA cell_size_check = 1", "PRAGMA cell_size_check", 1, 3},
    {"PRAGMA temp_store = 2", "PRAGMA temp_store", 2, 3},
    {"PRAGMA synchronous = 1", "PRAGMA synchronous", 1, 3}, /* commits are synced by sqlite_log.c */
    {"PRAGMA wal_autocheckpoint = 0", "PRAGMA wal_autocheckpoint", 0, 3},
    {"PRAGMA journal_size_limit = 33554432", "PRAGMA journal_size_limit", 33554432, 1},
    {"PRAGMA cache_size = -2000", "PRAGMA cache_size", -2000, 1},
    {"PRAGMA mmap_size = 0", "PRAGMA mmap_size", 0, 1},
    {"PRAGMA cache_size = -256", "PRAGMA cache_size", -256, 2},
    {MAP_FILE, "PRAGMA mmap_size", 268435456, 2},
    {"PRAGMA query_only = 1", "PRAGMA query_only", 1, 2},
};

int sqlite_code(const struct driver_conn *conn, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_DONE: return 0;
    case SQLITE_CONSTRAINT: return SOUK_CONFLICT;
    case SQLITE_INTERRUPT: return SOUK_TIMEOUT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return SOUK_BUSY;
    case SQLITE_AUTH: return SOUK_DENIED;
    case SQLITE_READONLY: return conn && conn->writable ? SOUK_UNAVAILABLE : SOUK_WRONG_KIND;
    case SQLITE_FULL:
    case SQLITE_IOERR: /* the disk's, like the one above: it may be mended while we run */
    case SQLITE_CANTOPEN: return SOUK_UNAVAILABLE;
    case SQLITE_TOOBIG: return SOUK_TOO_LARGE;
    case SQLITE_MISMATCH:
    case SQLITE_RANGE: return SOUK_INVALID;
    default: return conn && conn->refused ? SOUK_DENIED : SOUK_ERROR;
    }
}

const char *sqlite_words(struct driver_conn *conn)
{
    return conn->refused ? conn->words : sqlite3_errmsg(conn->handle);
}

int sqlite_trusted(struct driver_conn *conn, const char *sql)
{
    int before = conn->trusted;
    conn->trusted = 1;
    int rc = sqlite3_exec(conn->handle, sql, NULL, NULL, NULL);
    conn->trusted = before;
    return rc;
}

/* ---- opening ---- */

static pthread_once_t sqlite_once = PTHREAD_ONCE_INIT;

/* No count of every allocation behind a global lock. Too late when somebody started
 * SQLite before us: no harm. */
static void sqlite_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int sqlite_late(void *arg)
{
    const struct driver_conn *conn = arg;
    return conn->deadline != 0 && clock_mono() > conn->deadline;
}

static int sqlite_read_number(struct driver_conn *conn, const char *sql, int64_t *number)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(conn->handle, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        *number = sqlite3_column_int64(statement, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(statement);
    return rc;
}

static int sqlite_set_pragmas(struct driver_conn *conn, struct err *err)
{
    for (size_t i = 0; i < sizeof sqlite_pragmas / sizeof *sqlite_pragmas; i++) {
        const struct sqlite_pragma *pragma = &sqlite_pragmas[i];
        int64_t number = INT64_MIN;
        if (!(pragma->who & (conn->writable ? 1 : 2)))
            continue;
        if (sqlite3_exec(conn->handle, pragma->set, NULL, NULL, NULL) != SQLITE_OK ||
            sqlite_read_number(conn, pragma->get, &number) != SQLITE_OK)
            return err_set(err, SOUK_ERROR, "the database refuses \"%s\": %s", pragma->set,
                           sqlite3_errmsg(conn->handle));
        if (number != pragma->value)
            return err_set(err, SOUK_ERROR,
                           "this build of SQLite does not take \"%s\"; use Debian's libsqlite3",
                           pragma->set);
    }
    return 0;
}

static int sqlite_set_journal(struct driver_conn *conn, struct err *err)
{
    sqlite3_stmt *statement = NULL;
    int wal = 0;
    int rc = sqlite3_prepare_v2(
        conn->handle, conn->writable ? "PRAGMA journal_mode = wal" : "PRAGMA journal_mode", -1,
        &statement, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(statement, 0);
        wal = mode && strcmp(mode, "wal") == 0;
    }
    sqlite3_finalize(statement);
    if (rc != SQLITE_ROW)
        return err_set(err, sqlite_code(conn, rc), "the database cannot be read: %s%s",
                       sqlite3_errmsg(conn->handle),
                       (rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_FULL
                           ? "; look at the free space and the health of the disk"
                           : "");
    if (!wal)
        return err_set(err, SOUK_UNAVAILABLE,
                       "the database cannot keep a write-ahead log here; use a local disk");
    return 0;
}

static int sqlite_harden(struct driver_conn *conn, struct err *err)
{
    for (size_t i = 0; i < sizeof sqlite_limits / sizeof *sqlite_limits; i++)
        sqlite3_limit(conn->handle, sqlite_limits[i].id, sqlite_limits[i].value);
    for (size_t i = 0; i < sizeof sqlite_switches / sizeof *sqlite_switches; i++) {
        int now = -1;
        sqlite3_db_config(conn->handle, sqlite_switches[i].id, sqlite_switches[i].value, &now);
        if (now != sqlite_switches[i].value)
            return err_set(err, SOUK_ERROR,
                           "this build of SQLite cannot set %s; use Debian's libsqlite3",
                           sqlite_switches[i].name);
    }
    if (!conn->writable) {
        int now = 0;
        sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &now);
        if (now != 1)
            return err_set(err, SOUK_ERROR, "this build of SQLite cannot set no_ckpt_on_close");
    }
    return 0;
}

static int sqlite_prepare_fixed(struct driver_conn *conn, struct err *err)
{
    for (int i = 0; i < SQLITE_FIXED; i++)
        if (sqlite3_prepare_v3(conn->handle, sqlite_fixed_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &conn->fixed[i], NULL) != SQLITE_OK)
            return err_set(err, SOUK_ERROR, "the database refuses \"%s\": %s", sqlite_fixed_sql[i],
                           sqlite3_errmsg(conn->handle));
    return 0;
}

/* The tables of JSON are made with their first use on a connection, which SQLite asks the
 * authorizer for as for a new table: that use is ours, so a plugin's is a read and nothing else. */
static int sqlite_unfold(struct driver_conn *conn, struct err *err)
{
    return sqlite_trusted(conn, "SELECT 1 FROM json_each('[]'), json_tree('[]')") == SQLITE_OK
               ? 0
               : err_set(err, SOUK_ERROR, "this build of SQLite has no json_each: %s",
                         sqlite3_errmsg(conn->handle));
}

static int sqlite_setup(struct driver_conn *conn, struct err *err)
{
    int code;
    sqlite3_extended_result_codes(conn->handle, 1);
    sqlite3_busy_timeout(conn->handle, SQLITE_WAIT_MS);
    sqlite3_set_authorizer(conn->handle, sqlite_guard_authorize, conn);
    conn->trusted = 1;
    if ((code = sqlite_harden(conn, err)) != 0 || (code = sqlite_set_journal(conn, err)) != 0 ||
        (code = sqlite_set_pragmas(conn, err)) != 0 ||
        (code = sqlite_prepare_fixed(conn, err)) != 0 || (code = sqlite_unfold(conn, err)) != 0)
        return code;
    if (conn->writable)
        sqlite3_wal_hook(conn->handle, sqlite_log_committed, conn);
    sqlite3_progress_handler(conn->handle, SQLITE_BUDGET_STEPS, sqlite_late, conn);
    conn->trusted = 0;
    return 0;
}

static void sqlite_close(struct driver_conn *conn)
{
    if (!conn)
        return;
    for (int i = 0; i < SQLITE_FIXED; i++)
        sqlite3_finalize(conn->fixed[i]);
    sqlite_log_close(conn);
    sqlite3_close_v2(conn->handle);
    free(conn);
}

/* The file is for the shop's user alone; SQLite gives the log the same rights. */
static int sqlite_create_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, SOUK_UNAVAILABLE,
                       "%s cannot be opened: %s; check the owner of the folder", path,
                       strerror(errno));
    close(fd);
    return 0;
}

static int sqlite_open(struct driver_conn **out, const char *dir, int writable, struct err *err)
{
    char path[PATH_MAX];
    pthread_once(&sqlite_once, sqlite_configure);
    if ((size_t)snprintf(path, sizeof path, "%s/souk.db", dir) >= sizeof path)
        return err_set(err, SOUK_INVALID, "the path of the data directory is too long");
    if (writable && sqlite_create_file(path, err) != 0)
        return SOUK_UNAVAILABLE;
    struct driver_conn *conn = mem_zalloc(sizeof *conn);
    conn->writable = writable;
    int flags = SQLITE_OPEN_NOMUTEX | (writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
    int rc = sqlite3_open_v2(path, &conn->handle, flags, NULL);
    int code = rc == SQLITE_OK
                   ? sqlite_setup(conn, err)
                   : err_set(err, sqlite_code(conn, rc), "%s", sqlite3_errmsg(conn->handle));
    if (code != 0) {
        err_in(err, "%s", path);
        sqlite_close(conn);
        return code;
    }
    *out = conn;
    return 0;
}

/* ---- transactions ---- */

static int sqlite_fixed_run(struct driver_conn *conn, enum sqlite_fixed which)
{
    conn->refused = 0;
    int rc = sqlite3_step(conn->fixed[which]);
    sqlite3_reset(conn->fixed[which]);
    return sqlite_code(conn, rc);
}

/* What is our own duty is not interrupted by the budget of what ran before. */
static int sqlite_begin(struct driver_conn *conn, int writing)
{
    conn->deadline = 0;
    return sqlite_fixed_run(conn, writing ? SQLITE_BEGIN_WRITE : SQLITE_BEGIN);
}

static int sqlite_commit(struct driver_conn *conn)
{
    conn->deadline = 0;
    return sqlite_fixed_run(conn, SQLITE_COMMIT);
}

/* A new limit of the mapping makes SQLite unmap the file. */
static void sqlite_trim(struct driver_conn *conn)
{
    if (!conn->writable)
        sqlite_trusted(conn, "PRAGMA mmap_size = 0;" MAP_FILE);
}

static void sqlite_rollback(struct driver_conn *conn)
{
    conn->deadline = 0;
    if (!sqlite3_get_autocommit(conn->handle))
        sqlite_fixed_run(conn, SQLITE_BACK);
}

static int sqlite_savepoint(struct driver_conn *conn)
{
    conn->deadline = 0;
    return sqlite_fixed_run(conn, SQLITE_SAVE);
}

static int sqlite_release(struct driver_conn *conn)
{
    conn->deadline = 0;
    return sqlite_fixed_run(conn, SQLITE_FREE);
}

static int sqlite_undo(struct driver_conn *conn)
{
    conn->deadline = 0;
    int code = sqlite_fixed_run(conn, SQLITE_UNDO);
    return code ? code : sqlite_fixed_run(conn, SQLITE_FREE);
}

static int sqlite_in_transaction(struct driver_conn *conn)
{
    return !sqlite3_get_autocommit(conn->handle);
}

static void sqlite_deadline(struct driver_conn *conn, int64_t at)
{
    conn->deadline = at;
}

static int64_t sqlite_changes(struct driver_conn *conn)
{
    return sqlite3_changes64(conn->handle);
}

static int64_t sqlite_written(struct driver_conn *conn)
{
    return sqlite3_total_changes64(conn->handle);
}

/* A bounded look at each index: a few milliseconds, whatever the size. */
static int sqlite_optimize(struct driver_conn *conn)
{
    conn->deadline = 0;
    int rc = sqlite_trusted(conn, "PRAGMA analysis_limit = 400");
    if (rc == SQLITE_OK)
        rc = sqlite_trusted(conn, "PRAGMA optimize");
    return sqlite_code(conn, rc);
}

const struct driver sqlite_driver = {
    .name = "sqlite",
    .capabilities = 0,
    .open = sqlite_open,
    .close = sqlite_close,
    .prepare = sqlite_statement_prepare,
    .finalize = sqlite_statement_finalize,
    .bind = sqlite_statement_bind,
    .step = sqlite_statement_step,
    .reset = sqlite_statement_reset,
    .column_int = sqlite_statement_int,
    .column_text = sqlite_statement_text,
    .column_is_null = sqlite_statement_is_null,
    .column_name = sqlite_statement_column,
    .columns = sqlite_statement_columns,
    .reads = sqlite_statement_reads,
    .writes = sqlite_statement_writes,
    .changes = sqlite_changes,
    .written = sqlite_written,
    .error = sqlite_words,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .keep = sqlite_log_keep,
    .sync = sqlite_log_sync,
    .rollback = sqlite_rollback,
    .trim = sqlite_trim,
    .savepoint = sqlite_savepoint,
    .release = sqlite_release,
    .undo = sqlite_undo,
    .in_transaction = sqlite_in_transaction,
    .script = sqlite_statement_script,
    .deadline = sqlite_deadline,
    .log_bytes = sqlite_log_bytes,
    .checkpoint = sqlite_log_checkpoint,
    .optimize = sqlite_optimize,
    .backup = sqlite_copy_backup,
    .integrity = sqlite_copy_integrity,
    .drop = sqlite_statement_drop,
};
