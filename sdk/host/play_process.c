/*
 * play_process.c: the processes of a story: its shop, and commands of `souk`. They are this host's
 * own program or the one that --shop names, and end with the player.
 */
#include "host/play.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define UP_LIMIT   (60 * CLOCK_SECOND)
#define DOWN_LIMIT (45 * CLOCK_SECOND)
#define RUN_LIMIT  (60 * CLOCK_SECOND)
#define ARGS_MOST  64
#define LOG_MOST   (4 << 20)

/* What a process says, until it says no more. */
struct hearing {
    struct play *play;
    struct play_source source;
    struct buf heard;
    int is_over;
};

static void hear(void *user)
{
    struct hearing *hearing = user;
    char bytes[4096];
    ssize_t n = read(hearing->source.fd, bytes, sizeof bytes);
    if (n > 0)
        buf_add(&hearing->heard, bytes, (size_t)n);
    else
        hearing->is_over = 1;
}

static int is_over(void *user)
{
    return ((struct hearing *)user)->is_over;
}

/* In the child; `dir`: where it stands. */
static void become(const struct play *play, const char *const *args, int out, int error)
{
    const char *argv[ARGS_MOST + 3] = {"souk"};
    size_t count = 1;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    if (!play->options->is_shop)
        argv[count++] = "souk"; /* the hidden verb of this host */
    for (size_t i = 0; args[i] && i < ARGS_MOST; i++)
        argv[count++] = args[i];
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, 0);
    dup2(out, 1);
    dup2(error, 2);
    execv(play->options->binary, (char *const *)(uintptr_t)argv);
    dprintf(2, "%s: %m\n", play->options->binary);
    _exit(127);
}

static pid_t start(const struct play *play, const char *const *args, int error, int *in,
                   struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        err_set(err, SOUK_ERROR, "no pipe: %m");
        return -1;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become(play, args, ends[1], error < 0 ? ends[1] : error);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        err_set(err, SOUK_ERROR, "no process: %m");
    }
    *in = ends[0];
    return pid;
}

int play_run(struct play *play, const char *const *args, struct souk_str *output, int *code,
             struct err *err)
{
    struct hearing hearing = {.play = play, .heard = {.arena = &play->arena}};
    int status = 0, in = -1;
    pid_t pid = start(play, args, -1, &in, err);
    if (pid < 0)
        return SOUK_ERROR;
    hearing.source = (struct play_source){.fd = in, .turn = hear, .user = &hearing};
    play_source_add(play, &hearing.source);
    int waited = play_wait(play, is_over, &hearing, RUN_LIMIT);
    play_source_drop(play, &hearing.source);
    close(in);
    if (waited != SOUK_OK)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0) {
    }
    if (waited != SOUK_OK)
        return err_set(err, waited, "souk %s does not come to an end", args[0]);
    *output = hearing.heard.len ? buf_str(&hearing.heard) : souk_str("");
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return SOUK_OK;
}

/* ---- the shop ---- */

static const char *path_of(struct play *play, const char *name)
{
    return arena_printf(&play->arena, "%s/%s", play->dir, name).ptr;
}

struct souk_str play_log(struct play *play)
{
    char bytes[8192];
    ssize_t n;
    struct buf out = {.arena = &play->arena};
    int fd = open(path_of(play, "log"), O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && out.len < LOG_MOST && (n = read(fd, bytes, sizeof bytes)) > 0)
        buf_add(&out, bytes, (size_t)n);
    if (fd >= 0)
        close(fd);
    return out.len ? buf_str(&out) : souk_str("");
}

static struct souk_str log_end(struct play *play)
{
    struct souk_str log = str_trim(play_log(play));
    return log.len > 400 ? str_from(log, log.len - 400) : log;
}

static int is_ready(void *user)
{
    struct hearing *hearing = user;
    return hearing->is_over ||
           (hearing->heard.len && memchr(hearing->heard.ptr, '\n', hearing->heard.len));
}

static int take_ready(struct play *play, struct souk_str line, int waited, struct err *err)
{
    struct souk_str rest = str_trim(line), word;
    str_split(&rest, '\n', &word);
    if (waited == SOUK_OK && str_starts(word, "ready ")) {
        play->url = arena_cstr(&play->arena, str_trim(str_from(word, 6)));
        return SOUK_OK;
    }
    struct souk_str end = log_end(play);
    play_shop_down(play, 1, err);
    return err_set(err, SOUK_UNAVAILABLE, "the shop does not start: %.*s", SOUK_PRI(end));
}

int play_shop_up(struct play *play, struct err *err)
{
    const char *const args[] = {
        "serve",       "-c", path_of(play, "souk.lua"), "--data", path_of(play, "data"), "--listen",
        "127.0.0.1:0", NULL};
    struct hearing hearing = {.play = play, .heard = {.arena = &play->arena}};
    int log = open(path_of(play, "log"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0)
        return err_set(err, SOUK_ERROR, "%s: %m", path_of(play, "log"));
    play->shop = start(play, args, log, &play->shop_out, err);
    close(log);
    if (play->shop < 0) {
        play->shop = 0;
        return SOUK_ERROR;
    }
    hearing.source = (struct play_source){.fd = play->shop_out, .turn = hear, .user = &hearing};
    play_source_add(play, &hearing.source);
    int waited = play_wait(play, is_ready, &hearing, UP_LIMIT);
    play_source_drop(play, &hearing.source);
    return take_ready(play, hearing.heard.len ? buf_str(&hearing.heard) : souk_str(""), waited,
                      err);
}

static void note_end(void *user)
{
    (void)user;
}

static int has_ended(void *user)
{
    struct play *play = user;
    int status;
    if (play->shop && waitpid(play->shop, &status, WNOHANG) == play->shop)
        play->shop = 0;
    return play->shop == 0;
}

int play_shop_down(struct play *play, int at_once, struct err *err)
{
    int code = SOUK_OK;
    if (!play->shop)
        return SOUK_OK;
    int fd = (int)syscall(SYS_pidfd_open, play->shop, 0);
    struct play_source source = {.fd = fd, .turn = note_end, .user = play};
    kill(play->shop, at_once ? SIGKILL : SIGTERM);
    play_source_add(play, &source);
    if (!at_once && play_wait(play, has_ended, play, DOWN_LIMIT) != SOUK_OK) {
        code = err_set(err, SOUK_TIMEOUT, "the shop does not stop");
        kill(play->shop, SIGKILL);
    }
    play_source_drop(play, &source);
    if (fd >= 0)
        close(fd);
    if (play->shop)
        while (waitpid(play->shop, NULL, 0) < 0) {
        }
    close(play->shop_out);
    play->shop = 0;
    play->url = NULL;
    return code;
}
