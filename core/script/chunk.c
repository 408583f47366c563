/*
 * chunk.c: the parent's side of evaluating a configuration file: reads it, forks, waits
 * for one framed answer with a time limit, and kills the child in any case.
 *
 * The idea: nothing that the file does can reach this process. The child's answer is
 * bytes of a stated length, checked like any input from outside; a child that crashes,
 * hangs or talks nonsense is an error in words.
 *
 * Any thread. Signals are blocked around the fork, so that no handler of ours ever runs
 * in the child. Does not know what the values mean: plugin/options.h does.
 */
#include "script/chunk.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "script/chunk_child.h"
#include "script/chunk_lines.h"

#define SOURCE_MOST  (1 << 20)
#define ANSWER_TIME  (5 * CLOCK_SECOND)
#define MESSAGE_MOST 400

static int read_whole(int fd, struct arena *arena, struct souk_str *out, struct err *err)
{
    struct stat info;
    if (fstat(fd, &info))
        return err_set(err, SOUK_ERROR, "cannot be read: %m");
    if (!S_ISREG(info.st_mode))
        return err_set(err, SOUK_INVALID, "is not a file; name a Lua file");
    if (info.st_size > SOURCE_MOST)
        return err_set(err, SOUK_TOO_LARGE, "is larger than 1 MiB; is this the right file?");
    size_t room = (size_t)info.st_size, len = 0;
    char *text = arena_alloc(arena, room + 1);
    while (len < room) {
        ssize_t n = read(fd, text + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(err, SOUK_ERROR, "cannot be read: %m");
        if (n == 0)
            break;
        len += (size_t)n;
    }
    text[len] = '\0';
    *out = str_make(text, len);
    return 0;
}

static int line_of(struct souk_str text, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at; i++)
        line += text.ptr[i] == '\n';
    return line;
}

static int read_source(struct arena *arena, const char *path, struct chunk *out,
                       struct souk_str *source, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, errno == ENOENT ? SOUK_NOT_FOUND : SOUK_ERROR, "cannot be opened: %m");
    int code = read_whole(fd, arena, source, err);
    close(fd);
    if (code)
        return code;
    if (str_starts(*source, "\xef\xbb\xbf"))
        *source = str_from(*source, 3);
    if (str_starts(*source, "\x1b"))
        return err_set(err, SOUK_INVALID, "is a compiled chunk; souk reads the text of it only");
    if (!utf8_valid(*source)) {
        struct souk_str rest = *source, row;
        while (str_split(&rest, '\n', &row) && utf8_valid(row)) {
        }
        out->error_line = line_of(*source, (size_t)(row.ptr - source->ptr));
        return err_set(err, SOUK_INVALID, "is not UTF-8 text; save it as UTF-8");
    }
    return 0;
}

/* ---- the child and its answer ---- */

struct conversation {
    pid_t pid;
    int fd;
    int64_t deadline;
    int status; /* of waitpid; -1 when unknown */
    struct chunk_head head;
    char *bytes;
};

static int start_child(struct conversation *child, struct souk_str source,
                       const struct chunk_line *starts, size_t count, struct err *err)
{
    int ends[2];
    sigset_t all, before;
    if (pipe2(ends, O_CLOEXEC))
        return err_set(err, SOUK_UNAVAILABLE, "cannot be evaluated: no pipe: %m");
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    child->pid = fork();
    if (child->pid == 0)
        chunk_child_run(ends[1], source, starts, count);
    int why = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (child->pid < 0) {
        close(ends[0]);
        errno = why;
        return err_set(err, SOUK_UNAVAILABLE, "cannot be evaluated: no process: %m");
    }
    child->fd = ends[0];
    child->deadline = clock_mono() + ANSWER_TIME;
    return 0;
}

