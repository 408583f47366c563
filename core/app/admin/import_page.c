/*
 * import_page.c: importing products from a file: chosen, tried without changing anything, looked
 * at, and then run.
 *
 * The file is kept in the data directory under import/, under a name of ours. A run works on a job
 * thread; how far it is stands in the database (import.h), so the page that shows it is asked again
 * as often as one likes, and a stopped shop goes on with the same file later. One run at a time.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/import.h"

#define RUNS       20
#define NOTES      200
#define WAIT_START 10 /* seconds */

struct run {
    struct work work;
    char file[400], format[40];
    int dry_run;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int running;     /* one run is going on */
static int64_t started; /* its number, once known */
static char failure[500];

/* ---- running ---- */

static void note_started(void *user, int64_t id)
{
    (void)user;
    pthread_mutex_lock(&lock);
    started = id;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static void run_import(struct work *work)
{
    struct run *run = (struct run *)(void *)((char *)work - offsetof(struct run, work));
    struct arena arena = {0};
    struct err err = {0};
    const struct json *report;
    struct import_options options = {
        .format = run->format, .file = run->file, .dry_run = run->dry_run, .started = note_started};
    int code = import_run(shop_current()->db, &arena, &options, &report, &err);
    if (code)
        log_warn("import.failed", LOG_S("file", run->file), LOG_S("reason", err.text));
    pthread_mutex_lock(&lock);
    running = 0;
    snprintf(failure, sizeof failure, "%s", code ? err.text : "");
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    arena_free(&arena);
    free(run);
}

/* Waits until the run has a number or has ended; 0 and words when it failed before. */
static int64_t wait_started(char *words, size_t size)
{
    struct timespec until;
    int64_t id;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_START;
    pthread_mutex_lock(&lock);
    while (!started && running && pthread_cond_timedwait(&changed, &lock, &until) == 0)
        ;
    id = started;
    snprintf(words, size, "%s", failure);
    pthread_mutex_unlock(&lock);
    return id;
}

static int start(const char *file, const char *format, int dry_run)
{
    struct run *run = mem_zalloc(sizeof *run);
    run->work.run = run_import;
    str_copy(run->file, sizeof run->file, souk_str(file));
    str_copy(run->format, sizeof run->format, souk_str(format));
    run->dry_run = dry_run;
    pthread_mutex_lock(&lock);
    int busy = running;
    if (!busy) {
        running = 1;
        started = 0;
        failure[0] = '\0';
    }
    pthread_mutex_unlock(&lock);
    if (!busy && worker_push(shop_current()->jobs, &run->work) == SOUK_OK)
        return SOUK_OK;
    pthread_mutex_lock(&lock);
    running = busy;
    pthread_mutex_unlock(&lock);
    free(run);
    return SOUK_BUSY;
}

/* ---- pages ---- */

static int show_form(struct request *request, int status, const char *error)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *formats = json_add(arena, view, "formats", JSON_ARRAY);
    for (const char *const *format = import_formats(); *format; format++)
        json_add_cstr(arena, formats, NULL, *format);
    import_list_runs(request_conn(request), arena, RUNS, json_add(arena, view, "runs", JSON_ARRAY));
    if (error)
        json_add_cstr(arena, view, "error", error);
    return admin_render(request, "admin/import", status, "Import", view);
}

int import_page_form(struct request *request, const struct web_route *route)
{
    (void)route;
    return show_form(request, 200, NULL);
}

static int known_format(struct souk_str name)
{
    for (const char *const *format = import_formats(); *format; format++)
        if (souk_str_is(name, *format))
            return 1;
    return 0;
}

static int keep_file(struct souk_str bytes, char *path, size_t size)
{
    const char *data = shop_current()->start->data;
    snprintf(path, size, "%s/import", data);
    mkdir(path, 0750);
    snprintf(path, size, "%s/import/%lld", data, (long long)id_next());
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (fd < 0)
        return SOUK_ERROR;
    int whole = 1;
    while (whole && bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        whole = n > 0;
        if (whole)
            bytes = str_from(bytes, (size_t)n);
    }
    if (close(fd) != 0 || !whole) {
        unlink(path);
        return SOUK_ERROR;
    }
    return SOUK_OK;
}

static int note_run(struct db_conn *conn, void *arg)
{
    struct request *request = arg;
    return admin_audit(conn, request, "import.started", souk_str("import"), NULL);
}

/* "again" names a run whose file is to be run for good. */
static int file_of(struct request *request, char *path, size_t size, struct souk_str *format)
{
    int64_t id;
    struct json *run = NULL;
    const struct upload *upload = request_upload(request, "file");
    *format = request_form(request, "format");
    if (str_to_int(request_form(request, "again"), &id) == SOUK_OK) {
        if (import_look(request_conn(request), &request->arena, id, &run) != SOUK_OK)
            return SOUK_NOT_FOUND;
        *format = json_text(json_at(run, "format"));
        str_copy(path, size, json_text(json_at(run, "file")));
        return access(path, R_OK) == 0 ? SOUK_OK : SOUK_NOT_FOUND;
    }
    if (!upload || upload->bytes.len == 0)
        return SOUK_INVALID;
    return keep_file(upload->bytes, path, size);
}

int import_page_start(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct souk_str format;
    char path[400], words[500];
    int code = file_of(request, path, sizeof path, &format);
    int dry_run = !admin_form_has(request, "for_good", "1");
    if (code)
        return show_form(request, 422,
                         code == SOUK_ERROR ? "the file could not be kept; is the disk full?"
                                            : "choose a file");
    if (!known_format(format))
        return show_form(request, 422, "choose the format of the file");
    request_conn_end(request);
    if (start(path, arena_cstr(&request->arena, format), dry_run) != SOUK_OK)
        return show_form(request, 409, "another import is running; wait for its end");
    code = db_write(request->db, note_run, request, &err);
    if (code)
        return code;
    int64_t id = wait_started(words, sizeof words);
    if (!id)
        return show_form(request, 422,
                         words[0] ? arena_cstr(&request->arena, souk_str(words))
                                  : "the import begins soon; look at the list below");
    return admin_redirect(request, "/admin/import/%lld", (long long)id);
}

int import_page_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *run = NULL, *view = json_new(&request->arena, JSON_OBJECT);
    int64_t id = admin_id(request, "id");
    if (!id || import_look(request_conn(request), &request->arena, id, &run) != SOUK_OK)
        return admin_message(request, 404, "Page not found", "there is no such import",
                             "/admin/import");
    json_add_tree(&request->arena, view, "run", run);
    struct souk_str state = json_text(json_at(run, "state"));
    json_add_bool(&request->arena, view, "going",
                  souk_str_is(state, "reading") || souk_str_is(state, "working"));
    json_add_int(&request->arena, view, "notes", NOTES);
    return admin_render(request, "admin/import-run", 200, "Import", view);
}
