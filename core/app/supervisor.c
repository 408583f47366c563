/*
 * supervisor: the parent process.
 *
 * It lets a child check the configuration (so that a wrong one starts nothing), locks the data
 * directory, opens the sockets, and forks the shop, which inherits the lock. The shop is forked,
 * not exec'ed: a restart costs milliseconds, and meanwhile the kernel queues connections on the
 * sockets that stay open here. A shop that dies is replaced at once; who was to blame is read off
 * the board and written to the journal of faults, and three faults in ten minutes keep a plugin out
 * of the next shop (plugin/quarantine.h).
 *
 * It never parses input from outside, opens no database, and runs no plugin.
 */
#include "app/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/config.h"
#include "app/listen.h"
#include "app/problem.h"
#include "app/shop.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "plugin/quarantine.h"
#include "store/lock.h"

#define STOP_GRACE   (40 * CLOCK_SECOND)
#define HEART_LIMIT  (10 * CLOCK_SECOND)
#define START_LIMIT  (60 * CLOCK_SECOND)
#define CRASH_WINDOW CLOCK_MINUTE
#define CORE_CRASHES 5                  /* of the core itself, in a minute: give up and say so */
#define SAFE_CRASHES 3                  /* of the core itself, in a minute: try without plugins */
#define AWAY         (2 * CLOCK_SECOND) /* longer between two looks: we were stopped ourselves */
#define DATA_MOST    400 /* SQLite takes paths of 512 bytes, and longer names stand inside */
#define LISTEN_MOST  4200

struct supervisor {
    struct shop_start start;
    struct board *board;
    pid_t shop;
    int signals;  /* signalfd */
    int ready[2]; /* pipe: the shop writes, we announce */
    int lock;
    int made; /* the data directory was not there */
    int served;
    int stopping;
    int announced;
    int64_t started;        /* clock_mono of the shop's start */
    int64_t looked;         /* clock_mono of the last look at its heart, or of the start */
    int64_t excused;        /* clock_mono: what it missed before, we did not see either */
    int64_t stop_until;     /* when a stop becomes a kill */
    int64_t deaths[16];     /* clock_mono of the last deaths, newest first */
    int64_t core_deaths[8]; /* of those that nobody else is to blame for */
};

/* ---- starting ---- */

/* Takes the data directory for the life of this process and of the shops that it forks: never two
 * at a time. */
static int lock_data(struct supervisor *self, struct err *err)
{
    const char *data = self->start.data;
    if (strlen(data) > DATA_MOST)
        return err_set(err, SOUK_INVALID,
                       "the path of the data directory is longer than %d bytes; name a shorter "
                       "--data, or a relative one",
                       DATA_MOST);
    self->made = mkdir(data, 0750) == 0;
    if (!self->made && errno != EEXIST)
        return err_set(
            err, SOUK_ERROR,
            "cannot make the data directory %s: %s; make it, or name another with --data", data,
            strerror(errno));
    return lock_take(data, &self->lock, err);
}

/* What a sound configuration says to us: three lines on the pipe. */
static _Noreturn void tell_config(const struct serve_options *options, int to)
{
    struct arena arena = {0};
    struct config config;
    struct problems problems;
    if (config_load(&arena, options->config, !options->safe, &config, &problems) != SOUK_OK) {
        problem_print(&problems, stderr);
        fprintf(stderr, "nothing was started\n");
        _exit(1);
    }
    struct souk_str text =
        arena_printf(&arena, "%.*s\n%.*s\n%.*s\n", SOUK_PRI(options_text(config.log, "level")),
                     SOUK_PRI(options_text(config.log, "format")),
                     SOUK_PRI(options_text(config.http, "listen")));
    _exit(write(to, text.ptr, text.len) == (ssize_t)text.len ? 0 : 1);
}

static void read_signals(struct supervisor *self);

