/*
 * access_log.c: formatting by hand, because a line is written for every request and
 * printf would cost more than the rest of a cached page. The date changes once a second
 * and is kept; the rest is digits and copies.
 *
 * The query is left out on purpose: it carries order tokens and search words. Text from
 * outside is cut, quoted and escaped, so that a client cannot forge a line.
 *
 * Rotation: the new file is opened and put in place of the old descriptor with dup3, so
 * writers need no lock for it.
 */
#include "web/access_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define PATH_MOST  ((size_t)1000)
#define AGENT_MOST ((size_t)160)
#define ROUTE_MOST ((size_t)200)

struct access_log {
    int fd;
    int as_json;
    char *path; /* NULL: standard error */
};

/* ---- formatting ---- */

static char *put(char *to, const char *bytes, size_t len)
{
    memcpy(to, bytes, len);
    return to + len;
}
#define PUT(to, literal) put((to), (literal), sizeof(literal) - 1)

static char *put_number(char *to, uint64_t number)
{
    char digits[20];
    size_t n = sizeof(digits);
    do {
        digits[--n] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return put(to, digits + n, sizeof(digits) - n);
}

static char *put_digits(char *to, uint64_t number, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        to[i] = (char)('0' + number % 10);
        number /= 10;
    }
    return to + width;
}

/* U+0080 to U+009F steer terminals, U+2028 and U+2029 end lines: how many bytes, or 0. */
static size_t steering(const char *at, size_t left)
{
    const unsigned char *c = (const unsigned char *)at;
    if (left >= 2 && c[0] == 0xc2 && c[1] < 0xa0)
        return 2;
    return left >= 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] & 0xfe) == 0xa8 ? 3 : 0;
}

/* Between quotes. Control characters were refused at the gate; what still looks like
 * one becomes '?'. */
static char *put_quoted(char *to, struct souk_str text, size_t most)
{
    size_t len = text.len < most ? text.len : most;
    while (len < text.len && len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--; /* never inside a character */
    *to++ = '"';
    for (size_t i = 0; i < len; i++) {
        char c = text.ptr[i];
        size_t steers = (unsigned char)c < 0xc2 ? 0 : steering(text.ptr + i, len - i);
        if (c == '"' || c == '\\')
            *to++ = '\\';
        else if ((unsigned char)c < 0x20 || c == 0x7f || steers)
            c = '?';
        *to++ = c;
        i += steers ? steers - 1 : 0;
    }
    *to++ = '"';
    return to;
}

static int is_bare(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return 0;
    }
    return text.len > 0;
}

static char *put_text(char *to, struct souk_str text, size_t most, int as_json)
{
    if (!as_json && text.len <= most && is_bare(text))
        return put(to, text.ptr, text.len);
    return put_quoted(to, text, most);
}

static char *put_time(char *to, struct access_buffer *buffer, int64_t at)
{
    int64_t second = at / CLOCK_SECOND;
    if (second != buffer->second || !buffer->second_text[0]) {
        clock_format(second * CLOCK_SECOND, 0, buffer->second_text);
        buffer->second = second;
    }
    to = put(to, buffer->second_text, 19); /* without the Z */
    *to++ = '.';
    to = put_digits(to, (uint64_t)(at % CLOCK_SECOND), 6);
    *to++ = 'Z';
    return to;
}

static char *put_milliseconds(char *to, int64_t span)
{
    uint64_t us = span > 0 ? (uint64_t)span : 0;
    to = put_number(to, us / 1000);
    *to++ = '.';
    return put_digits(to, us % 1000, 3);
}

#define KEY(to, name) (as_json ? PUT((to), ",\"" name "\":") : PUT((to), " " name "="))

