/*
 * file.c: the sub-table for files: a folder of its own for each plugin, <data>/files/<plugin>/.
 *
 * The idea: a new file is written under a name that no plugin can say (it begins with a point) and
 * takes the place of the old one by rename, after it is on disk; then the folder itself is brought
 * to disk. So a reader, a crash or a full disk sees the old file or the new one. What was not
 * committed is removed when the call ends (struct call_guard), and what a killed process left, at
 * the next start.
 *
 * Names are checked and opened within the folder's descriptor, never followed as links: what
 * somebody else put there is not read for a plugin.
 *
 * Threads: a writer belongs to the thread of its call. Its memory goes back to a list and never to
 * the system, so that a writer that a plugin kept too long is refused instead of being a wild
 * pointer.
 */
#include "bridge/internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/disk.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "web/file.h"
#include "web/form.h"

#define NAME_MOST    100
#define OPEN_MOST    8
#define ROOM         ((size_t)64 << 10)
#define FILE_MOST    ((int64_t)1 << 30)
#define READ_MOST    ((uint32_t)16 << 20)
#define LIST_MOST    100000
#define TYPE_MOST    200
#define FRESH        ".new-" /* of names that are being written */
#define FRESH_RANDOM 15      /* bytes */

struct souk_file_writer {
    struct call_guard guard; /* first: the list of the call holds it */
    struct souk_file_writer *next_free;
    struct souk_ctx *ctx; /* NULL: not in use */
    pthread_t thread;
    int dir, fd;
    int code; /* the first error, given back from then on */
    int64_t bytes;
    size_t held;
    char name[NAME_MOST + 1];
    char fresh[64];
    char *room;
};

static char root[4096]; /* <data>/files; "" before bridge_files_use */
static pthread_mutex_t free_lock = PTHREAD_MUTEX_INITIALIZER;
static struct souk_file_writer *free_writers;

/* ---- folders and names ---- */

static int is_name(struct souk_str name)
{
    if (!bridge_view_ok(name) || !name.len || name.len > NAME_MOST || name.ptr[0] == '.')
        return 0;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '_' || c == '-'))
            return 0;
    }
    return 1;
}

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The plugin's folder, made when it is to be written to. -1: there is none. */
static int open_own(const char *plugin, int make)
{
    int files = root[0] ? open_folder(AT_FDCWD, root) : -1;
    if (files < 0)
        return -1;
    int dir = open_folder(files, plugin);
    if (dir < 0 && errno == ENOENT && make &&
        (mkdirat(files, plugin, 0750) == 0 || errno == EEXIST)) {
        fsync(files);
        dir = open_folder(files, plugin);
    }
    int why = errno;
    close(files);
    errno = why;
    return dir;
}

static int open_file(int dir, const char *name, struct stat *info)
{
    int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0 && fstat(fd, info) == 0 && S_ISREG(info->st_mode))
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int refuse_name(struct souk_ctx *ctx, const char *function)
{
    return bridge_refuse(ctx, SOUK_INVALID,
                         "%s: a file's name has 1 to %d of A-Z a-z 0-9 . _ - and does not begin "
                         "with a point",
                         function, NAME_MOST);
}

static int refuse_kind(struct souk_ctx *ctx, const char *function, const char *where)
{
    return bridge_refuse(ctx, SOUK_WRONG_KIND, "%s in %s call; it is for %s", function,
                         bridge_kind_name(ctx->kind), where);
}

static int refuse_disk(struct souk_ctx *ctx, const char *function, struct souk_str name)
{
    char why[128];
    const char *words = strerror_r(errno, why, sizeof why);
    return bridge_refuse(ctx, SOUK_UNAVAILABLE, "%s \"%.*s\": %s", function, SOUK_PRI(name), words);
}

static int refuse_missing(struct souk_ctx *ctx, const char *function, struct souk_str name)
{
    return bridge_refuse(ctx, SOUK_NOT_FOUND, "%s: there is no file \"%.*s\"", function,
                         SOUK_PRI(name));
}