/* Reads until the child ends or we are told to stop; then the child is ended too. */
static int hear_child(struct supervisor *self, pid_t child, int from, struct buf *text)
{
    int status = 1;
    for (;;) {
        char bytes[4096];
        struct pollfd fds[2] = {{.fd = from, .events = POLLIN},
                                {.fd = self->signals, .events = POLLIN}};
        poll(fds, 2, -1);
        read_signals(self);
        if (self->stopping)
            kill(child, SIGKILL);
        ssize_t got = self->stopping || fds[0].revents ? read(from, bytes, sizeof bytes) : 1;
        if (got <= 0)
            break;
        if (fds[0].revents)
            buf_add(text, bytes, (size_t)got);
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* A child reads and checks souk.lua, plugins included; where to listen and how to log come back. */
static int check_config(struct supervisor *self, const struct serve_options *options, char *listen,
                        size_t size)
{
    int pipes[2];
    struct buf text = {0};
    enum log_level level = LOG_INFO;
    pid_t parent = getpid();
    if (pipe2(pipes, O_CLOEXEC) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        tell_config(options, pipes[1]);
    }
    close(pipes[1]);
    int status = child > 0 ? hear_child(self, child, pipes[0], &text) : 1;
    close(pipes[0]);
    if (child < 0 || (WIFSIGNALED(status) && !self->stopping))
        fprintf(stderr, "souk serve: the check of %s %s (%s); run souk check -c %s\n",
                options->config, child < 0 ? "cannot be begun" : "ended early",
                child < 0 ? strerror(errno) : strsignal(WTERMSIG(status)), options->config);
    struct souk_str rest = buf_str(&text), line = STR_NULL;
    str_split(&rest, '\n', &line);
    log_level_parse(line, &level);
    str_split(&rest, '\n', &line);
    log_setup(level, souk_str_is(line, "json"));
    str_split(&rest, '\n', &line);
    str_copy(listen, size, line);
    buf_free(&text);
    return child < 0 || status != 0;
}

static int open_sockets(struct supervisor *self, const char *where, char *name, size_t size,
                        struct err *err)
{
    char path[4096];
    int code = listen_open(where, &self->start.listen_fds[0], name, size, err);
    if (code != SOUK_OK)
        return code;
    self->start.listen_count = 1;
    self->start.listen = name;
    snprintf(path, sizeof path, "%s/souk.sock", self->start.data);
    return listen_unix(path, 0600, &self->start.control_fd, err);
}

static sigset_t our_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

/* The signals that we pass on stay blocked: one that comes before the shop listens for it must wait
 * there, not end it. */
static void run_shop(struct supervisor *self, pid_t parent)
{
    sigset_t set = our_signals();
    struct rlimit no_core = {0, 0};
    if (!getenv("SOUK_CORE_DUMPS"))
        setrlimit(RLIMIT_CORE, &no_core); /* writing a core file would hold up the restart */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* it died before it could take us along */
    close(self->signals);
    close(self->ready[0]);
    self->start.ready_fd = self->ready[1];
    sigprocmask(SIG_SETMASK, &set, NULL);
    exit(shop_run(&self->start, self->board));
}

static int start_shop(struct supervisor *self)
{
    pid_t parent = getpid();
    board_reset(self->board);
    atomic_fetch_add(&self->board->generation, 1);
    self->started = self->looked = clock_mono();
    self->shop = fork();
    if (self->shop == 0)
        run_shop(self, parent);
    self->start.again = 1;
    self->served = 1;
    if (self->shop < 0)
        log_error("shop.start_failed", LOG_S("reason", strerror(errno)));
    return self->shop > 0 ? SOUK_OK : SOUK_ERROR;
}

/* ---- when it dies ---- */

static int remember(int64_t *list, int size, int64_t now)
{
    int recent = 1;
    memmove(list + 1, list, (size_t)(size - 1) * sizeof *list);
    list[0] = now;
    while (recent < size && list[recent] && now - list[recent] < CRASH_WINDOW)
        recent++;
    return recent;
}

/* A shop that dies is needed at once; one that dies again and again must not eat the machine; one
 * that cannot start (its configuration, its database) waits for somebody to mend that. */
static int64_t back_off(int recent, int refused)
{
    static const int64_t refusals[] = {0, 100, 500, 2000, 5000};
    int last = (int)(sizeof refusals / sizeof *refusals) - 1;
    if (refused)
        return refusals[recent < last ? recent : last] * CLOCK_MS;
    return recent > 10 ? 100 * CLOCK_MS : 0;
}

/* Completes board->fault for a death that the shop could not record itself. */
static void find_fault(struct supervisor *self, int status)
{
    struct board_fault *fault = &self->board->fault;
    if (atomic_load(&fault->kind) != BOARD_NONE)
        return;
    fault->at = clock_now();
    fault->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    str_copy(fault->plugin, sizeof fault->plugin, souk_str(board_suspect(self->board)));
    str_copy(fault->where, sizeof fault->where, souk_str(board_suspect_where(self->board)));
    atomic_store(&fault->kind, WIFSIGNALED(status) ? BOARD_CRASH : BOARD_EXIT);
}

static void report_fault(struct supervisor *self)
{
    struct err err = {0};
    const struct board_fault *fault = &self->board->fault;
    log_error("shop.died", LOG_S("plugin", fault->plugin[0] ? fault->plugin : "souk"),
              LOG_S("where", fault->where), LOG_I("signal", fault->signal),
              LOG_S("file", fault->file));
    if (quarantine_add(self->start.data, fault, &err) != SOUK_OK)
        log_error("fault.not_written", LOG_S("reason", err.text));
}

/* 0: start again (after *delay); else the exit code. */
static int judge_death(struct supervisor *self, int status, int64_t *delay)
{
    int64_t now = clock_mono();
    *delay = 0;
    if (self->stopping)
        return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? -1 : 1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SHOP_EXIT_RECYCLE)
        return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == SHOP_EXIT_REFUSED && !self->announced)
        return 1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && atomic_load(&self->board->orderly))
        return -1; /* it was told to stop by somebody else: so do we */
    int refused = WIFEXITED(status) && WEXITSTATUS(status) == SHOP_EXIT_REFUSED;
    *delay = back_off(remember(self->deaths, 16, now), refused);
    /* SIGKILL without a word on the board came from outside: nobody's fault. */
    int outside = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL &&
                  atomic_load(&self->board->fault.kind) == BOARD_NONE;
    if (outside) {
        log_warn("shop.killed", LOG_S("by", "SIGKILL from outside"));
        return 0;
    }
    if (refused)
        return 0; /* it has said why; the door stays open until somebody mends it */
    find_fault(self, status);
    report_fault(self);
    if (self->board->fault.plugin[0])
        return 0;
    int core = remember(self->core_deaths, 8, now);
    if (core >= CORE_CRASHES) {
        log_error(
            "supervisor.gave_up", LOG_I("crashes", core),
            LOG_S("hint", "souk itself crashed five times within a minute; see the faults file"));
        return 1;
    }
    if (core >= SAFE_CRASHES && !self->start.safe) {
        log_error("shop.safe_mode",
                  LOG_S("hint", "starting without plugins; restart souk to leave safe mode"));
        self->start.safe = 1;
    }
    return 0;
}

