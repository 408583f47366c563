/*
 * run.c: one rule in one mode, in a child process that is thrown away.
 *
 * The idea: the child makes a world, runs the scenario as the mode wants it (again after a reload,
 * in eight threads at once, with one call of the API failing), and writes what it found into a
 * pipe. If nothing comes, how the child ended is the finding: the name of a signal and the place as
 * the board has it, an exit in the middle of a call, or time that ran out. Its stdout and stderr
 * are files, so that what the plugin prints is seen and what was logged can be searched; a
 * sanitizer's report there is the finding before all others.
 */
#include "host/host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/board.h"
#include "plugin/provider.h"

#define THREADS 8
#ifdef __SANITIZE_ADDRESS__
#define PATIENCE 120000
#else
#define PATIENCE 30000 /* ms for one scenario */
#endif

static const char *const mode_names[MODES] = {"plain",   "poison", "fail-nth", "twice",
                                              "threads", "census", "slow",     "old"};

const char *run_mode_name(int mode)
{
    return mode_names[mode];
}

int run_mode(const char *name)
{
    for (int i = 0; i < MODES; i++)
        if (strcmp(name, mode_names[i]) == 0)
            return i;
    return -1;
}

struct line { /* from a child to us, besides what it says at the end */
    int in, out, log;
    struct board *board; /* where it crashed */
    char *call;          /* fail-nth: which call was made to fail, shared: it may crash after it */
};
#define CALL_ROOM 48

/* ---- in the child ---- */

struct part { /* one scenario on one thread */
    struct world *world;
    const struct suite *suite;
    const struct rule *rule;
    const struct provider *provider;
    int mode, number;
    int verdict;
    char words[HOST_TEXT];
};

static void keep_worst(struct part *part, const struct scene *scene)
{
    if (scene->verdict > part->verdict || !part->words[0])
        memcpy(part->words, scene->words, sizeof part->words);
    if (scene->verdict > part->verdict)
        part->verdict = scene->verdict;
}

/* A provider that needs somebody at the other end, and nobody plays them. */
static int is_alone(const struct part *part)
{
    int32_t flags = 0;
    if (!part->provider || part->world->script)
        return 0;
    if (strcmp(part->suite->kind, "feed") == 0)
        return 0; /* it writes files */
    if (strcmp(part->suite->kind, "notify") == 0)
        return strcmp(((const struct souk_notify_provider *)part->provider->row->table)->channel,
                      "email") != 0;
    memcpy(&flags, (const char *)part->provider->row->table + sizeof(uint32_t), sizeof flags);
    return !(flags & SOUK_PAYMENT_LOCAL); /* the bit is the same for deliveries */
}

static void play(struct part *part)
{
    struct scene scene = {.world = part->world, .mode = part->mode, .number = part->number};
    if (is_alone(part)) {
        scene_skip(&scene, "it talks to somebody, and no conform.lua says how they answer");
        keep_worst(part, &scene);
        return;
    }
    peer_fault(PEER_FINE);
    peer_reply(NULL);
    peer_mails_clear();
    if (part->provider) {
        scene.provider = part->provider->row->name;
        scene.table = part->provider->row->table;
    }
    if (part->rule)
        part->rule->run(&scene);
    else
        part->suite->path(&scene);
    keep_worst(part, &scene);
}

/* What the scenarios need to find: once in each world, and in each life of the plugin. 0: it
 * cannot be had, and why is the finding. */
static int prepare(struct part *part)
{
    struct scene scene = {.world = part->world, .mode = part->mode, .number = part->number};
    if (!part->world->script)
        return 1;
    errand_first(&scene);
    if (scene.verdict == RULE_YES)
        return 1;
    keep_worst(part, &scene);
    return 0;
}

static void *play_thread(void *arg)
{
    struct part *part = arg;
    board_thread_begin("scene");
    play(part);
    db_thread_end(part->world->db);
    board_thread_end();
    return NULL;
}

