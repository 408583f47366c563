/*
 * log.c: one line an event to standard error, as logfmt or JSON.
 *
 * The idea: a line is put together in 4 KiB on the stack, without malloc, and handed to
 * the kernel in one write of at most PIPE_BUF bytes, so that lines of several processes
 * never mix. Whoever reads the log may be slow or dead: a pipe or socket is asked first
 * whether it takes bytes, and when it does not, the line is dropped and counted,
 * because a shop must not wait for its log.
 *
 * Text from outside cannot forge lines: control characters and broken UTF-8 are
 * escaped. A value too long for the line is cut, and the line stays well-formed.
 */
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

#define LINE_SIZE 4096

static _Atomic int log_least = LOG_INFO;
static _Atomic int log_json;
static _Atomic uint64_t log_lost;

/* Threads of ours take turns between asking a pipe for room and filling it; nobody
 * waits inside. */
static pthread_mutex_t pipe_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level least, int as_json)
{
    atomic_store_explicit(&log_least, (int)least, memory_order_relaxed);
    atomic_store_explicit(&log_json, as_json, memory_order_relaxed);
}

int log_level_parse(struct souk_str name, enum log_level *out)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++) {
        if (souk_str_is(name, level_names[i])) {
            *out = (enum log_level)i;
            return 0;
        }
    }
    return SOUK_INVALID;
}

uint64_t log_dropped(void)
{
    return atomic_load_explicit(&log_lost, memory_order_relaxed);
}

/* A place to write that never overflows: what does not fit whole is left out and `full`
 * is set. */
struct line {
    char *to;
    size_t size;
    size_t len;
    int full;
};

static void put(struct line *line, const char *bytes, size_t len)
{
    if (line->full || line->size - line->len < len) {
        line->full = 1;
        return;
    }
    memcpy(line->to + line->len, bytes, len);
    line->len += len;
}

static void put_cstr(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_number(struct line *line, int64_t number)
{
    char digits[24];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (number < 0)
        digits[--at] = '-';
    put(line, digits + at, sizeof(digits) - at);
}

/* Length of the character at p: 1 for ASCII, 2 to 4 in valid text. */
static size_t char_length(unsigned char lead)
{
    return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

static void put_escape(struct line *line, unsigned code)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {
        '\\', 'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15]};
    put(line, text, sizeof(text));
}

/* One character between quotes. Returns the bytes read. */
static size_t put_char(struct line *line, const char *p, int valid)
{
    unsigned char c = (unsigned char)*p;
    if (c == '"' || c == '\\') {
        char text[2] = {'\\', (char)c};
        put(line, text, 2);
    } else if (c == '\n') {
        put(line, "\\n", 2);
    } else if (c < 0x20 || c == 0x7F) {
        put_escape(line, c);
    } else if (c < 0x80) {
        put(line, p, 1);
    } else if (!valid) {
        put_escape(line, 0xFFFD);
    } else if (c == 0xC2 && (unsigned char)p[1] < 0xA0) { /* C1 controls move terminals too */
        put_escape(line, (unsigned char)p[1]);
        return 2;
    } else {
        put(line, p, char_length(c));
        return char_length(c);
    }
    return 1;
}

static void put_quoted(struct line *line, struct souk_str text)
{
    int valid = utf8_valid(text);
    put(line, "\"", 1);
    if (line->full || line->len == line->size) {
        line->full = 1;
        return;
    }
    line->size--; /* the closing quote always fits */
    for (size_t i = 0; i < text.len && !line->full;)
        i += put_char(line, text.ptr + i, valid);
    line->size++;
    line->full = 0;
    put(line, "\"", 1);
}

static int is_plain(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && !strchr("-._:/@+,%~", c))
            return 0;
        if (c == '\0')
            return 0;
    }
    return text.len > 0;
}

size_t log_put_field(char *to, size_t size, const struct log_field *field, int as_json)
{
    struct line line = {to, size, 0, 0};
    if (as_json) {
        put(&line, "\"", 1);
        put_cstr(&line, field->key);
        put(&line, "\":", 2);
    } else {
        put_cstr(&line, field->key);
        put(&line, "=", 1);
    }
    if (field->is_number)
        put_number(&line, field->number);
    else if (!as_json && is_plain(field->text) && field->text.len <= size - line.len)
        put(&line, field->text.ptr, field->text.len);
    else
        put_quoted(&line, field->text);
    return line.full ? 0 : line.len;
}

static void add_field(struct line *line, const struct log_field *field, int as_json)
{
    if (line->len == line->size)
        return;
    size_t at = line->len + 1;
    size_t len = log_put_field(line->to + at, line->size - at, field, as_json);
    if (len) {
        line->to[line->len] = as_json ? ',' : ' ';
        line->len = at + len;
    }
}

void log_emit(enum log_level level, const char *event, const struct log_field *fields)
{
    if ((int)level < atomic_load_explicit(&log_least, memory_order_relaxed))
        return;
    char bytes[LINE_SIZE], at[32];
    int as_json = atomic_load_explicit(&log_json, memory_order_relaxed);
    struct line line = {bytes, sizeof(bytes) - 2, 0, 0}; /* "}\n" always fits */
    clock_format(clock_now(), 1, at);
    put_cstr(&line, as_json ? "{\"time\":\"" : "time=");
    put_cstr(&line, at);
    put_cstr(&line, as_json ? "\",\"level\":\"" : " level=");
    put_cstr(&line, level_names[level]);
    put_cstr(&line, as_json ? "\"" : "");
    add_field(&line, &(struct log_field){"event", souk_str(event), 0, 0}, as_json);
    for (; fields && fields->key; fields++)
        add_field(&line, fields, as_json);
    if (as_json)
        bytes[line.len++] = '}';
    bytes[line.len++] = '\n';
    if (log_write_raw(STDERR_FILENO, bytes, line.len) != line.len)
        atomic_fetch_add_explicit(&log_lost, 1, memory_order_relaxed);
}

static size_t write_file(int fd, const char *bytes, size_t len)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = write(fd, bytes + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    return done;
}

/* As many whole lines as fit into one atomic write; a line that is longer goes in
 * pieces. */
static size_t chunk_length(const char *bytes, size_t len)
{
    if (len <= PIPE_BUF)
        return len;
    const char *end = memrchr(bytes, '\n', PIPE_BUF);
    return end ? (size_t)(end - bytes) + 1 : PIPE_BUF;
}

size_t log_write_raw(int fd, const char *bytes, size_t len)
{
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return write_file(fd, bytes, len);
    size_t done = 0;
    pthread_mutex_lock(&pipe_lock);
    while (done < len) {
        struct pollfd ready = {fd, POLLOUT, 0};
        if (poll(&ready, 1, 0) != 1 || !(ready.revents & POLLOUT))
            break;
        ssize_t n = write(fd, bytes + done, chunk_length(bytes + done, len - done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    pthread_mutex_unlock(&pipe_lock);
    return done;
}
