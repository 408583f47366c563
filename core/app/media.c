/*
 * media.c: where pictures come from and where they lie.
 *
 * The job takes one waiting row after the other: bytes from the network or the disk, sizes from
 * media_make, and a write that says what came of it. Nothing is held open between two pictures, so
 * that a thousand of them are a thousand small steps. What could not be had stays listed with its
 * reason until somebody gives another picture.
 */
#include "app/media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/media.sql.h"
#include "app/media_make.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/image.h"
#include "store/job.h"
#include "store/setting.h"
#include "web/client.h"

#define PICTURE_MOST ((size_t)32 << 20)
#define FETCH_TIME   (20 * CLOCK_SECOND)
#define SWEEP_AGE    (24 * 3600) /* seconds: a file younger than that may belong to a row to come */

static char folder[4096]; /* <data>/media; "" before media_setup */

void media_setup(const char *data)
{
    snprintf(folder, sizeof folder, "%s/media", data);
    mkdir(folder, 0750);
    char incoming[sizeof folder + 16];
    snprintf(incoming, sizeof incoming, "%s/incoming", folder);
    mkdir(incoming, 0750);
}

/* ---- bytes ---- */

static int looks_like_picture(struct souk_str bytes)
{
    return media_is_svg(bytes) || str_starts(bytes, "\xff\xd8\xff") ||
           str_starts(bytes, "\x89PNG\r\n\x1a\n") || str_starts(bytes, "GIF8") ||
           (bytes.len > 12 &&
            (memcmp(bytes.ptr + 8, "WEBP", 4) == 0 || memcmp(bytes.ptr + 4, "ftypavi", 7) == 0));
}

/* The name of an upload is its digest, and nothing that could lead elsewhere. */
static int is_digest(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!((name.ptr[i] >= '0' && name.ptr[i] <= '9') ||
              (name.ptr[i] >= 'a' && name.ptr[i] <= 'f')))
            return 0;
    return name.len == 64;
}

static const char *incoming_path(struct arena *arena, struct souk_str digest)
{
    return arena_printf(arena, "%s/incoming/%.*s", folder, SOUK_PRI(digest)).ptr;
}

int media_upload(struct souk_str bytes, char source[80], struct err *err)
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    char hex[65];
    struct arena arena = {0};
    if (bytes.len > PICTURE_MOST)
        return err_set(err, SOUK_TOO_LARGE, "a picture may have 32 MiB; this one is larger");
    if (!looks_like_picture(bytes))
        return err_set(err, SOUK_INVALID,
                       "this is no picture; send a JPEG, PNG, WebP, AVIF, GIF or SVG file");
    crypto_hash_sha256(digest, (const unsigned char *)bytes.ptr, bytes.len);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(source, 80, "upload:%s", hex);
    int code = disk_put(incoming_path(&arena, souk_str(hex)), bytes, 0640, NULL);
    int why = errno;
    arena_free(&arena);
    errno = why;
    return code ? err_set(err, code, "the picture cannot be kept: %m") : SOUK_OK;
}

static int read_file(struct arena *arena, const char *path, struct souk_str *bytes, struct err *err)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) ||
        (size_t)info.st_size > PICTURE_MOST) {
        err_set(err, SOUK_INVALID, "%s cannot be read", path);
        if (fd >= 0)
            close(fd);
        return SOUK_INVALID;
    }
    size_t len = (size_t)info.st_size, done = 0;
    char *to = arena_alloc(arena, len + 1);
    while (done < len) {
        ssize_t n = read(fd, to + done, len - done);
        if (n <= 0 && errno != EINTR)
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    close(fd);
    *bytes = str_make(to, done);
    return done == len ? SOUK_OK : err_set(err, SOUK_INVALID, "%s cannot be read whole", path);
}

/* ---- sources ---- */

struct beside {
    struct souk_str folder;
};

static int beside_write(struct db_conn *conn, void *arg)
{
    const struct beside *beside = arg;
    int64_t again = 0;
    int code =
        setting_put(conn, souk_str("media"), souk_str("beside"), beside->folder, clock_now());
    if (code == SOUK_OK)
        code = db_run(conn, &sql_media_look_again, &again);
    return code || !again ? code : job_ask(conn, souk_str("souk:pictures"), clock_now());
}