static void play_threads(struct part *part)
{
    pthread_t threads[THREADS];
    struct part parts[THREADS];
    for (int i = 0; i < THREADS; i++) {
        parts[i] = *part;
        parts[i].number = i + 1;
        pthread_create(&threads[i], NULL, play_thread, &parts[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (parts[i].verdict > part->verdict || i == 0) {
            part->verdict = parts[i].verdict;
            memcpy(part->words, parts[i].words, sizeof part->words);
        }
    }
}

static void play_mode(struct part *part)
{
    struct err err = {0};
    char name[100] = ""; /* the set with the row goes */
    if (part->provider)
        snprintf(name, sizeof name, "%s", part->provider->row->name);
    if (part->mode == MODE_THREADS && !(part->rule->flags & RULE_CENSUS)) {
        play_threads(part);
        return;
    }
    play(part);
    if (part->mode != MODE_TWICE || part->verdict == RULE_NO)
        return;
    if (world_again(part->world, &err) != SOUK_OK) {
        part->verdict = RULE_NO;
        snprintf(part->words, sizeof part->words, "switched off and on again: %s", err.text);
        return;
    }
    if (!prepare(part))
        return;
    uint32_t ticket; /* the tables are those of the new generation */
    struct plugin_set *set = set_pin(&ticket);
    if (part->provider)
        part->provider = provider_find(set, part->suite->kind, souk_str(name));
    set_unpin(ticket);
    play(part);
}

/* The names of this very plugin's providers of the kind; those of the set that is on now. */
static size_t own_names(struct part *part, char names[16][48])
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    size_t count = 0;
    const struct provider *at = NULL;
    while (count < 16 && (at = provider_next(set, part->suite->kind, at)) != NULL)
        if (strcmp(at->plugin->name, part->world->plan->name) == 0)
            snprintf(names[count++], 48, "%s", at->row->name);
    set_unpin(ticket);
    return count;
}

/* Each of them in its turn, looked up anew: mode twice puts another set in place. */
static void play_all(struct part *part)
{
    char names[16][48];
    size_t count = own_names(part, names);
    if (strcmp(part->suite->kind, "general") == 0)
        play_mode(part);
    for (size_t i = 0; i < count && part->verdict != RULE_NO; i++) {
        uint32_t ticket;
        struct plugin_set *set = set_pin(&ticket);
        part->provider = provider_find(set, part->suite->kind, souk_str(names[i]));
        set_unpin(ticket);
        play_mode(part);
    }
}

static int open_memory(const char *name, int as)
{
    int fd = memfd_create(name, MFD_CLOEXEC);
    dup2(fd, as);
    return fd;
}

/* Where it crashes is written where the parent reads it. A sanitizer's own handler says more. */
static void watch_faults(struct board *board)
{
    board_use(board);
    if (!dlsym(RTLD_DEFAULT, "__asan_init") && !dlsym(RTLD_DEFAULT, "__tsan_init"))
        board_catch_faults();
}

static void child(struct part *part, int number, const struct line *line)
{
    struct outcome outcome = {0};
    struct err err = {0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fflush(NULL);
    part->world->out_fd = open_memory("stdout", 1);
    part->world->log_fd = line->log;
    dup2(line->log, 2);
    watch_faults(line->board);
    fail_tell(line->call, CALL_ROOM);
    fail_at(part->mode == MODE_FAIL ? number : 0);
    peer_slow_at(part->mode == MODE_SLOW ? number : 0);
    part->world->is_old =
        part->mode == MODE_OLD || (part->rule && (part->rule->flags & RULE_OLD) != 0);
    if (world_open(part->world, &err) != SOUK_OK) {
        /* a plugin that refuses to start when a call fails does well */
        int is_rule = part->rule && strcmp(part->rule->name, "loads") == 0;
        part->verdict = fail_done() ? RULE_YES : is_rule ? RULE_NO : RULE_SKIPPED;
        snprintf(part->words, sizeof part->words, "it is not loaded: %s", err.text);
    } else if (prepare(part)) {
        play_all(part);
    }
    outcome.verdict = part->verdict;
    memcpy(outcome.words, part->words, sizeof outcome.words);
    outcome.seen = fail_seen();
    outcome.failed = fail_done() || peer_slow_done();
    if (write(line->out, &outcome, sizeof outcome) != (ssize_t)sizeof outcome)
        _exit(3);
    _exit(0);
}

/* ---- in the parent ---- */

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    return at->level ? remove(path) : 0;
}

void run_clean(const char *scratch)
{
    nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* ": crashed at tea-….so+0x1139 in GET /x/tea/kettle", as a shop says it. */
static void say_place(const struct board_fault *fault, struct outcome *outcome)
{
    size_t len = strlen(outcome->words);
    if (!atomic_load(&fault->kind) || (!fault->file[0] && !fault->where[0]))
        return;
    snprintf(outcome->words + len, sizeof outcome->words - len, "%s%s%s%s",
             fault->file[0] ? " at " : "", fault->file, fault->where[0] ? " in " : "",
             fault->where);
}

static void say_end(int status, const struct board_fault *fault, struct outcome *outcome)
{
    outcome->verdict = RULE_NO;
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
        snprintf(outcome->words, sizeof outcome->words, "it crashes: SIG%s",
                 sigabbrev_np(WTERMSIG(status)));
    else if (WIFSIGNALED(status))
        snprintf(outcome->words, sizeof outcome->words, "it does not come to an end within %d s",
                 PATIENCE / 1000);
    else if (atomic_load(&fault->kind) == BOARD_EXIT)
        snprintf(outcome->words, sizeof outcome->words,
                 "it ends the process: exit(), or the end of its thread,");
    else
        snprintf(outcome->words, sizeof outcome->words, "it ends the process with exit code %d",
                 WEXITSTATUS(status));
    say_place(fault, outcome);
}

static void wait_for(pid_t pid, const struct line *line, struct outcome *outcome)
{
    struct pollfd fd = {.fd = line->in, .events = POLLIN};
    int status = 0;
    int ready = poll(&fd, 1, PATIENCE);
    ssize_t got = ready > 0 ? read(line->in, outcome, sizeof *outcome) : -1;
    if (ready == 0)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0) {
    }
    if (got != (ssize_t)sizeof *outcome) {
        memset(outcome, 0, sizeof *outcome);
        say_end(status, &line->board->fault, outcome);
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        say_end(status, &line->board->fault, outcome);
    }
    memcpy(outcome->call, line->call, sizeof outcome->call);
    if (!outcome->failed)
        slip_read(line->log, outcome);
    sanitized_read(line->log, outcome);
}

/* What the parent needs of a child; 0: it cannot be had. */
static int open_line(struct line *line)
{
    static struct board *board;
    static char *call;
    int ends[2];
    board = board ? board : board_create();
    if (!call)
        call = mmap(NULL, CALL_ROOM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!board || call == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0)
        return 0;
    board_reset(board);
    memset(call, 0, CALL_ROOM);
    line->board = board;
    line->call = call;
    line->in = ends[0];
    line->out = ends[1];
    line->log = memfd_create("stderr", MFD_CLOEXEC);
    return 1;
}

void run_rule(const struct plan *plan, const struct suite *suite, const struct rule *rule, int mode,
              int number, struct outcome *outcome)
{
    struct line line;
    struct world world = {.plan = plan};
    struct part part = {.world = &world, .suite = suite, .rule = rule, .mode = mode};
    memset(outcome, 0, sizeof *outcome);
    if (!open_line(&line)) {
        outcome->verdict = RULE_NO;
        snprintf(outcome->words, sizeof outcome->words, "souk-host: no pipe");
        return;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        child(&part, number, &line);
    close(line.out);
    if (pid > 0)
        wait_for(pid, &line, outcome);
    close(line.in);
    close(line.log);
    run_clean(plan->scratch);
}
