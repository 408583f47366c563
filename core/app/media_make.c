/*
 * media_make.c: runs souk-image and puts what it says into files.
 *
 * The program gets the picture on its standard input and says the sizes on its standard output; it
 * has no rights beyond that (core/app/image/sandbox.c), and this side believes nothing that it
 * says: numbers are bounded, names are made here. It is killed when it takes too long. Files are
 * written under another name first, so that a file that can be seen is whole.
 */
#include "app/media_make.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/disk.h"
#include "base/str.h"

#define TIME_MOST   (30 * CLOCK_SECOND)
#define OUTPUT_MOST ((size_t)64 << 20)
#define SVG_MOST    ((size_t)1 << 20)

struct maker { /* the running program */
    pid_t pid;
    int in, out;
    int64_t deadline;
    struct souk_str bytes; /* still to be sent */
    struct buf said;
};

static int start(struct maker *maker, struct err *err)
{
    char path[4096];
    int in[2], out[2];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 16);
    while (len > 0 && path[len - 1] != '/')
        len--;
    if (len <= 0)
        return err_set(err, SOUK_UNAVAILABLE, "souk's own folder cannot be found: %m");
    snprintf(path + len, sizeof path - (size_t)len, "souk-image");
    if (pipe2(in, O_CLOEXEC) != 0)
        return err_set(err, SOUK_UNAVAILABLE, "no pipe: %m");
    if (pipe2(out, O_CLOEXEC) != 0) {
        close(in[0]), close(in[1]);
        return err_set(err, SOUK_UNAVAILABLE, "no pipe: %m");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    /* decoders talk; the log is ours */
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    char *const argv[] = {"souk-image", NULL};
    char *const nothing[] = {NULL}; /* the environment may hold secrets */
    int code = posix_spawn(&maker->pid, path, &actions, NULL, argv, nothing);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]), close(out[1]);
    maker->in = in[1], maker->out = out[0];
    if (code == 0)
        return SOUK_OK;
    close(in[1]), close(out[0]);
    errno = code;
    return err_set(err, SOUK_UNAVAILABLE, "%s cannot be run: %m; install souk whole", path);
}

static void send_some(struct maker *maker)
{
    ssize_t sent = write(maker->in, maker->bytes.ptr, maker->bytes.len);
    if (sent > 0)
        maker->bytes = str_from(maker->bytes, (size_t)sent);
    if ((sent < 0 && errno != EAGAIN && errno != EINTR) || maker->bytes.len == 0) {
        close(maker->in);
        maker->in = -1;
    }
}