/* ---- the loop ---- */

/* Read-only parts of programs and libraries: what is needed again comes from the page cache. */
static int let_go(struct dl_phdr_info *library, size_t size, void *user)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)size;
    (void)user;
    for (int i = 0; i < library->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &library->dlpi_phdr[i];
        uintptr_t from = (library->dlpi_addr + part->p_vaddr) & ~(page - 1);
        uintptr_t to =
            (library->dlpi_addr + part->p_vaddr + part->p_memsz + page - 1) & ~(page - 1);
        if (part->p_type == PT_LOAD && !(part->p_flags & PF_W))
            madvise((void *)from, to - from, MADV_DONTNEED);
    }
    return 0;
}

static void read_ready(struct supervisor *self)
{
    char bytes[16];
    if (read(self->ready[0], bytes, sizeof bytes) <= 0)
        return;
    int64_t span = (clock_mono() - self->started) / CLOCK_MS;
    log_info("shop.ready", LOG_S("listen", self->start.listen), LOG_I("ms", span));
    if (self->announced || self->stopping)
        return;
    self->announced = 1;
    dl_iterate_phdr(let_go, NULL); /* it only waits from here on, and shows as small as it is */
    printf("ready %s\n", self->start.listen);
    fflush(stdout);
}

static void read_signals(struct supervisor *self)
{
    struct signalfd_siginfo info;
    while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP && self->shop > 0)
            kill(self->shop, SIGHUP);
        if (info.ssi_signo != SIGTERM && info.ssi_signo != SIGINT)
            continue;
        if (!self->stopping)
            self->stop_until = clock_mono() + STOP_GRACE;
        self->stopping = 1;
        if (self->shop > 0)
            kill(self->shop, SIGTERM);
    }
}

/* A shop whose clock stands still, or that does not come up, is ended. What stopped us (Ctrl-Z, a
 * debugger, a frozen machine) may have stopped it as well: it gets its whole time again. */