int media_beside(struct db *db, const char *format, const char *file, struct err *err)
{
    char *whole = souk_str_is(souk_str(format), "souk") ? realpath(file, NULL) : NULL;
    if (!whole) /* the import itself says that there is no such file */
        return SOUK_OK;
    const char *slash = strrchr(whole, '/');
    struct beside beside = {str_make(whole, (size_t)(slash - whole))};
    int code = db_write(db, beside_write, &beside, err);
    free(whole);
    return code;
}

/* A path from a file of products: never out of its folder. */
static int path_is_inner(struct souk_str path)
{
    struct souk_str part;
    if (path.len == 0 || path.len > 400 || path.ptr[0] == '/')
        return 0;
    while (str_split(&path, '/', &part))
        if (part.len == 0 || part.ptr[0] == '.')
            return 0;
    return 1;
}

static int read_beside(struct db *db, struct arena *arena, struct souk_str path,
                       struct souk_str *bytes, struct err *err)
{
    struct souk_str where = souk_str("");
    struct db_conn *conn = db_read_begin(db, 0);
    int code = setting_get(conn, arena, souk_str("media"), souk_str("beside"), &where);
    db_read_end(conn);
    if (code != SOUK_OK || !path_is_inner(path))
        return err_set(err, SOUK_INVALID, "there is no such file beside the imported one");
    const char *named = arena_printf(arena, "%.*s/%.*s", SOUK_PRI(where), SOUK_PRI(path)).ptr;
    char *whole = realpath(named, NULL); /* a link may lead anywhere */
    int inner =
        whole && str_starts(souk_str(whole), arena_cstr(arena, where)) && whole[where.len] == '/';
    int outer = whole && !inner;
    free(whole);
    if (outer)
        return err_set(err, SOUK_INVALID, "%s leads out of the folder of the imported file", named);
    return read_file(arena, named, bytes, err);
}

static int fetch(struct arena *arena, struct souk_str url, struct souk_str *bytes, struct err *err)
{
    struct client_response response = {0};
    struct client_request request = {
        .method = "GET", .url = url, .timeout = FETCH_TIME, .max_bytes = PICTURE_MOST};
    int code = client_call(arena, &request, &response, err);
    if (code != SOUK_OK)
        return code;
    if (response.status != 200)
        return err_set(err, SOUK_INVALID, "its server answered %d", response.status);
    *bytes = response.body;
    return SOUK_OK;
}

static int obtain(struct db *db, struct arena *arena, struct souk_str source,
                  struct souk_str *bytes, struct err *err)
{
    if (str_starts(source, "upload:"))
        return is_digest(str_from(source, 7))
                   ? read_file(arena, incoming_path(arena, str_from(source, 7)), bytes, err)
                   : err_set(err, SOUK_INVALID, "it is no upload; send the picture first");
    if (str_starts(source, "demo:"))
        return read_beside(db, arena, str_from(source, 5), bytes, err);
    if (str_starts(source, "http://") || str_starts(source, "https://"))
        return fetch(arena, source, bytes, err);
    return err_set(err, SOUK_INVALID, "it is no http or https address");
}

/* ---- the job ---- */

struct outcome {
    int64_t id;
    int code;
    struct image_files files;
    struct souk_str why;
};

static int outcome_write(struct db_conn *conn, void *arg)
{
    const struct outcome *outcome = arg;
    return outcome->code == SOUK_OK ? image_ready(conn, outcome->id, &outcome->files)
                                    : image_missing(conn, outcome->id, outcome->why);
}

static int work_one(struct db *db, struct arena *arena, int64_t id, struct souk_str source,
                    struct err *err)
{
    struct err why = {0};
    struct souk_str bytes = souk_str("");
    struct outcome outcome = {.id = id};
    outcome.code = obtain(db, arena, source, &bytes, &why);
    if (outcome.code == SOUK_OK)
        outcome.code = media_make(arena, folder, bytes, &outcome.files, &why);
    if (outcome.code == SOUK_UNAVAILABLE && str_starts(souk_str(why.text), "/"))
        return *err = why, outcome.code; /* the disk or the program: another time */
    outcome.why = souk_str(why.text);
    if (outcome.code != SOUK_OK)
        log_info("picture.missing", LOG_T("source", source), LOG_S("reason", why.text));
    int code = db_write(db, outcome_write, &outcome, err);
    if (code == SOUK_OK && outcome.code == SOUK_OK && str_starts(source, "upload:"))
        unlink(incoming_path(arena, str_from(source, 7)));
    return code;
}