/* 0 at the end of what it says. */
static int hear_some(struct maker *maker)
{
    buf_reserve(&maker->said, 65536);
    ssize_t got = read(maker->out, maker->said.ptr + maker->said.len, 65536);
    if (got > 0)
        maker->said.len += (size_t)got;
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

static int converse(struct maker *maker)
{
    fcntl(maker->in, F_SETFL, O_NONBLOCK);
    for (;;) {
        struct pollfd fds[] = {{.fd = maker->out, .events = POLLIN},
                               {.fd = maker->in, .events = POLLOUT}};
        int64_t left = maker->deadline - clock_mono();
        if (left <= 0)
            return SOUK_TIMEOUT;
        if (maker->said.len > OUTPUT_MOST)
            return SOUK_TOO_LARGE;
        if (poll(fds, maker->in >= 0 ? 2 : 1, (int)(left / CLOCK_MS) + 1) < 0)
            continue;
        if (maker->in >= 0 && fds[1].revents)
            send_some(maker);
        if (fds[0].revents && !hear_some(maker))
            return SOUK_OK;
    }
}

static void end(struct maker *maker)
{
    int status;
    if (maker->in >= 0)
        close(maker->in);
    close(maker->out);
    kill(maker->pid, SIGKILL);
    while (waitpid(maker->pid, &status, 0) < 0 && errno == EINTR) {
    }
}

/* ---- what it said ---- */

static int is_svg_start(struct souk_str text)
{
    struct souk_str start = str_trim(text);
    if (str_starts(start, "\xef\xbb\xbf"))
        start = str_from(start, 3);
    return str_starts(start, "<svg") ||
           (str_starts(start, "<?xml") && memmem(start.ptr, start.len, "<svg", 4));
}

int media_is_svg(struct souk_str bytes)
{
    return is_svg_start(bytes.len > 1024 ? str_make(bytes.ptr, 1024) : bytes);
}

static int take_word(struct souk_str *line, struct souk_str *word)
{
    return str_split(line, ' ', word) && word->len > 0;
}

static int take_number(struct souk_str *line, int64_t most, int64_t *number)
{
    struct souk_str word;
    return take_word(line, &word) && str_to_int(word, number) == SOUK_OK && *number >= 0 &&
           *number <= most;
}

struct making {
    struct arena *arena;
    const char *stem; /* "<folder>/ab/<hash>" */
    struct image_files *files;
    struct buf widths;
    struct err *err;
};

static int take_file(struct making *making, struct souk_str *rest, struct souk_str line)
{
    struct souk_str extension;
    int64_t width, size;
    if (!take_number(&line, 20000, &width) || !take_word(&line, &extension) ||
        !take_number(&line, (int64_t)OUTPUT_MOST, &size) || (size_t)size > rest->len)
        return err_set(making->err, SOUK_ERROR, "souk-image said something unexpected");
    const char *as = souk_str_is(extension, "webp")  ? "webp"
                     : souk_str_is(extension, "png") ? "png"
                                                     : "jpg";
    struct souk_str path =
        width ? arena_printf(making->arena, "%s-%lld.%s", making->stem, (long long)width, as)
              : arena_printf(making->arena, "%s.%s", making->stem, as);
    int code = disk_put(path.ptr, str_make(rest->ptr, (size_t)size), 0640, making->err);
    *rest = str_from(*rest, (size_t)size);
    if (width && strcmp(as, "webp") == 0)
        buf_printf(&making->widths, "%s%lld", making->widths.len ? "," : "", (long long)width);
    return code;
}

static int take_answer(struct making *making, struct souk_str said)
{
    struct souk_str line, word;
    struct image_files *files = making->files;
    while (str_split(&said, '\n', &line)) {
        struct souk_str whole = line;
        take_word(&line, &word);
        if (souk_str_is(word, "done")) {
            files->widths = buf_str(&making->widths);
            return SOUK_OK;
        }
        if (souk_str_is(word, "refused"))
            return err_set(making->err, SOUK_INVALID, "%.*s", SOUK_PRI(str_from(whole, 8)));
        if (souk_str_is(word, "picture")) {
            if (!take_word(&line, &word) || !take_number(&line, 20000, &files->width) ||
                !take_number(&line, 20000, &files->height))
                break;
            files->type =
                souk_str_is(word, "image/png") ? souk_str("image/png") : souk_str("image/jpeg");
        } else if (!souk_str_is(word, "file")) {
            break;
        } else {
            int code = take_file(making, &said, line);
            if (code != SOUK_OK)
                return code;
        }
    }
    return err_set(making->err, SOUK_INVALID, "its decoder failed on it");
}

static int run_maker(struct making *making, struct souk_str bytes)
{
    struct maker maker = {.bytes = bytes, .deadline = clock_mono() + TIME_MOST};
    int code = start(&maker, making->err);
    if (code != SOUK_OK)
        return code;
    code = converse(&maker);
    end(&maker);
    if (code == SOUK_OK)
        code = take_answer(making, str_make(maker.said.ptr, maker.said.len));
    else
        err_set(making->err, SOUK_INVALID, "it took too long or grew too large");
    buf_free(&maker.said);
    return code == SOUK_OK ? code : making->err->code;
}

static int take_svg(struct making *making, struct souk_str bytes)
{
    if (bytes.len > SVG_MOST)
        return err_set(making->err, SOUK_INVALID, "the drawing is larger than 1 MiB");
    making->files->type = souk_str("image/svg+xml");
    making->files->width = making->files->height = 800;
    making->files->widths = souk_str("");
    return disk_put(arena_printf(making->arena, "%s.svg", making->stem).ptr, bytes, 0640,
                    making->err);
}

int media_make(struct arena *arena, const char *folder, struct souk_str bytes,
               struct image_files *files, struct err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hash[33];
    crypto_hash_sha256(digest, (const unsigned char *)bytes.ptr, bytes.len);
    sodium_bin2hex(hash, sizeof hash, digest, 16);
    const char *shelf = arena_printf(arena, "%s/%.2s", folder, hash).ptr;
    if (mkdir(shelf, 0750) != 0 && errno != EEXIST)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be made: %m", shelf);
    files->hash = arena_str(arena, souk_str(hash));
    struct making making = {.arena = arena,
                            .stem = arena_printf(arena, "%s/%s", shelf, hash).ptr,
                            .files = files,
                            .widths = {.arena = arena},
                            .err = err};
    return media_is_svg(bytes) ? take_svg(&making, bytes) : run_maker(&making, bytes);
}
