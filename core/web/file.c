/*
 * file.c: from a file on the disk to an answer: what the client has already, which part it wants,
 * and which of the two forms it takes.
 *
 * The order is that of RFC 9110, 13.2.2: If-None-Match, else If-Modified-Since; then Range, which
 * If-Range may call off. A range is answered from the plain form only, so that its numbers mean the
 * same for everybody.
 */
#include "web/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "web/negotiate.h"

struct opened {
    int fd;
    struct stat info;
};

struct part { /* of the file, in bytes */
    int64_t from, size;
};

static int64_t changed_at(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * CLOCK_SECOND + info->st_mtim.tv_nsec / 1000;
}

/* A pipe is not waited for, a link not followed. */
static int open_at(int dir, const char *name, struct opened *file)
{
    file->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (file->fd < 0)
        return SOUK_NOT_FOUND;
    if (fstat(file->fd, &file->info) == 0 && S_ISREG(file->info.st_mode))
        return SOUK_OK;
    close(file->fd);
    file->fd = -1;
    return SOUK_NOT_FOUND;
}

static const char *tag_of(struct arena *arena, const struct stat *info)
{
    return arena_printf(arena, "\"%llx-%llx-%llx%09lx\"", (unsigned long long)info->st_ino,
                        (unsigned long long)info->st_size, (unsigned long long)info->st_mtim.tv_sec,
                        (unsigned long)info->st_mtim.tv_nsec)
        .ptr;
}

static int64_t whole_second(int64_t at)
{
    return at - at % CLOCK_SECOND;
}

static int is_unchanged(const struct request *request, const char *tag, int64_t changed)
{
    int64_t since;
    struct souk_str header = request_header(request, "If-Modified-Since");
    if (!request->head && !souk_str_is(request->method, "GET"))
        return 0;
    if (request_header(request, "If-None-Match").len)
        return negotiate_unchanged(request, tag);
    return header.len && clock_parse_http(header, &since) == SOUK_OK &&
           whole_second(changed) <= since;
}

/* ---- ranges ---- */

static int read_number(struct souk_str *text, int64_t *number)
{
    size_t i = 0;
    *number = 0;
    for (; i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++) {
        if (*number > INT64_MAX / 10 - 1)
            return 0;
        *number = *number * 10 + (text->ptr[i] - '0');
    }
    *text = str_from(*text, i);
    return i > 0;
}

/* "bytes=0-99", "bytes=100-", "bytes=-100". 0: none that is understood, so the whole is sent. */
static int read_range(struct souk_str text, int64_t size, struct part *part)
{
    int64_t first = 0, last = size - 1;
    if (text.len < 6 || !str_equal_nocase(str_make(text.ptr, 6), souk_str("bytes=")))
        return 0;
    text = str_trim(str_from(text, 6));
    int has_first = read_number(&text, &first);
    if (!text.len || text.ptr[0] != '-')
        return 0;
    text = str_from(text, 1);
    int64_t number;
    int has_last = read_number(&text, &number);
    if (text.len || (!has_first && !has_last))
        return 0;
    if (!has_first) { /* that many of the end */
        first = number >= size ? 0 : size - number;
        if (number == 0)
            first = size;
    } else if (has_last) {
        if (number < first)
            return 0;
        last = number < last ? number : last;
    }
    *part = (struct part){first, first < size ? last - first + 1 : -1};
    return 1;
}

/* If-Range names this version, or is not there. */
static int range_holds(const struct request *request, const char *tag, int64_t changed)
{
    struct souk_str header = str_trim(request_header(request, "If-Range"));
    int64_t at;
    if (!header.len || souk_str_is(header, tag))
        return 1;
    return clock_parse_http(header, &at) == SOUK_OK && at == whole_second(changed);
}

/* ---- the answer ---- */

