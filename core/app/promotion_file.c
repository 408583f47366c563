/*
 * promotion_file.c: rules as files: a folder with lib/, promotions/ and upsell/, or with *.lua
 * files of its own. They are read whole and in the order of their names, because names decide ties.
 * What is no regular file, begins with a dot or does not end in .lua is nobody's business here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/promotion_inner.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/str.h"

#define FILE_MOST  (256u << 10)
#define FILES_MOST 2000

static const char *const folders[] = {"lib", "promotions", "upsell", NULL};

struct listing {
    struct arena *arena;
    const char *folder;
    int tests;
    const char **paths; /* relative to the folder */
    size_t count, cap;
};

static int ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), tail = strlen(end);
    return len > tail && strcmp(name + len - tail, end) == 0;
}

static int is_wanted(const struct listing *listing, const char *name)
{
    return name[0] != '.' && ends_with(name, ".lua") &&
           (listing->tests || !ends_with(name, "_test.lua"));
}

static void add_path(struct listing *listing, const char *within, const char *name)
{
    if (listing->count == FILES_MOST)
        return;
    if (listing->count == listing->cap) {
        listing->cap = listing->cap ? listing->cap * 2 : 32;
        const char **more = arena_array(listing->arena, const char *, listing->cap);
        if (listing->count)
            memcpy(more, listing->paths, listing->count * sizeof *more);
        listing->paths = more;
    }
    listing->paths[listing->count++] =
        arena_printf(listing->arena, within ? "%s/%s" : "%.0s%s", within ? within : "", name).ptr;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* 0: there is no such folder. */
static int list_folder(struct listing *listing, const char *within)
{
    const char *path = within ? arena_printf(listing->arena, "%s/%s", listing->folder, within).ptr
                              : listing->folder;
    size_t before = listing->count;
    struct dirent *entry;
    DIR *dir = opendir(path);
    if (!dir)
        return 0;
    while ((entry = readdir(dir)))
        if (is_wanted(listing, entry->d_name))
            add_path(listing, within, entry->d_name);
    closedir(dir);
    if (listing->count > before)
        qsort(listing->paths + before, listing->count - before, sizeof *listing->paths, by_name);
    return 1;
}

static int list_all(struct listing *listing)
{
    int parts = 0;
    for (int i = 0; folders[i]; i++)
        parts |= list_folder(listing, folders[i]);
    return parts || list_folder(listing, NULL);
}

/* ---- reading ---- */

static int read_text(struct arena *arena, const char *path, struct souk_str *text, struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) < 0 || !S_ISREG(info.st_mode) || info.st_size > FILE_MOST) {
        int why = fd < 0 ? errno : S_ISREG(info.st_mode) ? EFBIG : EINVAL;
        if (fd >= 0)
            close(fd);
        return err_set(err, SOUK_INVALID, "%s: the file cannot be read: %s", path, strerror(why));
    }
    char *bytes = arena_alloc(arena, FILE_MOST + 1);
    size_t len = 0;
    ssize_t got;
    while (len < FILE_MOST && (got = read(fd, bytes + len, FILE_MOST - len)) > 0)
        len += (size_t)got;
    close(fd);
    bytes[len] = '\0';
    *text = arena_str(arena, str_make(bytes, len));
    return SOUK_OK;
}

int promotion_read(struct arena *arena, const char *folder, int tests,
                   struct script_source **sources, size_t *count, struct err *err)
{
    struct listing listing = {.arena = arena, .folder = folder, .tests = tests};
    int code = SOUK_OK;
    *count = 0;
    if (!list_all(&listing))
        return err_set(err, SOUK_NOT_FOUND, "%s: there is no such folder", folder);
    *sources = arena_array(arena, struct script_source, listing.count + 1);
    for (size_t i = 0; code == SOUK_OK && i < listing.count; i++) {
        struct arena text = {0};
        struct script_source *source = &(*sources)[*count];
        const char *path = arena_printf(arena, "%s/%s", folder, listing.paths[i]).ptr;
        source->path = souk_str(listing.paths[i]);
        code = read_text(&text, path, &source->text, err);
        if (code == SOUK_OK) {
            source->text = arena_str(arena, source->text);
            (*count)++;
        }
        arena_free(&text);
    }
    return code;
}

/* ---- watching ---- */

uint64_t promotion_stamp(const char *folder)
{
    struct arena arena = {0};
    struct listing listing = {.arena = &arena, .folder = folder};
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    list_all(&listing);
    for (size_t i = 0; i < listing.count; i++) {
        struct stat info = {0};
        stat(arena_printf(&arena, "%s/%s", folder, listing.paths[i]).ptr, &info);
        const uint64_t parts[] = {(uint64_t)info.st_mtim.tv_sec, (uint64_t)info.st_mtim.tv_nsec,
                                  (uint64_t)info.st_size, (uint64_t)info.st_ino};
        for (const char *c = listing.paths[i]; *c; c++)
            hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            hash = (hash ^ parts[k]) * UINT64_C(0x100000001b3);
    }
    arena_free(&arena);
    return hash;
}

/* ---- what served last ---- */

void promotion_keep(const char *file, const struct script_source *sources, size_t count)
{
    struct arena arena = {0};
    struct buf text = {.arena = &arena};
    struct json *list = json_new(&arena, JSON_ARRAY);
    for (size_t i = 0; i < count; i++) {
        struct json *item = json_add(&arena, list, NULL, JSON_OBJECT);
        json_add_str(&arena, item, "path", sources[i].path);
        json_add_str(&arena, item, "text", sources[i].text);
    }
    json_print(&text, list);
    struct err err;
    if (disk_put(file, buf_str(&text), 0640, &err) != SOUK_OK)
        log_warn("promotion.not_kept", LOG_S("file", file), LOG_S("reason", err.text),
                 LOG_S("hint", "a restart needs it if a rule is broken then; see to the disk"));
    arena_free(&arena);
}

int promotion_kept(struct arena *arena, const char *file, struct script_source **sources,
                   size_t *count)
{
    struct json *list = NULL;
    struct buf text = {.arena = arena};
    char block[65536];
    size_t len;
    FILE *in = fopen(file, "re");
    *count = 0;
    if (!in)
        return SOUK_NOT_FOUND;
    while ((len = fread(block, 1, sizeof block, in)) > 0)
        buf_add(&text, block, len);
    fclose(in);
    if (json_parse(arena, buf_str(&text), &list, NULL) != SOUK_OK || list->kind != JSON_ARRAY)
        return SOUK_INVALID;
    *sources = arena_array(arena, struct script_source, list->count + 1);
    json_each(item, list)
    {
        (*sources)[(*count)++] =
            (struct script_source){.path = json_text(json_at(&item->value, "path")),
                                   .text = json_text(json_at(&item->value, "text"))};
    }
    return SOUK_OK;
}
