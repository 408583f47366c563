/*
 * sqlite_copy: copies of a database while it is in use, and the check of one.
 *
 * The copy is made in small steps through SQLite's backup interface, from a reader that
 * holds one snapshot to the end: the shop goes on writing, and the copy never has to
 * begin again. It is written beside, checked, synced and only then renamed, so a file
 * with the wanted name is always whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/disk.h"
#include "store/sqlite_conn.h"

#define SQLITE_COPY_PAGES 128 /* a step: half a megabyte */

static int sqlite_copy_steps(struct driver_conn *from, sqlite3 *to,
                             void (*progress)(void *, int64_t, int64_t), void *user)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from->handle, "main");
    if (!backup)
        return sqlite3_errcode(to);
    int rc;
    do {
        rc = sqlite3_backup_step(backup, SQLITE_COPY_PAGES);
        if (progress) {
            int total = sqlite3_backup_pagecount(backup);
            progress(user, total - sqlite3_backup_remaining(backup), total);
        }
    } while (rc == SQLITE_OK);
    int finished = sqlite3_backup_finish(backup);
    return rc == SQLITE_DONE ? finished : rc;
}

static int sqlite_copy_check(sqlite3 *handle, struct buf *report)
{
    static const char *const checks[] = {"PRAGMA integrity_check(20)", "PRAGMA foreign_key_check"};
    int bad = 0;
    for (int i = 0; i < 2; i++) {
        sqlite3_stmt *statement = NULL;
        int rc = sqlite3_prepare_v2(handle, checks[i], -1, &statement, NULL);
        if (rc == SQLITE_OK) {
            while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
                const char *text = (const char *)sqlite3_column_text(statement, 0);
                if (i == 0 && text && strcmp(text, "ok") == 0)
                    continue;
                bad++;
                if (i == 0)
                    buf_printf(report, "%s\n", text ? text : "");
                else if (bad <= 20)
                    buf_printf(report, "%s: row %lld refers to a missing row of %s\n",
                               text ? text : "", sqlite3_column_int64(statement, 1),
                               (const char *)sqlite3_column_text(statement, 2));
            }
        }
        sqlite3_finalize(statement);
        if (rc != SQLITE_DONE) {
            buf_printf(report, "%s\n", sqlite3_errmsg(handle));
            bad++;
        }
    }
    return bad ? SOUK_ERROR : 0;
}

int sqlite_copy_integrity(struct driver_conn *conn, struct arena *arena, struct souk_str *report)
{
    struct buf buf = {.arena = arena};
    conn->deadline = 0;
    conn->trusted = 1;
    int code = sqlite_copy_check(conn->handle, &buf);
    conn->trusted = 0;
    *report = code ? buf_str(&buf) : souk_str("");
    return code;
}

/* Out of the mode with a log, so that the copy is one file. */
static int sqlite_copy_close(sqlite3 *to, struct err *err)
{
    struct buf report = {0};
    int code = 0;
    if (sqlite3_exec(to, "PRAGMA journal_mode = delete", NULL, NULL, NULL) != SQLITE_OK)
        code = err_set(err, SOUK_ERROR, "the copy cannot be finished: %s", sqlite3_errmsg(to));
    else if (sqlite_copy_check(to, &report) != 0)
        code = err_set(err, SOUK_ERROR, "the copy is not sound; check the disk. %.*s",
                       (int)report.len, report.ptr);
    buf_free(&report);
    return code;
}

static int sqlite_copy_publish(const char *aside, const char *file, struct err *err)
{
    int fd = open(aside, O_RDONLY | O_CLOEXEC);
    int failed = fd < 0 || disk_place(AT_FDCWD, fd, aside, file) != 0;
    int code = failed ? err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %m", file) : 0;
    if (fd >= 0)
        close(fd);
    return code;
}

static int sqlite_copy_make(struct driver_conn *from, const char *aside,
                            void (*progress)(void *, int64_t, int64_t), void *user, struct err *err)
{
    sqlite3 *to = NULL;
    int fd = open(aside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be made: %s; look at its folder", aside,
                       strerror(errno));
    close(fd);
    int rc = sqlite3_open_v2(aside, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(to, "PRAGMA synchronous = off; PRAGMA cache_size = -512", NULL, NULL,
                          NULL);
    if (rc == SQLITE_OK)
        rc = sqlite_copy_steps(from, to, progress, user);
    int code = rc == SQLITE_OK
                   ? sqlite_copy_close(to, err)
                   : err_set(err, sqlite_code(NULL, rc), "%s: %s", aside, sqlite3_errstr(rc));
    sqlite3_close(to);
    return code;
}

static int sqlite_copy_is_same(const struct stat *state, const char *path)
{
    struct stat other;
    return stat(path, &other) == 0 && other.st_dev == state->st_dev &&
           other.st_ino == state->st_ino;
}

/* An older copy is replaced; the database itself, and what is no database, are not. */
static int sqlite_copy_check_target(struct driver_conn *from, const char *file, struct err *err)
{
    static const char magic[16] = "SQLite format 3";
    char head[sizeof magic] = "";
    struct stat state;
    const char *live = sqlite3_db_filename(from->handle, "main");
    if (stat(file, &state) != 0)
        return 0;
    if (!S_ISREG(state.st_mode))
        return err_set(err, SOUK_INVALID, "%s is not a file; name a file for the copy", file);
    if (sqlite_copy_is_same(&state, live) ||
        sqlite_copy_is_same(&state, sqlite3_filename_wal(live)))
        return err_set(err, SOUK_INVALID, "%s is the database itself; name another file", file);
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, head, sizeof head) : -1;
    if (fd >= 0)
        close(fd);
    if (got != 0 && (got != sizeof head || memcmp(head, magic, sizeof magic) != 0))
        return err_set(err, SOUK_CONFLICT,
                       "%s exists and is no copy of a database; name another file", file);
    return 0;
}

int sqlite_copy_backup(struct driver_conn *from, const char *file,
                       void (*progress)(void *, int64_t, int64_t), void *user, struct err *err)
{
    char aside[PATH_MAX];
    int64_t tables = 0;
    if ((size_t)snprintf(aside, sizeof aside, "%s.part", file) >= sizeof aside)
        return err_set(err, SOUK_INVALID, "the path of the copy is too long");
    int code = sqlite_copy_check_target(from, file, err);
    if (code != 0)
        return code;
    unlink(aside);
    from->deadline = 0;
    /* The first read fixes the snapshot. */
    sqlite3_stmt *look = NULL;
    int rc = sqlite_trusted(from, "BEGIN");
    if (rc == SQLITE_OK)
        rc =
            sqlite3_prepare_v2(from->handle, "SELECT count(*) FROM sqlite_master", -1, &look, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(look)) == SQLITE_ROW) {
        tables = sqlite3_column_int64(look, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(look);
    code = rc == SQLITE_OK && tables >= 0
               ? sqlite_copy_make(from, aside, progress, user, err)
               : err_set(err, sqlite_code(from, rc), "the database cannot be read: %s",
                         sqlite3_errmsg(from->handle));
    sqlite_trusted(from, "ROLLBACK");
    if (code == 0)
        code = sqlite_copy_publish(aside, file, err);
    if (code != 0)
        unlink(aside);
    return code;
}