/* RFC 6266: the name in plain letters for old clients, and as it is. */
static struct souk_str disposition(struct arena *arena, struct souk_str name)
{
    struct buf out = {.arena = arena};
    buf_add_cstr(&out, "attachment; filename=\"");
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        buf_add_char(&out, c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '%' || c == '/'
                               ? '_'
                               : (char)c);
    }
    buf_add_cstr(&out, "\"; filename*=UTF-8''");
    buf_add_encoded(&out, name);
    return buf_str(&out);
}

static void add_headers(struct request *request, const struct file_terms *terms, const char *tag,
                        int64_t changed)
{
    char date[32];
    size_t len = clock_format_http(changed, date);
    answer_header(request, "etag", souk_str(tag));
    answer_header(request, "last-modified", str_make(date, len));
    answer_header(request, "accept-ranges", souk_str("bytes"));
    answer_header(request, "cache-control", souk_str(terms->cache ? terms->cache : "no-cache"));
    if (terms->filename.len)
        answer_header(request, "content-disposition",
                      disposition(&request->arena, terms->filename));
    if (terms->packed)
        answer_header(request, "vary", souk_str("Accept-Encoding"));
}

/* Headers that the handler said before stay. */
static void send_part(struct request *request, struct opened *file, int status,
                      const struct part *part, const char *type)
{
    answer_bytes(request, status, type, souk_str(""));
    request->answer.file = file->fd + 1;
    request->answer.file_from = part->from;
    request->answer.file_size = part->size;
    file->fd = -1;
}

static int wants_range(struct request *request, const char *tag, const struct opened *file,
                       struct part *part)
{
    struct souk_str range = request_header(request, "Range");
    return range.len && !request->head && souk_str_is(request->method, "GET") &&
           range_holds(request, tag, changed_at(&file->info)) &&
           read_range(range, file->info.st_size, part);
}

static void answer_range(struct request *request, struct opened *file, const struct part *part,
                         const char *type)
{
    struct arena *arena = &request->arena;
    long long size = (long long)file->info.st_size;
    if (part->size < 0) {
        answer_bytes(request, 416, "text/plain; charset=utf-8", souk_str(""));
        answer_header(request, "content-range", arena_printf(arena, "bytes */%lld", size));
        return;
    }
    answer_header(request, "content-range",
                  arena_printf(arena, "bytes %lld-%lld/%lld", (long long)part->from,
                               (long long)(part->from + part->size - 1), size));
    send_part(request, file, 206, part, type);
}

/* The compressed sibling, when the client takes it and it is of this version. */
static int open_packed(struct request *request, int dir, const char *name,
                       const struct opened *plain, struct opened *packed)
{
    const char *beside = arena_printf(&request->arena, "%s.gz", name).ptr;
    if (!negotiate_gzip(request) || request_header(request, "Range").len ||
        open_at(dir, beside, packed) != SOUK_OK)
        return 0;
    if (changed_at(&packed->info) >= changed_at(&plain->info))
        return 1;
    close(packed->fd);
    return 0;
}

int file_answer(struct request *request, int dir, const char *name, const struct file_terms *terms)
{
    struct opened file, packed;
    struct part part;
    int code = open_at(dir, name, &file);
    if (code != SOUK_OK)
        return code;
    int64_t changed = changed_at(&file.info);
    int is_packed = terms->packed && open_packed(request, dir, name, &file, &packed);
    if (is_packed) {
        close(file.fd);
        file = packed;
    }
    const char *tag = tag_of(&request->arena, &file.info);
    if (is_unchanged(request, tag, changed)) {
        answer_bytes(request, 304, terms->type, souk_str(""));
    } else if (wants_range(request, tag, &file, &part)) {
        answer_range(request, &file, &part, terms->type);
    } else {
        send_part(request, &file, 200, &(struct part){0, file.info.st_size}, terms->type);
        if (is_packed)
            answer_header(request, "content-encoding", souk_str("gzip"));
    }
    add_headers(request, terms, tag, changed);
    if (file.fd >= 0)
        close(file.fd);
    return SOUK_OK;
}
