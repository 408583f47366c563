/*
 * sqlite_log.c: SQLite's write-ahead log on its way to the disk: what it grew by is kept in memory
 * until it is synced, and written anew when a sync fails; and moving it into the database.
 *
 * Connections run with synchronous = normal: SQLite writes a commit into the log and syncs at
 * checkpoints alone, in their right order (log, database). The sync of commits is ours, through
 * SQLite's own file of the log, so that whatever stands below (a file system of a test) sees it. A
 * sync that failed may have made the kernel forget the pages, and asking again would be a lie:
 * so they are given again. A connection whose log is not safe does not move it, also not when it is
 * closed: frames that were forgotten would be moved into the database; opening it again takes what
 * the sums in the log prove.
 */
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "base/arena.h"
#include "store/sqlite_conn.h"

#define SQLITE_PATIENCE_MS 20
#define SQLITE_TAIL_KEEP   (1 << 20) /* more room than this is given back */
#define SQLITE_TAIL_PIECE  (1 << 16)

int sqlite_log_committed(void *arg, sqlite3 *handle, const char *schema, int frames)
{
    struct driver_conn *conn = arg;
    (void)handle;
    (void)schema;
    conn->frames = frames;
    conn->tail.grown = 1;
    return SQLITE_OK;
}

int64_t sqlite_log_bytes(struct driver_conn *conn)
{
    return conn->frames ? SQLITE_LOG_HEAD + (int64_t)conn->frames * SQLITE_LOG_FRAME : 0;
}

/* The log begins anew after it was moved: its head is another one then. */
static int log_begins(struct sqlite_tail *tail)
{
    unsigned char head[SQLITE_LOG_HEAD];
    int rc = tail->file->pMethods->xRead(tail->file, head, sizeof head, 0);
    if (rc == SQLITE_OK && memcmp(head, tail->head, sizeof head) != 0) {
        memcpy(tail->head, head, sizeof head);
        tail->frames = 0;
    }
    return rc;
}

int sqlite_log_keep(struct driver_conn *conn)
{
    struct sqlite_tail *tail = &conn->tail;
    if (!tail->grown || sqlite3_file_control(conn->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                             &tail->file) != SQLITE_OK)
        return 0;
    int rc = log_begins(tail);
    tail->grown = 0;
    tail->at = tail->frames ? SQLITE_LOG_HEAD + (sqlite3_int64)tail->frames * SQLITE_LOG_FRAME : 0;
    tail->len = sqlite_log_bytes(conn) - tail->at;
    tail->frames = conn->frames;
    if (tail->len > tail->room || tail->room > SQLITE_TAIL_KEEP) {
        free(tail->bytes);
        tail->bytes = mem_alloc((size_t)tail->len);
        tail->room = tail->len;
    }
    for (sqlite3_int64 done = 0; rc == SQLITE_OK && done < tail->len; done += SQLITE_TAIL_PIECE) {
        sqlite3_int64 left = tail->len - done;
        rc = tail->file->pMethods->xRead(tail->file, tail->bytes + done,
                                         left < SQLITE_TAIL_PIECE ? (int)left : SQLITE_TAIL_PIECE,
                                         tail->at + done);
    }
    if (rc != SQLITE_OK) {
        log_error("sqlite.log_unreadable", LOG_I("code", rc),
                  LOG_S("next", "look at the health of the disk"));
        tail->len = 0;
    }
    return 1;
}

/* SQLite's own writes are never larger than a page, and it takes no more than 128 KiB at once. */
static int log_write_again(const struct sqlite_tail *tail)
{
    int rc = tail->len ? SQLITE_OK : SQLITE_IOERR_READ;
    for (sqlite3_int64 done = 0; rc == SQLITE_OK && done < tail->len; done += SQLITE_TAIL_PIECE) {
        sqlite3_int64 left = tail->len - done;
        rc = tail->file->pMethods->xWrite(tail->file, tail->bytes + done,
                                          left < SQLITE_TAIL_PIECE ? (int)left : SQLITE_TAIL_PIECE,
                                          tail->at + done);
    }
    return rc;
}

int sqlite_log_sync(struct driver_conn *conn, int again)
{
    struct sqlite_tail *tail = &conn->tail;
    int rc = SQLITE_OK;
    if (again)
        rc = log_write_again(tail);
    if (rc == SQLITE_OK)
        rc = tail->file->pMethods->xSync(tail->file, SQLITE_SYNC_NORMAL);
    tail->unsafe = rc != SQLITE_OK;
    return rc == SQLITE_OK ? 0 : SOUK_UNAVAILABLE;
}

int sqlite_log_checkpoint(struct driver_conn *conn, int truncate)
{
    int all = 0;
    int moved = 0;
    conn->deadline = 0;
    /* Readers are waited for shortly or not at all: the rest is moved next time. */
    sqlite3_busy_timeout(conn->handle, truncate ? SQLITE_PATIENCE_MS : 0);
    int rc = sqlite3_wal_checkpoint_v2(
        conn->handle, NULL, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &all,
        &moved);
    sqlite3_busy_timeout(conn->handle, SQLITE_WAIT_MS);
    if (rc == SQLITE_OK && all == moved) {
        if (truncate)
            conn->frames = 0;
        return 0;
    }
    return rc == SQLITE_OK ? SOUK_BUSY : sqlite_code(conn, rc);
}

void sqlite_log_close(struct driver_conn *conn)
{
    if (conn->tail.unsafe)
        sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    free(conn->tail.bytes);
}