/* Exactly `len` bytes; SOUK_TIMEOUT, or SOUK_ERROR when the child ended before. */
static int read_exact(struct conversation *child, void *to, size_t len)
{
    char *at = to;
    while (len) {
        int64_t left = child->deadline - clock_mono();
        struct pollfd wait = {.fd = child->fd, .events = POLLIN};
        if (left <= 0)
            return SOUK_TIMEOUT;
        int ready = poll(&wait, 1, (int)(left / CLOCK_MS) + 1);
        if (ready <= 0)
            continue;
        ssize_t n = read(child->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return SOUK_ERROR;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static int read_answer(struct conversation *child, struct arena *arena)
{
    int code = read_exact(child, &child->head, sizeof(child->head));
    if (code)
        return code;
    if (child->head.size > CHUNK_OUTPUT || child->head.answer < CHUNK_VALUES ||
        child->head.answer > CHUNK_MEMORY)
        return SOUK_ERROR;
    child->bytes = arena_alloc(arena, (size_t)child->head.size + 1);
    child->bytes[child->head.size] = '\0';
    return read_exact(child, child->bytes, child->head.size);
}

/* A child that answered is killed all the same: it may not linger. One that died by
 * itself keeps its own status. */
static void end_child(struct conversation *child)
{
    pid_t got;
    close(child->fd);
    child->status = -1;
    do {
        got = waitpid(child->pid, &child->status, WNOHANG);
    } while (got < 0 && errno == EINTR);
    if (got != 0)
        return;
    kill(child->pid, SIGKILL);
    do {
        got = waitpid(child->pid, &child->status, 0);
    } while (got < 0 && errno == EINTR);
}

static int explain_silence(const struct conversation *child, int code, struct err *err)
{
    int sig = child->status != -1 && WIFSIGNALED(child->status) ? WTERMSIG(child->status) : 0;
    if (code == SOUK_TIMEOUT || sig == SIGXCPU) {
        return err_set(
            err, SOUK_TIMEOUT,
            "is not done after %d seconds: does it loop? this file should only give values",
            code == SOUK_TIMEOUT ? (int)(ANSWER_TIME / CLOCK_SECOND) : CHUNK_CPU);
    }
    if (sig) {
        return err_set(err, SOUK_INVALID,
                       "stopped the Lua interpreter (signal %d); write it more simply", sig);
    }
    return err_set(err, SOUK_ERROR, "cannot be evaluated: no answer from the process that did it");
}

/* Lua's words: "chunk:12: unexpected symbol near '}'". */
static int explain_error(const struct conversation *child, struct chunk *out, struct err *err)
{
    struct souk_str words = str_make(child->bytes, child->head.size);
    char text[MESSAGE_MOST];
    out->error_line = child->head.line;
    if (str_starts(words, "chunk:")) {
        struct souk_str rest = str_from(words, 6), number;
        int64_t line = 0;
        if (str_split(&rest, ':', &number) && str_to_int(number, &line) == 0 && line > 0 &&
            line <= SOURCE_MOST) {
            words = str_trim(rest);
            out->error_line = out->error_line ? out->error_line : (int)line;
        }
    }
    if (str_starts(words, "C stack overflow") || str_starts(words, "stack overflow") ||
        str_starts(words, "chunk has too many"))
        words = souk_str("is nested too deeply, or a function calls itself for ever");
    size_t len = str_copy(text, sizeof(text), words);
    for (size_t i = 0; i < len; i++)
        text[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? ' ' : text[i];
    if (!utf8_valid(str_make(text, len)))
        for (size_t i = 0; i < len; i++)
            text[i] = (unsigned char)text[i] > 0x7e ? '?' : text[i];
    return err_set(err, SOUK_INVALID, "%s", text);
}

static int take_values(struct arena *arena, const struct conversation *child, struct chunk *out,
                       struct err *err)
{
    struct json *document = NULL;
    if (json_parse(arena, str_make(child->bytes, child->head.size), &document, err))
        return err_in(err, "the values do not read back");
    const struct json *values = json_at(document, "values");
    const struct json *lines = json_at(document, "lines");
    if (!values || values->kind != JSON_OBJECT || !lines)
        return err_set(err, SOUK_ERROR, "the values do not read back");
    out->values = (struct json *)(uintptr_t)values; /* ours: made a moment ago */
    out->lines = arena_array(arena, struct chunk_line, lines->count + 1);
    json_each(item, lines)
    {
        out->lines[out->line_count++] =
            (struct chunk_line){item->key, (int)json_int(&item->value, 0)};
    }
    return 0;
}

/* Lua keeps the last of two values; whoever wrote them meant one. */
static int check_twice(struct souk_str source, struct chunk *out, struct err *err)
{
    struct chunk_line first, again;
    if (!chunk_lines_twice(source, &first, &again))
        return 0;
    out->error_line = again.line;
    return err_set(err, SOUK_INVALID,
                   "\"%.*s\" is given twice in one table, in line %d and in line %d; keep one",
                   SOUK_PRI(again.name), first.line, again.line);
}

int chunk_load(struct arena *arena, const char *path, struct chunk *out, struct err *err)
{
    struct souk_str source;
    struct chunk_line *starts = NULL;
    struct conversation child = {.status = -1};
    *out = (struct chunk){0};
    int code = read_source(arena, path, out, &source, err);
    if (code)
        return code;
    size_t count = chunk_lines_scan(arena, source, &starts);
    code = start_child(&child, source, starts, count, err);
    if (code)
        return code;
    code = read_answer(&child, arena);
    end_child(&child);
    if (code)
        return explain_silence(&child, code, err);
    switch (child.head.answer) {
    case CHUNK_VALUES:
        code = check_twice(source, out, err);
        return code ? code : take_values(arena, &child, out, err);
    case CHUNK_MEMORY:
        return err_set(err, SOUK_TOO_LARGE,
                       "needs more than 32 MiB of memory; this file should only give values");
    default: return explain_error(&child, out, err);
    }
}

int chunk_line(const struct chunk *chunk, struct souk_str name)
{
    for (size_t i = 0; i < chunk->line_count; i++)
        if (souk_str_equal(chunk->lines[i].name, name))
            return chunk->lines[i].line;
    return 0;
}
