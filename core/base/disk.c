/*
 * disk.c: see disk.h. The order is all there is to it: bytes, fsync, rename, fsync of the folder.
 */
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/rand.h"

#define RANDOM_BYTES 15

static void close_quietly(int fd)
{
    int why = errno;
    if (fd >= 0)
        close(fd);
    errno = why;
}

int disk_write(int fd, struct souk_str bytes)
{
    for (size_t done = 0; done < bytes.len;) {
        ssize_t n = write(fd, bytes.ptr + done, bytes.len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return -1;
        done += (size_t)n;
    }
    return 0;
}

/* A folder that may be written to but not read, and a file system that has nothing to bring to the
 * disk for one (EINVAL), are left at that: the file is in its place. */
static int sync_folder(int dir, const char *name)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(name, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - name) + 1 : 1,
             slash ? name : ".");
    int fd = openat(dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd >= 0 && fsync(fd) != 0 && errno != EINVAL;
    close_quietly(fd);
    return failed ? -1 : 0;
}

int disk_place(int dir, int fd, const char *fresh, const char *name)
{
    if (fsync(fd) != 0 || renameat(dir, fresh, dir, name) != 0)
        return -1;
    return sync_folder(dir, name);
}

int disk_put(const char *path, struct souk_str bytes, mode_t mode, struct err *err)
{
    char fresh[PATH_MAX], token[32];
    rand_token(token, RANDOM_BYTES);
    int fd = -1;
    if ((size_t)snprintf(fresh, sizeof fresh, "%s.%s.part", path, token) >= sizeof fresh)
        errno = ENAMETOOLONG;
    else
        fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    int failed = fd < 0 || disk_write(fd, bytes) != 0 || disk_place(AT_FDCWD, fd, fresh, path) != 0;
    close_quietly(fd);
    if (!failed)
        return SOUK_OK;
    int why = errno;
    if (fd >= 0)
        unlink(fresh);
    errno = why;
    return err_set(err, SOUK_UNAVAILABLE, "%s cannot be written: %m", path);
}