static int check(struct souk_ctx *ctx, const char *function, struct souk_str name)
{
    if (ctx->kind != SOUK_TASK)
        return refuse_kind(ctx, function,
                           "TASK routes, jobs, listeners and commands: it waits for "
                           "the disk");
    if (!is_name(name))
        return refuse_name(ctx, function);
    return SOUK_OK;
}

/* ---- writers ---- */

static struct souk_file_writer *take_writer(void)
{
    pthread_mutex_lock(&free_lock);
    struct souk_file_writer *writer = free_writers;
    if (writer)
        free_writers = writer->next_free;
    pthread_mutex_unlock(&free_lock);
    if (!writer)
        writer = mem_zalloc(sizeof *writer);
    return writer;
}

static void give_writer(struct souk_file_writer *writer)
{
    struct souk_ctx *ctx = writer->ctx;
    struct call_guard **at = &ctx->guards;
    while (*at && *at != &writer->guard)
        at = &(*at)->next;
    if (*at)
        *at = writer->guard.next;
    close(writer->fd);
    close(writer->dir);
    free(writer->room);
    writer->room = NULL;
    writer->ctx = NULL;
    pthread_mutex_lock(&free_lock);
    writer->next_free = free_writers;
    free_writers = writer;
    pthread_mutex_unlock(&free_lock);
}

static void drop_writer(struct call_guard *guard)
{
    struct souk_file_writer *writer = (struct souk_file_writer *)guard;
    unlinkat(writer->dir, writer->fresh, 0);
    give_writer(writer);
}

static int count_open(const struct souk_ctx *ctx)
{
    int count = 0;
    for (const struct call_guard *guard = ctx->guards; guard; guard = guard->next)
        count += guard->drop == drop_writer;
    return count;
}

