/*
 * sandbox: takes all rights away: limits on memory and time, then a seccomp filter that lets
 * through what a decoder needs of the kernel: memory, and reading and writing what is open.
 * Anything else fails; starting programs, sockets and opening files end the process.
 */
#include "app/image/image.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEMORY_MOST ((rlim_t)768 << 20)
#define SECONDS     20

static void limit(int what, rlim_t most)
{
    struct rlimit both = {most, most};
    if (setrlimit(what, &both) != 0)
        image_refuse("the sandbox cannot be entered (limits)");
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static int fill(scmp_filter_ctx filter)
{
    static const int allowed[] = {SCMP_SYS(read),         SCMP_SYS(write),
                                  SCMP_SYS(writev),       SCMP_SYS(fstat),
                                  SCMP_SYS(newfstatat),   SCMP_SYS(munmap),
                                  SCMP_SYS(mremap),       SCMP_SYS(madvise),
                                  SCMP_SYS(brk),          SCMP_SYS(futex),
                                  SCMP_SYS(exit),         SCMP_SYS(exit_group),
                                  SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
                                  SCMP_SYS(getrandom),    SCMP_SYS(clock_gettime),
                                  SCMP_SYS(sched_yield),  SCMP_SYS(getpid),
                                  SCMP_SYS(gettid),       SCMP_SYS(sched_getaffinity)};
    static const int deadly[] = {SCMP_SYS(execve),  SCMP_SYS(execveat), SCMP_SYS(socket),
                                 SCMP_SYS(connect), SCMP_SYS(open),     SCMP_SYS(openat),
                                 SCMP_SYS(openat2), SCMP_SYS(fork),     SCMP_SYS(vfork),
                                 SCMP_SYS(ptrace),  SCMP_SYS(kill)};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof allowed / sizeof *allowed; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; code == 0 && i < sizeof deadly / sizeof *deadly; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, deadly[i], 0);
    /* abort() signals itself; nobody else may be signalled */
    if (code == 0)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    /* memory, but none that could be run */
    if (code == 0)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    if (code == 0)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return code;
}
#endif

void sandbox_enter(void)
{
    limit(RLIMIT_CPU, SECONDS);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
/* A sanitizer needs the kernel, and address space, for itself. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    limit(RLIMIT_AS, MEMORY_MOST);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter || fill(filter) != 0 || seccomp_load(filter) != 0)
        image_refuse("the sandbox cannot be entered (seccomp)");
    seccomp_release(filter);
#endif
}
