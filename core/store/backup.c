/*
 * backup: copies of a running shop's database, and the way back.
 *
 * A copy is made over a connection of its own, so the thread's snapshot is not held for
 * minutes. A restore opens the copy in a folder beside first, with everything that an
 * ordinary start checks (is it a shop's, is it sound, is it not newer), and only then
 * moves it into place; what was there is kept under a name with the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/disk.h"
#include "base/str.h"
#include "store/conn.h"
#include "store/lock.h"

#define BACKUP_CHUNK 65536

int db_backup(struct db *db, const char *file,
              void (*progress)(void *user, int64_t done, int64_t total), void *user,
              struct err *err)
{
    struct driver_conn *raw = NULL;
    int code = db->driver->open(&raw, db->dir, 0, err);
    if (code != 0)
        return code;
    code = db->driver->backup(raw, file, progress, user, err);
    db->driver->close(raw);
    return code;
}

int db_integrity(struct db *db, struct arena *arena, struct souk_str *report)
{
    struct driver_conn *raw = NULL;
    struct err err = {0};
    int code = db->driver->open(&raw, db->dir, 0, &err);
    if (code != 0) {
        *report = arena_str(arena, souk_str(err.text));
        return code;
    }
    code = db->driver->integrity(raw, arena, report);
    db->driver->close(raw);
    return code;
}

/* ---- restore ---- */

static int backup_copy_bytes(int from, int to)
{
    char *chunk = mem_alloc(BACKUP_CHUNK);
    ssize_t got;
    int failed = 0;
    while (!failed && (got = read(from, chunk, BACKUP_CHUNK)) != 0)
        if (got > 0)
            failed = disk_write(to, str_make(chunk, (size_t)got)) != 0;
        else
            failed = errno != EINTR;
    free(chunk);
    return failed || fsync(to) != 0 ? -1 : 0;
}

static int backup_copy_file(const char *from, const char *to, struct err *err)
{
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0)
        return err_set(err, SOUK_NOT_FOUND, "%s cannot be read: %s", from, strerror(errno));
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int failed = out < 0 || backup_copy_bytes(in, out) != 0;
    int why = errno;
    close(in);
    if (out >= 0)
        close(out);
    return failed ? err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %s", to, strerror(why))
                  : 0;
}

/* A database of another program would be opened as an empty shop. */
static int backup_is_ours(const char *dir, struct err *err)
{
    const struct driver *driver = &sqlite_driver;
    struct driver_conn *raw = NULL;
    struct driver_statement *look = NULL;
    int code = driver->open(&raw, dir, 1, err);
    if (code != 0)
        return code;
    if (driver->prepare(raw, "SELECT 1 FROM migration WHERE owner = 'souk'", NULL, &look, NULL) !=
            0 ||
        driver->step(look) != 1)
        code = err_set(err, SOUK_INVALID,
                       "it is not the database of a shop; name the file that souk backup wrote");
    if (look)
        driver->finalize(look);
    driver->close(raw);
    return code;
}

/* Opens the copy as a shop would, looks at every page, closes it again. */
static int backup_try(const char *dir, struct err *err)
{
    struct db *db = NULL;
    struct db_options options = {.dir = dir};
    struct arena arena = {0};
    struct souk_str report;
    int code = backup_is_ours(dir, err);
    if (code != 0 || (code = db_open(&db, &options, err)) != 0)
        return code;
    if ((code = db_integrity(db, &arena, &report)) != 0)
        err_set(err, code, "the copy is not sound: %.*s", (int)report.len, report.ptr);
    arena_free(&arena);
    db_shut(db);
    return code;
}

/* db_restore has made sure that there is room. */
static void backup_path(char *to, const char *dir, const char *name)
{
    if (snprintf(to, PATH_MAX, "%s/%s", dir, name) >= PATH_MAX)
        to[0] = 0;
}

static void backup_sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

/* The log belongs to its database: they move together. */
static int backup_move_old(const char *dir, struct err *err)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char from[PATH_MAX];
    char to[PATH_MAX + 100];
    char stamp[32];
    clock_format(clock_now(), 1, stamp);
    for (int i = 0; i < 3; i++) {
        snprintf(from, sizeof from, "%s/souk.db%s", dir, ends[i]);
        snprintf(to, sizeof to, "%s/souk.db.before-restore-%s%s", dir, stamp, ends[i]);
        if (rename(from, to) != 0 && errno != ENOENT)
            return err_set(err, SOUK_UNAVAILABLE, "%s cannot be moved aside: %s", from,
                           strerror(errno));
    }
    return 0;
}

static void backup_clean(const char *aside)
{
    static const char *const names[] = {"souk.db", "souk.db-wal", "souk.db-shm", "souk.lock"};
    char path[PATH_MAX];
    for (int i = 0; i < 4; i++) {
        backup_path(path, aside, names[i]);
        unlink(path);
    }
    rmdir(aside);
}

static int backup_restore_locked(const char *dir, const char *file, struct err *err)
{
    char aside[PATH_MAX];
    char from[PATH_MAX];
    char to[PATH_MAX];
    char log[PATH_MAX];
    backup_path(aside, dir, "restoring");
    backup_clean(aside);
    if (mkdir(aside, 0700) != 0 && errno != EEXIST)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be made: %s", aside, strerror(errno));
    backup_path(from, aside, "souk.db");
    backup_path(to, dir, "souk.db");
    int code = backup_copy_file(file, from, err);
    snprintf(log, sizeof log, "%s-wal", file);
    if (code == 0 &&
        access(log, R_OK) == 0) { /* somebody copied a database together with its log */
        char log_to[PATH_MAX];
        backup_path(log_to, aside, "souk.db-wal");
        code = backup_copy_file(log, log_to, err);
    }
    if (code == 0 && (code = backup_try(aside, err)) != 0)
        err_in(err, "%s cannot be restored", file);
    if (code == 0)
        code = backup_move_old(dir, err);
    if (code == 0 && rename(from, to) != 0)
        code = err_set(err, SOUK_UNAVAILABLE, "%s cannot be moved into place: %s", from,
                       strerror(errno));
    backup_clean(aside);
    backup_sync_dir(dir);
    return code;
}

int db_restore(const char *dir, const char *file, struct err *err)
{
    int lock = -1;
    struct stat state;
    if (strlen(dir) + strlen(file) + 64 > PATH_MAX)
        return err_set(err, SOUK_INVALID, "a path is too long");
    if (stat(file, &state) != 0 || !S_ISREG(state.st_mode) || state.st_size == 0)
        return err_set(err, SOUK_NOT_FOUND,
                       "%s is not a copy of a database; name the file that souk backup wrote",
                       file);
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be made: %s", dir, strerror(errno));
    int code = lock_take(dir, &lock, err);
    if (code != 0)
        return code;
    code = backup_restore_locked(dir, file, err);
    lock_drop(lock);
    return code;
}