static int file_begin(struct souk_ctx *ctx, struct souk_str name, struct souk_file_writer **out)
{
    char fresh[64] = FRESH;
    if (out)
        *out = NULL;
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_file_begin: no place for the writer");
    if (check(ctx, "souk_file_begin", name) != SOUK_OK ||
        query_quiet(ctx, "souk_file_begin") != SOUK_OK)
        return ctx->failure.code;
    if (count_open(ctx) >= OPEN_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE,
                             "souk_file_begin: %d files are being written in this call already",
                             OPEN_MOST);
    int dir = open_own(ctx->self->name, 1);
    if (dir < 0)
        return refuse_disk(ctx, "souk_file_begin", name);
    rand_token(fresh + strlen(FRESH), FRESH_RANDOM);
    int fd = openat(dir, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (fd < 0) {
        int code = refuse_disk(ctx, "souk_file_begin", name);
        close(dir);
        return code;
    }
    struct souk_file_writer *writer = take_writer();
    *writer = (struct souk_file_writer){.guard = {ctx->guards, drop_writer},
                                        .ctx = ctx,
                                        .thread = pthread_self(),
                                        .dir = dir,
                                        .fd = fd,
                                        .room = mem_alloc(ROOM)};
    str_copy(writer->name, sizeof writer->name, name);
    str_copy(writer->fresh, sizeof writer->fresh, souk_str(fresh));
    ctx->guards = &writer->guard;
    *out = writer;
    return SOUK_OK;
}

static int fail_disk(struct souk_file_writer *writer, const char *function)
{
    writer->code = refuse_disk(writer->ctx, function, souk_str(writer->name));
    return writer->code;
}

static int flush(struct souk_file_writer *writer)
{
    size_t held = writer->held;
    writer->held = 0;
    return disk_write(writer->fd, str_make(writer->room, held)) == 0;
}

/* Can the writer be used here and now? A code, or 0. */
static int check_writer(struct souk_file_writer *writer, const char *function)
{
    if (!writer || !writer->ctx || !pthread_equal(writer->thread, pthread_self())) {
        log_warn("file.refused", LOG_S("function", function),
                 LOG_S("text", "no writer, or one of another call, or committed already"));
        return SOUK_INVALID;
    }
    if (writer->ctx->kind != SOUK_TASK) /* its write step */
        return refuse_kind(writer->ctx, function, "TASK: it waits for the disk");
    if (writer->code)
        return bridge_refuse(writer->ctx, writer->code, "%s \"%s\": it failed before", function,
                             writer->name);
    return SOUK_OK;
}

static int file_write(struct souk_file_writer *writer, struct souk_str bytes)
{
    int code = check_writer(writer, "souk_file_write");
    if (code != SOUK_OK)
        return code;
    if (!bridge_view_ok(bytes))
        return bridge_refuse(writer->ctx, SOUK_INVALID, "souk_file_write: no bytes");
    if ((int64_t)bytes.len > FILE_MOST - writer->bytes)
        return writer->code = bridge_refuse(writer->ctx, SOUK_TOO_LARGE,
                                            "souk_file_write \"%s\": over 1 GiB", writer->name);
    writer->bytes += (int64_t)bytes.len;
    if (writer->held + bytes.len <= ROOM) {
        if (bytes.len)
            memcpy(writer->room + writer->held, bytes.ptr, bytes.len);
        writer->held += bytes.len;
        return SOUK_OK;
    }
    if (!flush(writer))
        return fail_disk(writer, "souk_file_write");
    if (bytes.len <= ROOM) {
        memcpy(writer->room, bytes.ptr, bytes.len);
        writer->held = bytes.len;
        return SOUK_OK;
    }
    return disk_write(writer->fd, bytes) == 0 ? SOUK_OK : fail_disk(writer, "souk_file_write");
}

static int file_commit(struct souk_file_writer *writer)
{
    int code = check_writer(writer, "souk_file_commit");
    if (code != SOUK_OK)
        return code;
    if (!flush(writer) || disk_place(writer->dir, writer->fd, writer->fresh, writer->name) != 0)
        return fail_disk(writer, "souk_file_commit");
    give_writer(writer);
    return SOUK_OK;
}

/* ---- reading ---- */

static int64_t changed_at(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * CLOCK_SECOND + info->st_mtim.tv_nsec / 1000;
}

/* -1 after bridge_refuse. */
static int open_named(struct souk_ctx *ctx, const char *function, struct souk_str name,
                      struct stat *info)
{
    int dir = open_own(ctx->self->name, 0), fd = -1;
    if (dir >= 0) {
        fd = open_file(dir, arena_cstr(ctx->arena, name), info);
        close(dir);
    }
    if (fd < 0 && !root[0])
        bridge_refuse(ctx, SOUK_UNAVAILABLE, "%s: there is no data folder here", function);
    else if (fd < 0)
        refuse_missing(ctx, function, name);
    return fd;
}

static int file_read(struct souk_ctx *ctx, struct souk_str name, int64_t from, uint32_t most,
                     struct souk_str *bytes)
{
    struct stat info;
    if (bytes)
        *bytes = souk_str("");
    if (!bytes || from < 0 || most > READ_MOST)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_file_read: no place, before the first byte, or over 16 MiB at "
                             "once");
    if (check(ctx, "souk_file_read", name) != SOUK_OK)
        return ctx->failure.code;
    int fd = open_named(ctx, "souk_file_read", name, &info);
    if (fd < 0)
        return ctx->failure.code;
    size_t want = from >= info.st_size         ? 0
                  : info.st_size - from < most ? (size_t)(info.st_size - from)
                                               : most;
    char *to = arena_alloc(ctx->arena, want + 1);
    size_t done = 0;
    while (done < want) {
        ssize_t n = pread(fd, to + done, want - done, (off_t)from + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int code = refuse_disk(ctx, "souk_file_read", name);
            close(fd);
            return code;
        }
        if (n == 0)
            break;
        done += (size_t)n;
    }
    close(fd);
    to[done] = '\0';
    *bytes = (struct souk_str){to, done};
    return SOUK_OK;
}

