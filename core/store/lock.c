/*
 * lock: the file souk.lock of a data directory, locked with flock: such a lock belongs to
 * the opened file, so processes forked afterwards hold it too, and it ends with the last
 * of them, however they end. The supervisor takes it before it forks a shop: while either
 * lives, nobody else has the folder.
 */
#include "store/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

int lock_take(const char *dir, int *fd, struct err *err)
{
    char path[PATH_MAX];
    *fd = -1;
    if ((size_t)snprintf(path, sizeof path, "%s/souk.lock", dir) >= sizeof path)
        return err_set(err, SOUK_INVALID, "the path of the data directory is too long");
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_set(err, SOUK_DENIED, "%s cannot be opened: %s; %s", path, strerror(errno),
                       errno == ENOTDIR || errno == ENOENT ? "name a folder with --data"
                                                           : "check the owner of the folder");
    if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    int busy = errno == EWOULDBLOCK;
    int why = errno;
    close(*fd);
    *fd = -1;
    if (busy)
        return err_set(err, SOUK_BUSY,
                       "%s is in use by a running souk; stop it first, or name another --data",
                       dir);
    return err_set(err, SOUK_UNAVAILABLE,
                   "%s cannot be locked: %s; put the data on a file system of this machine", path,
                   strerror(why));
}

void lock_drop(int fd)
{
    if (fd >= 0)
        close(fd);
}
