/*
 * shim_vfs: a file system between SQLite and the real one, for tests: counts syncs,
 * holds them or makes them fail, and remembers what was written since the last sync of each file,
 * so that a test can ask what a power cut would have left.
 *
 * The image after a cut is what was synced, plus a random part of what was not, cut at
 * 512 bytes.
 */
#ifndef STORE_SHIM_VFS_H
#define STORE_SHIM_VFS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

#define SHIM_FILES 16

struct shim_write {
    struct shim_write *next;
    sqlite3_int64 at;
    int len; /* -1: the file was cut to `at` */
    char bytes[];
};

struct shim_image {
    char path[512];
    char *synced;
    size_t len;
    struct shim_write *first, *last;
};

struct shim_file {
    sqlite3_file base;
    struct shim_image *image;
    sqlite3_file *real;
};

static sqlite3_vfs shim_vfs;
static sqlite3_vfs *shim_real;
static sqlite3_io_methods shim_methods;
static struct shim_image shim_images[SHIM_FILES];
static pthread_mutex_t shim_mutex = PTHREAD_MUTEX_INITIALIZER;
static _Atomic int shim_syncs;
static _Atomic int shim_fail_syncs; /* this many more fail */
static _Atomic int shim_forgets;    /* a sync that fails loses what was written, as a kernel may */
static int shim_held, shim_inside;  /* syncs wait until they are let go; so many do */
static _Atomic int shim_record;
static pthread_cond_t shim_cond = PTHREAD_COND_INITIALIZER;
static int shim_moved; /* syncs of the database's own file: checkpoints */

static sqlite3_file *shim_under(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

static void shim_apply(char **bytes, size_t *len, const struct shim_write *write, size_t part)
{
    size_t at = (size_t)write->at;
    size_t end = write->len < 0 ? at : at + part;
    if (write->len < 0) {
        *len = at < *len ? at : *len;
        return;
    }
    if (end > *len) {
        *bytes = realloc(*bytes, end + 1);
        memset(*bytes + *len, 0, end - *len);
        *len = end;
    }
    memcpy(*bytes + at, write->bytes, part);
}

static void shim_remember(struct shim_image *image, const void *bytes, int len, sqlite3_int64 at)
{
    if (!image || !shim_record)
        return;
    struct shim_write *write = malloc(sizeof *write + (size_t)(len > 0 ? len : 0));
    write->next = NULL;
    write->at = at;
    write->len = len;
    if (len > 0)
        memcpy(write->bytes, bytes, (size_t)len);
    pthread_mutex_lock(&shim_mutex);
    if (image->last)
        image->last->next = write;
    else
        image->first = write;
    image->last = write;
    pthread_mutex_unlock(&shim_mutex);
}

static void shim_settle(struct shim_image *image, int lost)
{
    pthread_mutex_lock(&shim_mutex);
    while (image->first) {
        struct shim_write *write = image->first;
        image->first = write->next;
        if (!lost)
            shim_apply(&image->synced, &image->len, write,
                       (size_t)(write->len > 0 ? write->len : 0));
        free(write);
    }
    image->last = NULL;
    pthread_mutex_unlock(&shim_mutex);
}

static int shim_write_file(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 at)
{
    int rc = shim_under(file)->pMethods->xWrite(shim_under(file), bytes, len, at);
    if (rc == SQLITE_OK)
        shim_remember(((struct shim_file *)file)->image, bytes, len, at);
    return rc;
}

static int shim_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    int rc = shim_under(file)->pMethods->xTruncate(shim_under(file), size);
    if (rc == SQLITE_OK)
        shim_remember(((struct shim_file *)file)->image, NULL, -1, size);
    return rc;
}

static int shim_sync(sqlite3_file *file, int flags)
{
    struct shim_image *image = ((struct shim_file *)file)->image;
    atomic_fetch_add(&shim_syncs, 1);
    pthread_mutex_lock(&shim_mutex);
    shim_inside++;
    pthread_cond_broadcast(&shim_cond);
    while (shim_held)
        pthread_cond_wait(&shim_cond, &shim_mutex);
    shim_inside--;
    pthread_mutex_unlock(&shim_mutex);
    if (shim_fail_syncs > 0) {
        atomic_fetch_sub(&shim_fail_syncs, 1);
        if (image && shim_forgets)
            shim_settle(image, 1);
        return SQLITE_IOERR_FSYNC;
    }
    int rc = shim_under(file)->pMethods->xSync(shim_under(file), flags);
    if (rc == SQLITE_OK && image) {
        shim_settle(image, 0);
        pthread_mutex_lock(&shim_mutex);
        shim_moved += strstr(image->path, "-wal") == NULL;
        pthread_cond_broadcast(&shim_cond);
        pthread_mutex_unlock(&shim_mutex);
    }
    return rc;
}

static int shim_close(sqlite3_file *file)
{
    return shim_under(file)->pMethods ? shim_under(file)->pMethods->xClose(shim_under(file))
                                      : SQLITE_OK;
}

#define SHIM_PASS(name, params, args)                                                              \
    static int shim_##name params                                                                  \
    {                                                                                              \
        return shim_under(file)->pMethods->name args;                                              \
    }
SHIM_PASS(xRead, (sqlite3_file * file, void *to, int len, sqlite3_int64 at),
          (shim_under(file), to, len, at))
