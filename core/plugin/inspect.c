/*
 * inspect.c: a look into a plugin's file from a child process.
 *
 * The idea: mapping a shared object runs its constructors, and a broken one can crash,
 * hang or exit right there. So a forked child does it, under a limit of time, and
 * writes what it found as one line of JSON into a pipe. If the line does not come, how
 * the child ended says why. The child shares the parent's memory as it was, so it
 * checks the options with the very values that the parent has.
 *
 * Invariants: the child never returns from here and touches neither the database nor
 * the board. What it leaves in the scratch folder is removed by the parent.
 *
 * Threads: any. In a process with many threads the child may hang on a lock that was
 * held at the moment of the fork; then it is ended after the limit, and the answer is
 * an error that may be asked for again.
 */
#include "plugin/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/str.h"
#include "plugin/describe.h"
#include "plugin/stage.h"

#define LIMIT       (10 * CLOCK_SECOND)
#define ANSWER_MOST ((size_t)8 << 20)

/* ---- the child ---- */

static void add_problems(struct arena *arena, const struct problems *problems, struct json *out)
{
    struct json *list = json_add(arena, out, "problems", JSON_ARRAY);
    for (const struct problem *at = problems->first; at; at = at->next) {
        struct json *row = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, row, "key", at->key);
        json_add_str(arena, row, "message", at->message);
        json_add_str(arena, row, "hint", at->hint);
    }
}

static int look(const struct inspect_request *request, const char *folder, struct arena *arena,
                struct json *out, struct err *err)
{
    struct staged staged;
    struct descriptor descriptor;
    struct problems problems;
    struct option_values *values = NULL;
    int code = stage_open(request->file, request->name, folder, &staged, err);
    if (code == 0)
        code = descriptor_read(staged.raw, request->file, arena, &descriptor, err);
    if (code)
        return code;
    if (strcmp(descriptor.plugin.name, request->name) != 0) {
        return err_set(
            err, SOUK_INVALID, "plugin \"%s\" (%s): the file holds plugin \"%s\"; call it %s.so",
            request->name, request->file, descriptor.plugin.name, descriptor.plugin.name);
    }
    problems_init(&problems, arena, STR_NULL);
    if (request->values) {
        values =
            options_check(arena, descriptor.options, descriptor.options_count, request->name,
                          request->config_dir, json_at(request->values, request->name), &problems);
    }
    describe_plugin(arena, &descriptor, values, out);
    add_problems(arena, &problems, out);
    return 0;
}

static void write_all(int fd, struct souk_str text)
{
    while (text.len > 0) {
        ssize_t put = write(fd, text.ptr, text.len);
        if (put < 0 && errno != EINTR)
            return;
        text = str_from(text, put > 0 ? (size_t)put : 0);
    }
}

/* Faults end the child at once; what it prints goes nowhere; it cannot outlive its
 * limit of processor time. */
static void tame(void)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};
    struct rlimit none = {0, 0};
    struct rlimit seconds = {LIMIT / CLOCK_SECOND, LIMIT / CLOCK_SECOND};
    for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
        signal(faults[i], SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it would keep the lock of the data directory */
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &seconds);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
    }
}

static _Noreturn void run_child(const struct inspect_request *request, const char *folder, int fd)
{
    struct arena arena = {0};
    struct buf text = {.arena = &arena};
    struct err err = {0};
    struct json *out = json_new(&arena, JSON_OBJECT);
    tame();
    int code = look(request, folder, &arena, out, &err);
    if (code) {
        out = json_new(&arena, JSON_OBJECT);
        json_add_int(&arena, out, "code", code);
        json_add_cstr(&arena, out, "error", err.text);
    }
    json_print(&text, out);
    write_all(fd, buf_str(&text));
    _exit(0);
}

/* ---- the parent ---- */

/* Everything that the child writes; 0 when it took too long or said too much. */
static int read_answer(int fd, struct buf *text)
{
    int64_t deadline = clock_mono() + LIMIT;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = deadline - clock_mono();
        if (left <= 0 || text->len > ANSWER_MOST || poll(&wait, 1, (int)(left / CLOCK_MS) + 1) == 0)
            return 0;
        buf_reserve(text, 16384);
        ssize_t got = read(fd, text->ptr + text->len, 16384);
        if (got == 0)
            return 1;
        if (got < 0 && errno != EINTR && errno != EAGAIN)
            return 0;
        text->len += got > 0 ? (size_t)got : 0;
    }
}

static int say_ending(const struct inspect_request *request, int in_time, int status,
                      struct err *err)
{
    const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;
    if (!in_time) {
        return err_set(err, SOUK_TIMEOUT,
                       "plugin \"%s\" (%s): does not come back while it is loaded (%d s); look "
                       "at its constructors",
                       request->name, request->file, (int)(LIMIT / CLOCK_SECOND));
    }
    if (WIFSIGNALED(status)) {
        return err_set(err, SOUK_ERROR,
                       "plugin \"%s\" (%s): crashes while it is loaded (SIG%s); look at its "
                       "constructors",
                       request->name, request->file, name ? name : "?");
    }
    return err_set(err, SOUK_ERROR,
                   "plugin \"%s\" (%s): ends the process while it is loaded (exit status %d); "
                   "look at its constructors",
                   request->name, request->file, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

static int read_report(const struct inspect_request *request, struct arena *arena, struct buf *text,
                       struct json **out, struct err *err)
{
    if (json_parse(arena, buf_str(text), out, err) || (*out)->kind != JSON_OBJECT) {
        return err_in(err, "plugin \"%s\" (%s): the look into it gave nothing readable",
                      request->name, request->file);
    }
    int code = (int)json_int(json_at(*out, "code"), 0);
    if (code)
        return err_set(err, code, "%.*s", SOUK_PRI(json_text(json_at(*out, "error"))));
    return 0;
}

static int ask_child(const struct inspect_request *request, const char *folder, struct arena *arena,
                     struct json **out, struct err *err)
{
    int ends[2], status = 0;
    struct buf text = {.arena = arena};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(err, SOUK_ERROR, "cannot make a pipe: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        run_child(request, folder, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return err_set(err, SOUK_ERROR, "cannot make a process: %s", strerror(errno));
    }
    int in_time = read_answer(ends[0], &text);
    close(ends[0]);
    if (!in_time)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!in_time || text.len == 0)
        return say_ending(request, in_time, status, err);
    return read_report(request, arena, &text, out, err);
}

int inspect_file(const struct inspect_request *request, struct arena *arena, struct json **out,
                 struct err *err)
{
    char folder[PATH_MAX];
    int len = snprintf(folder, sizeof(folder), "%s/souk-inspect-XXXXXX", request->scratch);
    if (len < 0 || (size_t)len >= sizeof(folder) || !mkdtemp(folder)) {
        return err_set(err, SOUK_ERROR, "cannot make a folder in %s: %s", request->scratch,
                       strerror(errno));
    }
    int code = ask_child(request, folder, arena, out, err);
    stage_clean(folder);
    rmdir(folder);
    return code;
}