static int file_info(struct souk_ctx *ctx, struct souk_str name, struct souk_file_info *info)
{
    struct stat found;
    if (ctx->kind == CALL_INIT)
        return refuse_kind(ctx, "souk_file_info", "READ, WRITE and TASK");
    if (!info || info->size < sizeof *info)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_file_info: info->size is not sizeof(struct souk_file_info)");
    if (!is_name(name))
        return refuse_name(ctx, "souk_file_info");
    info->bytes = info->changed_at = 0;
    if (ctx->request)
        request_alone(ctx->request); /* the page cache does not see files change */
    int fd = open_named(ctx, "souk_file_info", name, &found);
    if (fd < 0)
        return ctx->failure.code;
    close(fd);
    info->bytes = found.st_size;
    info->changed_at = changed_at(&found);
    return SOUK_OK;
}

static int file_remove(struct souk_ctx *ctx, struct souk_str name)
{
    if (check(ctx, "souk_file_remove", name) != SOUK_OK ||
        query_quiet(ctx, "souk_file_remove") != SOUK_OK)
        return ctx->failure.code;
    if (!root[0])
        return bridge_refuse(ctx, SOUK_UNAVAILABLE, "souk_file_remove: no data folder here");
    int dir = open_own(ctx->self->name, 0), code = SOUK_OK;
    if (dir < 0)
        return SOUK_OK;
    if (unlinkat(dir, arena_cstr(ctx->arena, name), 0) == 0)
        fsync(dir);
    else if (errno != ENOENT)
        code = refuse_disk(ctx, "souk_file_remove", name);
    close(dir);
    return code;
}

