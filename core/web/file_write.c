/*
 * file_write.c: see file_write.h. The compressed twin is made on the way, so that a large file is
 * read by nobody twice.
 */
#include "web/file_write.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "base/disk.h"
#include "base/str.h"

#define PATH_ROOM   4400
#define PLAIN_ROOM  ((size_t)256 << 10)
#define PACKED_ROOM ((size_t)128 << 10)
#define PACK_LEVEL  5

struct file_write {
    char path[PATH_ROOM];
    int64_t bytes;
    int plain, packed; /* descriptors */
    size_t filled;
    z_stream zip;
    unsigned char out[PACKED_ROOM];
    char buffer[PLAIN_ROOM];
};

static const char *path_of(char path[PATH_ROOM + 16], const struct file_write *file,
                           const char *ending)
{
    snprintf(path, PATH_ROOM + 16, "%s%s", file->path, ending);
    return path;
}

static int open_new(const struct file_write *file, const char *ending, struct err *err)
{
    char path[PATH_ROOM + 16];
    int fd = open(path_of(path, file, ending), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0)
        err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %m", path);
    return fd;
}

/* Whether the file of this name is still the one that is open: whoever had it before may have put
 * it in place between our open() and our lock. */
static int is_still(const struct file_write *file, const char *ending, int fd)
{
    char path[PATH_ROOM + 16];
    struct stat named, open_one;
    return stat(path_of(path, file, ending), &named) == 0 && fstat(fd, &open_one) == 0 &&
           named.st_dev == open_one.st_dev && named.st_ino == open_one.st_ino;
}

/* Both new files, empty, and nobody else's: the first is locked as long as it is open, also against
 * another process, which would write into the same bytes and put a mixture in place. */
static int open_both(struct file_write *file, struct err *err)
{
    for (;;) {
        file->plain = open_new(file, ".new", err);
        if (file->plain < 0)
            return SOUK_UNAVAILABLE;
        if (flock(file->plain, LOCK_EX | LOCK_NB) != 0)
            return err_set(err, SOUK_CONFLICT, "%s is being written by somebody else", file->path);
        if (is_still(file, ".new", file->plain))
            break;
        close(file->plain);
    }
    file->packed = open_new(file, ".gz.new", err);
    if (file->packed < 0)
        return SOUK_UNAVAILABLE;
    if (ftruncate(file->plain, 0) != 0 || ftruncate(file->packed, 0) != 0)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %m", file->path);
    return SOUK_OK;
}

static void close_all(struct file_write *file)
{
    if (file->plain >= 0)
        close(file->plain);
    if (file->packed >= 0)
        close(file->packed);
    deflateEnd(&file->zip);
    free(file);
}

int file_write_begin(struct file_write **out, const char *path, struct err *err)
{
    if (strlen(path) >= PATH_ROOM)
        return err_set(err, SOUK_TOO_LARGE, "the path of the file is too long");
    struct file_write *file = mem_zalloc(sizeof *file);
    memcpy(file->path, path, strlen(path) + 1);
    file->plain = file->packed = -1;
    if (deflateInit2(&file->zip, PACK_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        free(file);
        return err_set(err, SOUK_ERROR, "the file cannot be compressed");
    }
    int code = open_both(file, err);
    if (code != SOUK_OK) {
        close_all(file);
        return code;
    }
    *out = file;
    return SOUK_OK;
}

static int write_all(int fd, const void *bytes, size_t len, const char *path, struct err *err)
{
    return disk_write(fd, str_make(bytes, len)) == 0
               ? SOUK_OK
               : err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %m", path);
}

static int pack(struct file_write *file, int flush, struct err *err)
{
    int code = SOUK_OK;
    file->zip.next_in = (unsigned char *)file->buffer;
    file->zip.avail_in = (unsigned)file->filled;
    do {
        file->zip.next_out = file->out;
        file->zip.avail_out = sizeof file->out;
        deflate(&file->zip, flush);
        code = write_all(file->packed, file->out, sizeof file->out - file->zip.avail_out,
                         file->path, err);
    } while (code == SOUK_OK && file->zip.avail_out == 0);
    return code;
}

static int flush(struct file_write *file, int how, struct err *err)
{
    int code = write_all(file->plain, file->buffer, file->filled, file->path, err);
    if (code == SOUK_OK)
        code = pack(file, how, err);
    file->bytes += (int64_t)file->filled;
    file->filled = 0;
    return code;
}

int file_write_add(struct file_write *file, struct souk_str bytes, struct err *err)
{
    int code = SOUK_OK;
    while (code == SOUK_OK && bytes.len) {
        size_t room = sizeof file->buffer - file->filled;
        size_t take = bytes.len < room ? bytes.len : room;
        memcpy(file->buffer + file->filled, bytes.ptr, take);
        file->filled += take;
        bytes.ptr += take;
        bytes.len -= take;
        if (file->filled == sizeof file->buffer)
            code = flush(file, Z_NO_FLUSH, err);
    }
    return code;
}

static int keep(const struct file_write *file, int fd, const char *from, const char *to, int64_t at,
                struct err *err)
{
    char old[PATH_ROOM + 16], new[PATH_ROOM + 16];
    struct timespec times[2] = {{at / 1000000, at % 1000000 * 1000}, {0, 0}};
    times[1] = times[0];
    path_of(old, file, to);
    path_of(new, file, from);
    if (futimens(fd, times) != 0 || disk_place(AT_FDCWD, fd, new, old) != 0)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be put in place: %m", old);
    return SOUK_OK;
}

int file_write_end(struct file_write *file, int64_t at, int64_t *bytes, struct err *err)
{
    int code = flush(file, Z_FINISH, err);
    if (code == SOUK_OK)
        code = keep(file, file->packed, ".gz.new", ".gz", at, err);
    if (code == SOUK_OK)
        code = keep(file, file->plain, ".new", "", at, err);
    *bytes = file->bytes;
    if (code != SOUK_OK) {
        file_write_drop(file);
        return code;
    }
    close_all(file);
    return SOUK_OK;
}

void file_write_drop(struct file_write *file)
{
    char path[PATH_ROOM + 16];
    if (!file)
        return;
    unlink(path_of(path, file, ".new"));
    unlink(path_of(path, file, ".gz.new"));
    close_all(file);
}
