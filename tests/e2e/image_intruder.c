/*
 * image_intruder: a decoder that was taken over, for LD_PRELOAD into souk-image: in place of
 * reading a PNG it does what INTRUDE says, and tells on standard output when it was let through
 * ("through") or refused ("stopped"). What ends the process says nothing more.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *what;
static pid_t parent;

__attribute__((constructor)) static void begin(void)
{
    what = getenv("INTRUDE");
    parent = getppid();
}

static long attempt(void)
{
    char *const none[] = {NULL};
    if (strcmp(what, "open") == 0)
        return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY);
    if (strcmp(what, "socket") == 0)
        return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    if (strcmp(what, "exec") == 0)
        return syscall(SYS_execve, "/bin/true", none, none);
    if (strcmp(what, "fork") == 0)
        return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (strcmp(what, "kill") == 0)
        return syscall(SYS_kill, parent, 0);
    if (strcmp(what, "tgkill") == 0)
        return syscall(SYS_tgkill, parent, parent, 0);
    if (strcmp(what, "ptrace") == 0)
        return syscall(SYS_ptrace, 16, parent, 0, 0);
    if (strcmp(what, "unlink") == 0)
        return syscall(SYS_unlinkat, AT_FDCWD, "/tmp/no-such-file", 0);
    if (strcmp(what, "mkdir") == 0)
        return syscall(SYS_mkdirat, AT_FDCWD, "/tmp/image-intruder", 0700);
    if (strcmp(what, "code") == 0)
        return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
                       MAP_FAILED
                   ? -1
                   : 0;
    if (strcmp(what, "memory") == 0)
        return malloc((size_t)1 << 30) ? 0 : -1;
    return 0; /* "nothing": the way to say so works */
}

void *gdImageCreateFromPngPtr(int size, void *data);
void *gdImageCreateFromPngPtr(int size, void *data)
{
    (void)size;
    (void)data;
    long code = attempt();
    printf("%s\n", code == -1 ? "stopped" : "through");
    fflush(stdout);
    _exit(0);
}