static int by_name(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The names of regular files that a plugin could have made, sorted, in the arena. */
static size_t read_names(struct arena *arena, DIR *folder, char ***out)
{
    size_t count = 0, cap = 64;
    char **names = arena_array(arena, char *, cap);
    struct dirent *entry;
    struct stat info;
    while (count < LIST_MOST && (entry = readdir(folder)) != NULL) {
        if (!is_name(souk_str(entry->d_name)) ||
            fstatat(dirfd(folder), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        if (count == cap) {
            char **more = arena_array(arena, char *, cap *= 2);
            memcpy(more, names, count * sizeof *names);
            names = more;
        }
        names[count++] = arena_cstr(arena, arena_str(arena, souk_str(entry->d_name)));
    }
    qsort(names, count, sizeof *names, by_name);
    *out = names;
    return count;
}

static int file_list(struct souk_ctx *ctx, const struct souk_value **out)
{
    char **names;
    if (!out)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_file_list: no place");
    *out = NULL;
    if (ctx->kind != SOUK_TASK)
        return refuse_kind(ctx, "souk_file_list", "TASK: it waits for the disk");
    if (!root[0])
        return bridge_refuse(ctx, SOUK_UNAVAILABLE, "souk_file_list: no data folder here");
    struct json *list = json_new(ctx->arena, JSON_ARRAY);
    int dir = open_own(ctx->self->name, 0);
    DIR *folder = dir >= 0 ? fdopendir(dir) : NULL;
    if (folder) {
        size_t count = read_names(ctx->arena, folder, &names);
        for (size_t i = 0; i < count; i++)
            json_add_cstr(ctx->arena, list, NULL, names[i]);
        closedir(folder);
    } else if (dir >= 0) {
        close(dir);
    }
    *out = (const struct souk_value *)list;
    return SOUK_OK;
}

/* ---- answering ---- */

static int has_control(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return 1;
    return 0;
}

static int file_answer_with(struct souk_ctx *ctx, struct souk_str name, struct souk_str type,
                            struct souk_str filename)
{
    if (!ctx->request || (ctx->kind != SOUK_READ && ctx->kind != SOUK_TASK))
        return refuse_kind(ctx, "souk_answer_file", "READ and TASK routes");
    if (!is_name(name))
        return refuse_name(ctx, "souk_answer_file");
    if (!bridge_view_ok(type) || !type.len || type.len > TYPE_MOST || has_control(type) ||
        !bridge_view_ok(filename) || filename.len > 200 || has_control(filename) ||
        !utf8_valid(filename))
        return bridge_refuse(
            ctx, SOUK_INVALID,
            "souk_answer_file: no type (\"text/csv; charset=utf-8\"), or a name to "
            "save it under that is none");
    struct arena *arena = &ctx->request->arena;
    struct souk_str own = header_list_find_nocase(&ctx->request->answer.headers, "cache-control");
    struct file_terms terms = {.type = arena_cstr(arena, arena_str(arena, type)),
                               .filename = filename,
                               .cache = own.len ? arena_cstr(arena, own) : NULL};
    int dir = open_own(ctx->self->name, 0), code = SOUK_NOT_FOUND;
    if (dir >= 0) {
        code = file_answer(ctx->request, dir, arena_cstr(arena, name), &terms);
        close(dir);
    }
    return code ? refuse_missing(ctx, "souk_answer_file", name) : SOUK_OK;
}

/* ---- the folder ---- */

static void sweep_folder(int files, const char *plugin)
{
    int dir = open_folder(files, plugin);
    DIR *folder = dir >= 0 ? fdopendir(dir) : NULL;
    struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strncmp(entry->d_name, FRESH, strlen(FRESH)) == 0 &&
            unlinkat(dir, entry->d_name, 0) == 0)
            log_info("file.swept", LOG_S("plugin", plugin));
    if (folder)
        closedir(folder);
    else if (dir >= 0)
        close(dir);
}

int bridge_files_use(const char *data, struct err *err)
{
    struct dirent *entry;
    snprintf(root, sizeof root, "%s/files", data);
    if (mkdir(root, 0750) != 0 && errno != EEXIST)
        return err_set(err, SOUK_UNAVAILABLE, "the folder %s cannot be made: %m", root);
    int files = open_folder(AT_FDCWD, root);
    DIR *folder = files >= 0 ? fdopendir(files) : NULL;
    if (!folder) {
        err_set(err, SOUK_UNAVAILABLE, "%s is no folder that can be read: %m", root);
        if (files >= 0)
            close(files);
        return SOUK_UNAVAILABLE;
    }
    while ((entry = readdir(folder)) != NULL)
        if (entry->d_name[0] != '.')
            sweep_folder(files, entry->d_name);
    closedir(folder);
    return SOUK_OK;
}

int bridge_files_purge(const char *plugin, struct err *err)
{
    struct dirent *entry;
    int files = root[0] && is_name(souk_str(plugin)) ? open_folder(AT_FDCWD, root) : -1;
    int dir = files >= 0 ? open_folder(files, plugin) : -1;
    DIR *folder = dir >= 0 ? fdopendir(dir) : NULL;
    int left = 0;
    while (folder && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            left |= unlinkat(dir, entry->d_name, 0) != 0;
    if (folder)
        left |= unlinkat(files, plugin, AT_REMOVEDIR) != 0;
    if (folder)
        closedir(folder);
    else if (dir >= 0)
        close(dir);
    if (files >= 0)
        close(files);
    return left ? err_set(err, SOUK_UNAVAILABLE,
                          "files of \"%s\" in %s could not be removed; remove the folder by hand",
                          plugin, root)
                : SOUK_OK;
}

const struct souk_file_api file_table = {.size = sizeof(struct souk_file_api),
                                         .begin = file_begin,
                                         .write = file_write,
                                         .commit = file_commit,
                                         .read = file_read,
                                         .info = file_info,
                                         .remove = file_remove,
                                         .list = file_list,
                                         .answer = file_answer_with};
