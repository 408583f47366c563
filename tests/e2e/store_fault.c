/*
 * store_fault: a shim for LD_PRELOAD that lets a test decide what the disk does: end the process at
 * the n-th sync from now, or make syncs or writes fail. The file that STORE_FAULT names holds three
 * numbers of four bytes: syncs until the end (0: never), the errno of syncs, the errno of
 * positioned writes (0: none).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct faults {
    _Atomic int syncs_left, sync_error, write_error;
};

static struct faults none;
static struct faults *faults = &none;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STORE_FAULT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *map = mmap(NULL, sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED)
        faults = map;
}

static int is_refused(int error)
{
    if (error)
        errno = error;
    return error != 0;
}

int fdatasync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    if (atomic_load(&faults->syncs_left) > 0 && atomic_fetch_sub(&faults->syncs_left, 1) == 1)
        kill(getpid(), SIGKILL);
    return is_refused(atomic_load(&faults->sync_error)) ? -1 : real(fd);
}

int fsync(int fd)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return is_refused(atomic_load(&faults->sync_error)) ? -1 : real(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    return is_refused(atomic_load(&faults->write_error)) ? -1 : real(fd, bytes, len, at);
}