int media_work(struct db *db, int (*stopping)(void), struct err *err)
{
    struct arena arena = {0};
    int code = SOUK_OK;
    int64_t id = 0;
    while (code == SOUK_OK && !(stopping && stopping())) {
        struct souk_str source;
        arena_reset(&arena);
        struct db_conn *conn = db_read_begin(db, 0);
        code = image_next(conn, &arena, id, &id, &source);
        db_read_end(conn);
        if (code == SOUK_OK)
            code = work_one(db, &arena, id, source, err);
    }
    arena_free(&arena);
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

/* ---- files ---- */

static const struct {
    const char *extension, *type;
} types[] = {
    {"webp", "image/webp"}, {"jpg", "image/jpeg"}, {"png", "image/png"}, {"svg", "image/svg+xml"}};

/* 32 hex digits, maybe "-400", and a known extension: nothing that could be a path. */
static const char *type_of(struct souk_str name)
{
    size_t at = 0;
    while (at < name.len && at < 32 && strchr("0123456789abcdef", name.ptr[at]))
        at++;
    if (at != 32)
        return NULL;
    if (at < name.len && name.ptr[at] == '-')
        for (at++; at < name.len && name.ptr[at] >= '0' && name.ptr[at] <= '9';)
            at++;
    if (at >= name.len || name.ptr[at] != '.')
        return NULL;
    struct souk_str extension = str_from(name, at + 1);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (souk_str_is(extension, types[i].extension))
            return types[i].type;
    return NULL;
}

int media_open(struct souk_str name, int *fd, int64_t *size, const char **type)
{
    char path[sizeof folder + 80];
    struct stat info;
    *type = type_of(name);
    if (!*type || name.len > 60)
        return SOUK_NOT_FOUND;
    snprintf(path, sizeof path, "%s/%.2s/%.*s", folder, name.ptr, SOUK_PRI(name));
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (*fd < 0)
        return SOUK_NOT_FOUND;
    if (fstat(*fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(*fd);
        return SOUK_NOT_FOUND;
    }
    *size = info.st_size;
    return SOUK_OK;
}

/* An upload that nothing waits for: it was never used, or could not be. */
static int is_left(struct db_conn *conn, struct souk_str name)
{
    int64_t one;
    return is_digest(name) &&
           db_get_int(conn, &sql_media_upload_waits, &one, DB_TEXT(name)) == SOUK_NOT_FOUND;
}

static void sweep_shelf(struct db_conn *conn, const char *shelf, time_t now)
{
    DIR *dir = opendir(shelf);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct stat info;
        if (entry->d_name[0] == '.' || fstatat(dirfd(dir), entry->d_name, &info, 0) != 0 ||
            now - info.st_mtime < SWEEP_AGE)
            continue;
        struct souk_str name = souk_str(entry->d_name);
        if (str_ends(name, ".part") || is_left(conn, name) ||
            (type_of(name) && image_unused(conn, str_make(name.ptr, 32)) == 1))
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

int media_sweep(struct db *db, struct err *err)
{
    time_t now = (time_t)(clock_now() / CLOCK_SECOND);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    if (!dir)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be read: %m", folder);
    while ((entry = readdir(dir))) {
        char shelf[sizeof folder + 16];
        int incoming = strcmp(entry->d_name, "incoming") == 0;
        if (!incoming && (strlen(entry->d_name) != 2 || entry->d_name[0] == '.'))
            continue;
        snprintf(shelf, sizeof shelf, "%s/%.8s", folder, entry->d_name);
        struct db_conn *conn = db_read_begin(db, 0);
        sweep_shelf(conn, shelf, now);
        db_read_end(conn);
    }
    closedir(dir);
    return SOUK_OK;
}