SHIM_PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), (shim_under(file), size))
SHIM_PASS(xLock, (sqlite3_file * file, int level), (shim_under(file), level))
SHIM_PASS(xUnlock, (sqlite3_file * file, int level), (shim_under(file), level))
SHIM_PASS(xCheckReservedLock, (sqlite3_file * file, int *out), (shim_under(file), out))
SHIM_PASS(xFileControl, (sqlite3_file * file, int op, void *arg), (shim_under(file), op, arg))
SHIM_PASS(xSectorSize, (sqlite3_file * file), (shim_under(file)))
SHIM_PASS(xDeviceCharacteristics, (sqlite3_file * file), (shim_under(file)))
SHIM_PASS(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **out),
          (shim_under(file), page, size, extend, out))
SHIM_PASS(xShmLock, (sqlite3_file * file, int offset, int n, int flags),
          (shim_under(file), offset, n, flags))
SHIM_PASS(xShmUnmap, (sqlite3_file * file, int remove), (shim_under(file), remove))
SHIM_PASS(xFetch, (sqlite3_file * file, sqlite3_int64 at, int len, void **out),
          (shim_under(file), at, len, out))
SHIM_PASS(xUnfetch, (sqlite3_file * file, sqlite3_int64 at, void *page),
          (shim_under(file), at, page))

static void shim_xShmBarrier(sqlite3_file *file)
{
    shim_under(file)->pMethods->xShmBarrier(shim_under(file));
}

static struct shim_image *shim_find(const char *path)
{
    struct shim_image *found = NULL;
    pthread_mutex_lock(&shim_mutex);
    for (int i = 0; i < SHIM_FILES && !found; i++) {
        if (!shim_images[i].path[0])
            snprintf(shim_images[i].path, sizeof shim_images[i].path, "%s", path);
        if (strcmp(shim_images[i].path, path) == 0)
            found = &shim_images[i];
    }
    pthread_mutex_unlock(&shim_mutex);
    return found;
}

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags,
                     int *out)
{
    struct shim_file *shim = (struct shim_file *)file;
    (void)vfs;
    shim->real = (sqlite3_file *)(shim + 1);
    shim->image =
        path && (flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)) ? shim_find(path) : NULL;
    int rc = shim_real->xOpen(shim_real, path, shim->real, flags, out);
    shim->base.pMethods = shim->real->pMethods ? &shim_methods : NULL;
    return rc;
}

static inline void shim_hold(int held)
{
    pthread_mutex_lock(&shim_mutex);
    shim_held = held;
    pthread_cond_broadcast(&shim_cond);
    pthread_mutex_unlock(&shim_mutex);
}

static inline void shim_wait_inside(void)
{
    pthread_mutex_lock(&shim_mutex);
    while (!shim_inside)
        pthread_cond_wait(&shim_cond, &shim_mutex);
    pthread_mutex_unlock(&shim_mutex);
}

static inline void shim_wait_moved(int count)
{
    pthread_mutex_lock(&shim_mutex);
    while (shim_moved < count)
        pthread_cond_wait(&shim_cond, &shim_mutex);
    pthread_mutex_unlock(&shim_mutex);
}

/* From now on the default of this process. */
static inline void shim_install(void)
{
    shim_real = sqlite3_vfs_find(NULL);
    shim_vfs = *shim_real;
    shim_vfs.zName = "shim";
    shim_vfs.szOsFile = (int)sizeof(struct shim_file) + shim_real->szOsFile;
    shim_vfs.xOpen = shim_open;
    shim_methods = (sqlite3_io_methods){
        3,
        shim_close,
        shim_xRead,
        shim_write_file,
        shim_truncate,
        shim_sync,
        shim_xFileSize,
        shim_xLock,
        shim_xUnlock,
        shim_xCheckReservedLock,
        shim_xFileControl,
        shim_xSectorSize,
        shim_xDeviceCharacteristics,
        shim_xShmMap,
        shim_xShmLock,
        shim_xShmBarrier,
        shim_xShmUnmap,
        shim_xFetch,
        shim_xUnfetch,
    };
    sqlite3_vfs_register(&shim_vfs, 1);
}

/* What a cut now would leave of the file whose path ends so: written to `to`. */
static inline void shim_cut(const char *end, const char *to, unsigned seed)
{
    pthread_mutex_lock(&shim_mutex);
    for (int i = 0; i < SHIM_FILES; i++) {
        struct shim_image *image = &shim_images[i];
        size_t len = strlen(image->path);
        if (len < strlen(end) || strcmp(image->path + len - strlen(end), end) != 0)
            continue;
        char *bytes = malloc(image->len + 1);
        size_t size = image->len;
        if (size)
            memcpy(bytes, image->synced, size);
        for (const struct shim_write *write = image->first; write; write = write->next) {
            seed = seed * 1103515245u + 12345u;
            unsigned luck = seed >> 16 & 3;
            size_t whole = (size_t)(write->len > 0 ? write->len : 0);
            if (luck == 0)
                shim_apply(&bytes, &size, write, whole);
            else if (luck == 1)
                shim_apply(&bytes, &size, write, whole > 512 ? 512 : whole);
        }
        FILE *out = fopen(to, "wb");
        if (out && size)
            fwrite(bytes, 1, size, out);
        if (out)
            fclose(out);
        free(bytes);
    }
    pthread_mutex_unlock(&shim_mutex);
}

static inline void shim_forget(void)
{
    for (int i = 0; i < SHIM_FILES; i++) {
        shim_settle(&shim_images[i], 1);
        free(shim_images[i].synced);
        memset(&shim_images[i], 0, sizeof shim_images[i]);
    }
}

#endif