static void watch_heart(struct supervisor *self)
{
    int64_t now = clock_mono();
    if (now - self->looked > AWAY)
        self->excused = now;
    self->looked = now;
    int64_t beat = atomic_load(&self->board->heartbeat);
    int ready = atomic_load(&self->board->ready);
    int64_t from = ready ? beat : self->started;
    if (from < self->excused)
        from = self->excused;
    int hung = now - from > (ready ? HEART_LIMIT : START_LIMIT);
    if (self->stopping ? now < self->stop_until : !hung)
        return;
    if (!self->stopping) {
        struct board_fault *fault = &self->board->fault;
        fault->at = clock_now();
        str_copy(fault->plugin, sizeof fault->plugin, souk_str(board_suspect(self->board)));
        str_copy(fault->where, sizeof fault->where, souk_str(ready ? "clock" : "start"));
        atomic_store(&fault->kind, BOARD_HANG);
    }
    kill(self->shop, SIGKILL);
}

/* Waits for `delay` or until a signal says stop. */
static int wait_out(struct supervisor *self, int64_t delay)
{
    int64_t until = clock_mono() + delay;
    while (!self->stopping && clock_mono() < until) {
        struct pollfd fd = {.fd = self->signals, .events = POLLIN};
        poll(&fd, 1, (int)((until - clock_mono()) / CLOCK_MS) + 1);
        read_signals(self);
    }
    return !self->stopping;
}

static int supervise(struct supervisor *self)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = self->signals, .events = POLLIN},
                                {.fd = self->ready[0], .events = POLLIN}};
        int status;
        int64_t delay;
        poll(fds, 2, 500);
        read_signals(self);
        if (fds[1].revents & POLLIN)
            read_ready(self);
        if (waitpid(self->shop, &status, WNOHANG) != self->shop) {
            watch_heart(self);
            continue;
        }
        self->shop = 0;
        int verdict = judge_death(self, status, &delay);
        if (verdict != 0)
            return verdict < 0 ? 0 : 1;
        if (!wait_out(self, delay))
            return 0;
        while (start_shop(self) != SOUK_OK)
            if (!wait_out(self, CLOCK_SECOND))
                return 1;
    }
}

static int open_signals(struct supervisor *self)
{
    sigset_t set = our_signals();
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    self->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return self->signals;
}

/* 0, or 1: it has been said why (or we were told to stop). */
static int prepare(struct supervisor *self, const struct serve_options *options, char *name,
                   size_t size)
{
    struct err err = {0};
    static char listen[LISTEN_MOST];
    if (open_signals(self) < 0 || !(self->board = board_create()) ||
        pipe2(self->ready, O_CLOEXEC | O_NONBLOCK) != 0) {
        fprintf(stderr, "souk serve: cannot begin: %s\n", strerror(errno));
        return 1;
    }
    if (check_config(self, options, listen, sizeof listen) != 0)
        return 1;
    if (lock_data(self, &err) != SOUK_OK ||
        open_sockets(self, options->listen ? options->listen : listen, name, size, &err) !=
            SOUK_OK) {
        fprintf(stderr, "souk serve: %s\n", err.text);
        return 1;
    }
    return 0;
}

/* Takes away what would be in the way of the next start; of one that failed, everything. */
static void clean_up(struct supervisor *self)
{
    char path[4096];
    const char *listen = self->start.listen;
    if (listen && strncmp(listen, "unix:", 5) == 0)
        unlink(listen + 5);
    if (self->start.control_fd >= 0) {
        snprintf(path, sizeof path, "%s/souk.sock", self->start.data);
        unlink(path);
    }
    if (self->made && !self->served) {
        snprintf(path, sizeof path, "%s/souk.lock", self->start.data);
        unlink(path);
        rmdir(self->start.data);
    }
}

int supervisor_run(const struct serve_options *options)
{
    static char name[LISTEN_MOST];
    struct supervisor self = {.start = {.config = options->config,
                                        .data = options->data,
                                        .safe = options->safe,
                                        .control_fd = -1},
                              .lock = -1};
    int code = prepare(&self, options, name, sizeof name);
    if (code == 0 && !self.stopping)
        code = start_shop(&self) == SOUK_OK ? supervise(&self) : 1;
    clean_up(&self);
    return self.stopping && !self.served ? 0 : code;
}