size_t access_log_format(char *to, struct access_buffer *buffer, const struct access_line *line,
                         int as_json)
{
    char *at = to;
    at = as_json ? PUT(at, "{\"at\":\"") : PUT(at, "at=");
    at = put_time(at, buffer, line->at);
    if (as_json)
        *at++ = '"';
    at = put_text(KEY(at, "method"), line->method, 32, as_json);
    at = put_text(KEY(at, "path"), line->path, PATH_MOST, as_json);
    at = put_number(KEY(at, "status"), (uint64_t)line->status);
    at = put_number(KEY(at, "bytes"), (uint64_t)(line->bytes > 0 ? line->bytes : 0));
    at = put_milliseconds(KEY(at, "ms"), line->span);
    at = put_text(KEY(at, "address"), souk_str(line->address), 48, as_json);
    at = put_text(KEY(at, "request"), souk_str(line->id), 32, as_json);
    if (line->route)
        at = put_quoted(KEY(at, "route"), souk_str(line->route), ROUTE_MOST);
    if (line->agent.len)
        at = put_quoted(KEY(at, "agent"), line->agent, AGENT_MOST);
    if (line->cached)
        at = as_json ? PUT(at, ",\"cached\":true") : PUT(at, " cached=true");
    if (as_json)
        *at++ = '}';
    *at++ = '\n';
    return (size_t)(at - to);
}

/* ---- buffers ---- */

void access_buffer_init(struct access_buffer *buffer)
{
    memset(buffer, 0, sizeof(*buffer));
    pthread_mutex_init(&buffer->lock, NULL);
    buffer->bytes = mem_alloc(ACCESS_BUFFER);
}

void access_buffer_free(struct access_buffer *buffer)
{
    pthread_mutex_destroy(&buffer->lock);
    free(buffer->bytes);
    buffer->bytes = NULL;
}

static void write_out(struct access_log *log, struct access_buffer *buffer)
{
    size_t done = 0;
    if (!log->path) {
        log_write_raw(STDERR_FILENO, buffer->bytes, buffer->len);
        buffer->len = 0;
        return;
    }
    while (done < buffer->len) {
        ssize_t n = write(log->fd, buffer->bytes + done, buffer->len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* a full disk: the lines are lost, the shop goes on */
        done += (size_t)n;
    }
    buffer->len = 0;
}

void access_log_add(struct access_log *log, struct access_buffer *buffer,
                    const struct access_line *line)
{
    if (!log)
        return;
    pthread_mutex_lock(&buffer->lock);
    if (buffer->len + ACCESS_LINE > ACCESS_BUFFER)
        write_out(log, buffer);
    buffer->len += access_log_format(buffer->bytes + buffer->len, buffer, line, log->as_json);
    pthread_mutex_unlock(&buffer->lock);
}

void access_log_flush(struct access_log *log, struct access_buffer *buffer)
{
    if (!log)
        return;
    pthread_mutex_lock(&buffer->lock);
    if (buffer->len)
        write_out(log, buffer);
    pthread_mutex_unlock(&buffer->lock);
}

/* ---- the file ---- */

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

int access_log_open(struct access_log **out, const char *where, int as_json, struct err *err)
{
    *out = NULL;
    if (!where || !*where || strcmp(where, "off") == 0)
        return 0;
    int to_file = strcmp(where, "stderr") != 0;
    int fd = to_file ? open_file(where) : -1;
    if (to_file && fd < 0) {
        return err_set(err, SOUK_ERROR,
                       "access log %s: %s; make its folder writable or set log.access", where,
                       strerror(errno));
    }
    struct access_log *log = mem_zalloc(sizeof(*log));
    log->fd = fd;
    log->as_json = as_json;
    log->path = to_file ? mem_strdup(where) : NULL;
    *out = log;
    return 0;
}

void access_log_reopen(struct access_log *log)
{
    if (!log || !log->path)
        return;
    int fd = open_file(log->path);
    if (fd < 0) {
        log_warn("access_log.not_reopened", LOG_S("path", log->path),
                 LOG_S("reason", strerror(errno)));
        return;
    }
    dup3(fd, log->fd, O_CLOEXEC);
    close(fd);
}

void access_log_close(struct access_log *log)
{
    if (!log)
        return;
    if (log->fd >= 0)
        close(log->fd);
    free(log->path);
    free(log);
}
