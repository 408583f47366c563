/*
 * lock: the file souk.lock of a data directory, locked with fcntl: such a lock belongs
 * to the process (children that it forks do not keep it alive) and ends with it,
 * however it ends.
 */
#include "store/lock.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

int lock_take(const char *dir, int *fd, struct err *err)
{
    char path[PATH_MAX];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    snprintf(path, sizeof path, "%s/souk.lock", dir);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*fd < 0)
        return err_set(err, SOUK_UNAVAILABLE,
                       "%s cannot be opened: %s; check the owner of the folder", path,
                       strerror(errno));
    if (fcntl(*fd, F_SETLK, &whole) == 0)
        return 0;
    close(*fd);
    *fd = -1;
    return err_set(err, SOUK_BUSY, "another souk process uses %s; stop it first", dir);
}

void lock_drop(int fd)
{
    if (fd >= 0)
        close(fd);
}
