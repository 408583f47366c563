/*
 * worker_limits.c: what a worker gives up before it sees the first byte of a script, and the clock
 * of calls.
 *
 * Given up, one wall behind the other: the user's identity (when it is root's), all descriptors but
 * the socket, files, memory and processor time beyond a measure (rlimits), being looked into
 * (dumpable), and in the end every call of the kernel that a Lua interpreter with a socket does not
 * need: anything else ends the process. Sanitizers need the kernel and address space for
 * themselves; in their builds the last wall and the limits of memory are left out.
 *
 * The clock: a timer ticks while an evaluation runs. Its handler asks for the processor time that
 * the running call has had, and when that is too much sets Lua's instruction hook; until then no
 * hook slows anything down. The hook raises an error at each instruction from then on, so that
 * catching it gains nothing. What runs inside of one C function does not see it: the shop's side
 * ends the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "script/worker.h"

#define NOBODY       65534
#define TICKS        4  /* how often the clock is looked at in the time of a call */
#define SECONDS_MOST 60 /* of processor, for the whole life of a worker */
#define SECONDS_GOOD 30 /* after that another takes over */
#define SPREAD_GOOD  ((size_t)128 << 20)

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define ALL_WALLS 1
#else
#define ALL_WALLS 0
#endif

/* ---- what is given up ---- */

static void keep_descriptor(int socket)
{
    unsigned above = ALL_WALLS ? 1 : 3; /* a sanitizer reports on 2 */
    if (socket != WORKER_SOCKET && dup2(socket, WORKER_SOCKET) < 0)
        _exit(1);
    if (!ALL_WALLS)
        close(1);
    if (close_range(above, ~0U, 0))
        _exit(1);
}

static void limit(int what, rlim_t most)
{
    struct rlimit both = {most, most};
    if (setrlimit(what, &both))
        _exit(1);
}

#if ALL_WALLS
static size_t address_space(void)
{
    char text[64] = "";
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    long pages = n > 0 ? strtol(text, NULL, 10) : 0;
    return (size_t)(pages > 0 ? pages : 1 << 19) * 4096;
}

static int fill(scmp_filter_ctx filter)
{
    static const int allowed[] = {
        SCMP_SYS(futex),         SCMP_SYS(munmap),       SCMP_SYS(mremap),
        SCMP_SYS(madvise),       SCMP_SYS(brk),          SCMP_SYS(clock_gettime),
        SCMP_SYS(timer_settime), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
        SCMP_SYS(exit),          SCMP_SYS(exit_group)};
    static const int of_socket[] = {SCMP_SYS(read), SCMP_SYS(write)};
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof allowed / sizeof *allowed; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; code == 0 && i < 2; i++)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, of_socket[i], 1,
                                SCMP_A0(SCMP_CMP_EQ, WORKER_SOCKET));
    /* memory: of nobody else, and none that could be run */
    if (code == 0)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                                SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
    if (code == 0)
        code = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                                SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return code;
}

static void renounce(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!filter || fill(filter) || seccomp_load(filter))
        _exit(1);
    seccomp_release(filter);
}
#endif

static void drop_identity(pid_t host)
{
    /* A container may not know "nobody": then it is the other walls that hold. */
    if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
        setresuid(NOBODY, NOBODY, NOBODY) && geteuid() != NOBODY)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != host)
        _exit(1);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || (ALL_WALLS && prctl(PR_SET_DUMPABLE, 0)))
        _exit(1);
}

/* ---- the clock ---- */

static timer_t timer;
static volatile sig_atomic_t call_serial, over, ticking, armed, hooked;
static volatile int64_t call_target;
static sig_atomic_t seen_serial; /* these two are the handler's own */
static int64_t seen_spent;

static int64_t spent(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return at.tv_sec * CLOCK_SECOND + at.tv_nsec / 1000;
}

static void interrupt(lua_State *lua, lua_Debug *debug)
{
    lua_Debug place = {.currentline = 0};
    (void)debug; /* that may be a function of C: the script's own line is further up */
    over = WORKER_LATE;
    for (int level = 0; place.currentline <= 0 && lua_getstack(lua, level, &place); level++)
        lua_getinfo(lua, "Sl", &place);
    lua_pushfstring(lua, "%s:%d: took longer than %d ms of computing; does it loop?",
                    place.short_src, place.currentline, (int)(call_target / CLOCK_MS));
    lua_error(lua);
}

/* Once: setting a timer is dear, so that one that is set already serves the next evaluation too. */
static void set_timer(void)
{
    int64_t span = worker_self.rules.target / TICKS;
    struct itimerspec once = {.it_value = {span / CLOCK_SECOND, span % CLOCK_SECOND * 1000}};
    armed = 1;
    timer_settime(timer, 0, &once, NULL);
}

static void on_tick(int number)
{
    (void)number;
    armed = 0;
    if (!ticking)
        return;
    int64_t now = spent();
    sig_atomic_t serial = call_serial;
    if (serial != seen_serial) {
        seen_serial = serial;
        seen_spent = now;
    } else if (serial & 1 && now - seen_spent >= call_target - call_target / 8) {
        hooked = 1;
        lua_sethook(worker_self.lua, interrupt,
                    LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
    }
    set_timer();
}

static void make_timer(void)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    if (sigaction(SIGALRM, &action, NULL) || timer_create(CLOCK_MONOTONIC, &event, &timer))
        _exit(1);
}

void worker_clock_start(void)
{
    ticking = 1; /* first: a tick between these lines sets the timer itself */
    if (!armed)
        set_timer();
}

void worker_clock_stop(void)
{
    ticking = 0;
}

/* The serial is odd while a call runs. Only this process writes the page, so that nothing has to be
 * locked. */
void worker_call_begin(uint32_t number, int64_t target)
{
    struct protocol_page *page = worker_self.page;
    uint32_t turn = atomic_load_explicit(&page->turn, memory_order_relaxed);
    over = WORKER_FINE;
    call_target = target;
    atomic_store_explicit(&page->running, number, memory_order_relaxed);
    atomic_store_explicit(&page->turn, turn + 1, memory_order_relaxed);
    call_serial |= 1;
}

void worker_call_end(void)
{
    call_serial = call_serial > 1 << 28 ? 2 : call_serial + 1;
    if (hooked) {
        hooked = 0;
        lua_sethook(worker_self.lua, NULL, 0, 0);
    }
}

enum worker_over worker_over(void)
{
    return (enum worker_over)over;
}

void worker_set_over(enum worker_over why)
{
    if (over == WORKER_FINE)
        over = why;
}

int worker_is_tired(void)
{
    return spent() > SECONDS_GOOD * CLOCK_SECOND ||
           worker_memory_spread(&worker_self.memory) > SPREAD_GOOD;
}

void worker_limits_enter(int socket, int page, pid_t host)
{
    worker_self.page =
        mmap(NULL, sizeof *worker_self.page, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
    if (worker_self.page == MAP_FAILED)
        _exit(1);
    prctl(PR_SET_NAME, "souk-script");
    make_timer();
    limit(RLIMIT_CPU, SECONDS_MOST);
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, 0);
#if ALL_WALLS
    limit(RLIMIT_AS, address_space() + WORKER_BEYOND);
#endif
    keep_descriptor(socket);
#if ALL_WALLS
    limit(RLIMIT_NOFILE, WORKER_SOCKET + 1);
#endif
    drop_identity(host);
#if ALL_WALLS
    renounce();
#endif
}
