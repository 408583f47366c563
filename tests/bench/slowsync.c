/*
 * slowsync: a shim for LD_PRELOAD that makes every fsync and fdatasync take the same 2
 * ms, whatever the disk.
 *
 * The time of a sync varies 40-fold on rented disks, so that two numbers of writes per
 * second cannot be compared; with this shim on both sides they can. The nap is the
 * purpose: it stands for the disk. Nothing is really synced, so the shim is for
 * measuring only. Calls are counted in the first eight bytes of the file that
 * SLOWSYNC_COUNT names, shared by all processes that carry the shim; without it nothing
 * is counted.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SYNC_NS 2000000L

static _Atomic uint64_t *counter;

int fsync(int fd);
int fdatasync(int fd);

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("SLOWSYNC_COUNT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        counter = map;
}

static int nap(void)
{
    struct timespec left = {.tv_sec = 0, .tv_nsec = SYNC_NS};
    int error = errno;
    if (counter)
        atomic_fetch_add(counter, 1);
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    errno = error;
    return 0;
}

int fsync(int fd)
{
    (void)fd;
    return nap();
}

int fdatasync(int fd)
{
    (void)fd;
    return nap();
}
