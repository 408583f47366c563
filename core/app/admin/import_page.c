/*
 * import_page.c: importing products from a file: chosen, tried without changing anything, looked
 * at, and then run.
 *
 * The file is kept in the data directory under import/, under a name of ours, until it was run for
 * good. A run works on a job thread (app/import_task.h); how far it is stands in the database, so
 * the page that shows it is asked again as often as one likes, after a restart too; what was cut
 * goes on from here with the same file.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "app/import_task.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/disk.h"
#include "base/rand.h"
#include "base/str.h"

#define RUNS      20
#define KEEP_DAYS 30 /* of a file that nobody ran for good */

/* ---- pages ---- */

static int show_form(struct request *request, int status, const char *error)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct json *formats = json_add(arena, view, "formats", JSON_ARRAY);
    for (const char *const *format = import_formats(); *format; format++)
        json_add_cstr(arena, formats, NULL, *format);
    import_task_list(request_conn(request), arena, RUNS, json_add(arena, view, "runs", JSON_ARRAY));
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

/* Files of ours that were tried and never run for good. */
static void sweep_files(const char *folder, int64_t now)
{
    DIR *dir = opendir(folder);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        struct stat about;
        if (fstatat(dirfd(dir), entry->d_name, &about, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(about.st_mode) && about.st_mtime < (now - KEEP_DAYS * CLOCK_DAY) / CLOCK_SECOND)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

static int keep_file(struct request *request, struct souk_str bytes, const char **path)
{
    char *data = realpath(shop_current()->start->data, NULL);
    if (!data)
        return SOUK_ERROR;
    const char *folder = arena_printf(&request->arena, "%s/import", data).ptr;
    free(data);
    mkdir(folder, 0750);
    sweep_files(folder, request->now);
    *path = arena_printf(&request->arena, "%s/%lld", folder, (long long)id_next()).ptr;
    return disk_put(*path, bytes, 0640, NULL);
}

/* Was this file kept by keep_file? What the command imported is not ours to run again. */
static int is_ours(const char *path)
{
    char *data = realpath(shop_current()->start->data, NULL);
    size_t len = data ? strlen(data) : 0;
    int ours = data && strncmp(path, data, len) == 0 &&
               strncmp(path + len, "/import/", sizeof "/import/" - 1) == 0;
    free(data);
    return ours;
}

static int note_run(struct db_conn *conn, void *arg)
{
    struct request *request = arg;
    return admin_audit(conn, request, "import.started", souk_str("import"), NULL);
}

/* "again" names a run whose file is to be run once more: for good, or to its end. */
static int file_of(struct request *request, struct import_ask *ask)
{
    int64_t id;
    struct json *run = NULL;
    const struct upload *upload = request_upload(request, "file");
    struct souk_str format = request_form(request, "format");
    ask->uploaded = 1;
    ask->dry_run = !request_form_has(request, "for_good", "1");
    if (str_to_int(request_form(request, "again"), &id) == SOUK_OK) {
        if (import_task_look(request_conn(request), &request->arena, id, &run) != SOUK_OK)
            return SOUK_NOT_FOUND;
        format = json_text(json_at(run, "format"));
        ask->file = arena_cstr(&request->arena, json_text(json_at(run, "file")));
    }
    if (!known_format(format))
        return SOUK_INVALID;
    ask->format = arena_cstr(&request->arena, format);
    if (ask->file)
        return is_ours(ask->file) && access(ask->file, R_OK) == 0 ? SOUK_OK : SOUK_NOT_FOUND;
    if (!upload || upload->bytes.len == 0)
        return SOUK_NOT_FOUND;
    return keep_file(request, upload->bytes, &ask->file);
}

int import_page_start(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    struct import_ask ask = {0};
    int64_t id;
    int code = file_of(request, &ask);
    if (code == SOUK_ERROR)
        return show_form(request, 422, "the file could not be kept; is the disk full?");
    if (code == SOUK_INVALID)
        return show_form(request, 422, "choose the format of the file");
    if (code)
        return show_form(request, 422, "choose a file");
    request_conn_end(request);
    code = import_task_start(&ask, &id, &err);
    if (code == SOUK_CONFLICT)
        return show_form(request, 409, "another import is running; wait for its end");
    if (code == SOUK_BUSY)
        return show_form(request, 409, "the import begins soon; look at the list below");
    if (code)
        return show_form(request, 422, arena_cstr(&request->arena, souk_str(err.text)));
    code = db_write(request->db, note_run, request, &err);
    return code ? code : admin_redirect(request, "/admin/import/%lld", (long long)id);
}

/* The run that the path names; NULL after the page that says there is none. */
static struct json *run_of(struct request *request)
{
    struct json *run = NULL;
    int64_t id = admin_id(request, "id");
    if (id && import_task_look(request_conn(request), &request->arena, id, &run) == SOUK_OK)
        return run;
    admin_message(request, 404, "Page not found", "there is no such import", "/admin/import");
    return NULL;
}

int import_page_show(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *run = run_of(request);
    if (!run)
        return SOUK_OK;
    struct souk_str state = json_text(json_at(run, "state"));
    const char *file = arena_cstr(arena, json_text(json_at(run, "file")));
    int dry_run = json_true(json_at(run, "dry_run"));
    int kept = is_ours(file) && access(file, R_OK) == 0;
    json_add_tree(arena, view, "run", run);
    json_add_bool(arena, view, "going",
                  souk_str_is(state, "reading") || souk_str_is(state, "working"));
    json_add_bool(arena, view, "for_good", kept && dry_run && souk_str_is(state, "done"));
    json_add_bool(arena, view, "go_on", kept && souk_str_is(state, "cancelled"));
    return admin_render(request, "admin/import-run", 200, "Import", view);
}

int import_page_cancel(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    int64_t id = admin_id(request, "id");
    if (import_task_cancel(id, &err) != SOUK_OK)
        return admin_message(request, 409, "That did not work", "this import is not running",
                             "/admin/import");
    return admin_redirect(request, "/admin/import/%lld", (long long)id);
}

/* The refused rows, as a file of the same format. */
int import_page_rejects(struct request *request, const struct web_route *route)
{
    (void)route;
    struct err err = {0};
    char *bytes = NULL;
    size_t len = 0;
    const struct json *run = run_of(request);
    if (!run)
        return SOUK_OK;
    FILE *out = open_memstream(&bytes, &len);
    int code = out ? SOUK_OK : SOUK_UNAVAILABLE;
    request_conn_end(request);
    if (out) {
        code = import_rejects(request->db, admin_id(request, "id"), out, &err);
        fclose(out);
    }
    int lines = souk_str_is(json_text(json_at(run, "format")), "souk");
    if (!code) {
        answer_bytes(request, 200, lines ? "application/jsonl" : "text/csv; charset=utf-8",
                     arena_str(&request->arena, str_make(bytes ? bytes : "", len)));
        answer_header(request, "Content-Disposition",
                      lines ? souk_str("attachment; filename=\"refused.jsonl\"")
                            : souk_str("attachment; filename=\"refused.csv\""));
        answer_header(request, "Cache-Control", souk_str("no-store"));
    }
    free(bytes);
    return code;
}
