/*
 * plugin_record.c: the record of conformance beside a plugin's file: which rules were tried with
 * it, in which modes, and what was found. It holds for the file whose SHA-256 stands in it and for
 * no other. It is its author's word, not a signature: read it to see what was tried.
 */
#include "app/cli/plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

#define FILE_MOST   ((off_t)256 << 20)
#define RECORD_MOST ((off_t)1 << 20)

const char *record_name(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    struct souk_str name = souk_str(slash ? slash + 1 : file);
    if (!str_ends(name, ".so") || name.len == 3)
        return NULL;
    return arena_cstr(arena, str_make(name.ptr, name.len - 3));
}

static int read_file(struct arena *arena, const char *path, off_t most, struct souk_str *bytes,
                     struct stat *info, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, SOUK_NOT_FOUND, "%s: %s", path, strerror(errno));
    int code = fstat(fd, info) != 0 || !S_ISREG(info->st_mode)
                   ? err_set(err, SOUK_INVALID, "%s is not a regular file", path)
               : info->st_size > most ? err_set(err, SOUK_TOO_LARGE, "%s is too large", path)
                                      : SOUK_OK;
    if (code == SOUK_OK) {
        size_t size = (size_t)info->st_size, done = 0;
        char *to = arena_alloc(arena, size + 1);
        ssize_t got = 1;
        while (done < size && (got = read(fd, to + done, size - done)) > 0)
            done += (size_t)got;
        *bytes = str_make(to, done);
        if (done != size)
            code = err_set(err, SOUK_ERROR, "%s cannot be read whole; try again", path);
    }
    close(fd);
    return code;
}

int record_hash(struct arena *arena, const char *file, struct souk_str *bytes, char sha256[65],
                struct stat *info, struct err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    int code = read_file(arena, file, FILE_MOST, bytes, info, err);
    if (code != SOUK_OK)
        return code;
    crypto_hash_sha256(digest, (const unsigned char *)bytes->ptr, bytes->len);
    sodium_bin2hex(sha256, 65, digest, sizeof digest);
    return SOUK_OK;
}

static int is_count(const struct json *record, const char *key)
{
    const struct json *count = json_at(record, key);
    return count && count->kind == JSON_INT && count->number >= 0;
}

void record_read(struct arena *arena, const char *file, const char *name, const char sha256[65],
                 struct record *out)
{
    struct souk_str text, path = souk_str(file);
    struct stat info;
    struct err err = {0};
    *out = (struct record){.state = RECORD_NONE};
    out->path = arena_printf(arena, "%.*s.conform.json", (int)path.len - 3, path.ptr).ptr;
    int code = read_file(arena, out->path, RECORD_MOST, &text, &info, &err);
    if (code == SOUK_NOT_FOUND)
        return;
    out->state = RECORD_BAD;
    if (code != SOUK_OK || json_parse(arena, text, &out->json, &err) != SOUK_OK ||
        !is_count(out->json, "yes") || !is_count(out->json, "no")) {
        out->json = NULL;
        return;
    }
    if (!souk_str_is(json_text(json_at(out->json, "sha256")), sha256) ||
        !souk_str_is(json_text(json_at(out->json, "plugin")), name))
        out->state = RECORD_OTHER;
    else if (json_int(json_at(out->json, "no"), 1) != 0 ||
             json_int(json_at(out->json, "yes"), 0) == 0)
        out->state = RECORD_NO;
    else
        out->state = RECORD_GOOD;
}

static void add_names(struct buf *out, const struct json *list)
{
    const char *between = "";
    json_each(name, list)
    {
        buf_printf(out, "%s%.*s", between, SOUK_PRI(json_text(&name->value)));
        between = ", ";
    }
}

struct souk_str record_words(struct arena *arena, const struct record *record)
{
    struct buf out = {.arena = arena};
    struct souk_str at = json_text(json_at(record->json, "at"));
    if (record->state == RECORD_NONE)
        return souk_str("no record: nobody says that it was tried");
    if (record->state == RECORD_BAD)
        return arena_printf(arena, "%s cannot be read", record->path);
    if (record->state == RECORD_OTHER)
        return souk_str("the record is of another file: this one was not tried");
    buf_printf(&out, "%lld yes, %lld no, %lld skipped (",
               (long long)json_int(json_at(record->json, "yes"), 0),
               (long long)json_int(json_at(record->json, "no"), 0),
               (long long)json_int(json_at(record->json, "skipped"), 0));
    add_names(&out, json_at(record->json, "suites"));
    buf_add_cstr(&out, ") in the modes ");
    add_names(&out, json_at(record->json, "modes"));
    buf_printf(&out, "; souk %.*s, %.*s", SOUK_PRI(json_text(json_at(record->json, "souk"))),
               (int)(at.len < 10 ? at.len : 10), at.ptr);
    return buf_str(&out);
}
