/*
 * plugin_install.c: `souk plugin install FILE.so`: a file that somebody handed over becomes a
 * plugin that can be switched on.
 *
 * All that can be known is checked before anything changes: whose file it is and who may write it,
 * what the loader would say (machine, ABI, descriptor, name; by a child process that maps it), and
 * what the record beside it says of this very file. Then its bytes, as they were checked, are
 * written beside their place and moved there. A running shop keeps its own copy until it is told to
 * enable or reload.
 */
#include "app/cli/plugin_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli/control.h"
#include "base/disk.h"
#include "base/str.h"
#include "plugin/inspect.h"

struct install {
    struct arena *arena;
    const char *file, *name, *folder, *place;
    struct souk_str bytes;
    char sha256[65];
    struct json *about;
    struct record record;
    int there;  /* one of this name is in the folder */
    int is_off; /* … and the running shop does without it */
};

/* ---- the file ---- */

/* Another's file may become another's words between this look and the next start: it has to be
 * ours, or root's, or of who calls us through sudo. */
static int check_owner(const struct install *install, const struct stat *info, struct err *err)
{
    const char *sudo = getenv("SUDO_UID");
    int64_t caller = -1;
    if (geteuid() == 0 && sudo && str_to_int(souk_str(sudo), &caller) != SOUK_OK)
        caller = -1;
    if (info->st_mode & S_IWOTH)
        return err_set(err, SOUK_DENIED, "%s can be written by anybody; run chmod o-w %s",
                       install->file, install->file);
    if (info->st_uid != geteuid() && info->st_uid != 0 && (int64_t)info->st_uid != caller)
        return err_set(err, SOUK_DENIED,
                       "%s belongs to another user (%u); look at it, then make it yours with chown",
                       install->file, info->st_uid);
    return SOUK_OK;
}

static int check_file(struct install *install, struct err *err)
{
    struct stat info;
    install->name = record_name(install->arena, install->file);
    if (!install->name)
        return err_set(err, SOUK_INVALID, "%s: a plugin's file is called NAME.so", install->file);
    int code =
        record_hash(install->arena, install->file, &install->bytes, install->sha256, &info, err);
    return code ? code : check_owner(install, &info, err);
}

static int check_record(struct install *install, int force, struct err *err)
{
    record_read(install->arena, install->file, install->name, install->sha256, &install->record);
    struct souk_str words = record_words(install->arena, &install->record);
    if (install->record.state == RECORD_GOOD || install->record.state == RECORD_NONE || force)
        return SOUK_OK;
    return err_set(err, SOUK_CONFLICT,
                   "%s: %.*s; run souk-host conform %s --mode all --record, or install it with "
                   "--force",
                   install->file, SOUK_PRI(words), install->file);
}

/* ---- the folder ---- */

static int choose_folder(struct install *install, const struct json *folders, struct err *err)
{
    struct buf seen = {.arena = install->arena};
    json_each(folder, folders)
    {
        const char *path = arena_cstr(install->arena, json_text(&folder->value));
        struct stat info;
        if (stat(path, &info) == 0 && S_ISDIR(info.st_mode) && access(path, W_OK | X_OK) == 0) {
            install->folder = path;
            return SOUK_OK;
        }
        buf_printf(&seen, "%s%s", seen.len ? ", " : "", path);
    }
    return err_set(err, SOUK_DENIED,
                   "none of the shop's folders of plugins can be written (%.*s); make one of them, "
                   "call this as who may, or name a folder with --to",
                   (int)seen.len, seen.len ? seen.ptr : "");
}

/* The folders of a running shop, or of one that was started before. */
static int find_folder(struct install *install, const char *data, struct err *err)
{
    struct arena *arena = install->arena;
    const struct json *answer = NULL;
    const char *const path[] = {"plugins", NULL};
    struct stopped shop;
    int code = control_call(arena, data, "GET", control_path(arena, path), NULL, &answer, err);
    json_each(plugin, json_at(answer, "items"))
    {
        if (souk_str_is(json_text(json_at(&plugin->value, "name")), install->name))
            install->is_off = !souk_str_is(json_text(json_at(&plugin->value, "state")), "active");
    }
    if (code == SOUK_OK)
        return choose_folder(install, json_at(answer, "folders"), err);
    if (code != SOUK_UNAVAILABLE)
        return code;
    code = stopped_open(arena, data, &shop, err);
    if (code != SOUK_OK)
        return err_in(err, "no shop, so no folder of plugins (name one with --to)");
    struct json *folders = json_new(arena, JSON_ARRAY);
    for (size_t i = 0; shop.config.plugin_path[i]; i++)
        json_add_cstr(arena, folders, NULL, shop.config.plugin_path[i]);
    db_shut(shop.db);
    return choose_folder(install, folders, err);
}

static int check_folder(struct install *install, struct err *err)
{
    struct stat info;
    if (stat(install->folder, &info) != 0 || !S_ISDIR(info.st_mode))
        return err_set(err, SOUK_NOT_FOUND, "%s is no folder; make it first", install->folder);
    if (info.st_mode & S_IWOTH)
        return err_set(err, SOUK_DENIED,
                       "%s can be written by anybody, so nothing in it is loaded; run chmod o-w %s",
                       install->folder, install->folder);
    install->place = arena_printf(install->arena, "%s/%s.so", install->folder, install->name).ptr;
    if (lstat(install->place, &info) == 0) {
        struct stat given;
        install->there = 1;
        if (!S_ISREG(info.st_mode))
            return err_set(err, SOUK_CONFLICT, "%s is there and is no regular file; move it away",
                           install->place);
        if (stat(install->file, &given) == 0 && given.st_dev == info.st_dev &&
            given.st_ino == info.st_ino)
            return err_set(err, SOUK_CONFLICT, "%s is in the folder of plugins already",
                           install->file);
    }
    return SOUK_OK;
}

/* ---- copying ---- */

static int put(const char *path, struct souk_str bytes, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    int failed = fd < 0 || disk_write(fd, bytes) != 0 || fchmod(fd, 0644) != 0 || fsync(fd) != 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return failed ? err_set(err, SOUK_ERROR, "%s cannot be written: %s", path, strerror(why))
                  : SOUK_OK;
}

/* What the loader would say. It has seen the copy; people know the file by its own name. */
static int inspect(struct install *install, const char *copy, struct err *err)
{
    struct inspect_request request = {.file = copy, .name = install->name, .scratch = "/tmp"};
    int code = inspect_file(&request, install->arena, &install->about, err);
    const char *at = code ? strstr(err->text, copy) : NULL;
    if (!at)
        return code;
    struct souk_str words = arena_printf(install->arena, "%.*s%s%s", (int)(at - err->text),
                                         err->text, install->file, at + strlen(copy));
    return err_set(err, code, "%.*s", SOUK_PRI(words));
}

/* The copy is what was hashed, and the loader is asked about the copy. The record follows, or an
 * older one goes. */
static int put_all(struct install *install, const char *beside, struct err *err)
{
    struct arena *arena = install->arena;
    const char *copy = arena_printf(arena, "%s/%s.so", beside, install->name).ptr;
    const char *note = arena_printf(arena, "%s/%s.conform.json", beside, install->name).ptr;
    const char *kept =
        arena_printf(arena, "%s/%s.conform.json", install->folder, install->name).ptr;
    int has_note = install->record.json != NULL;
    int code = put(copy, install->bytes, err);
    if (code == SOUK_OK)
        code = inspect(install, copy, err);
    if (code == SOUK_OK && has_note) {
        struct buf text = {.arena = arena};
        json_print_pretty(&text, install->record.json);
        buf_add_char(&text, '\n');
        code = put(note, buf_str(&text), err);
    }
    if (code == SOUK_OK && rename(copy, install->place) != 0)
        code =
            err_set(err, SOUK_ERROR, "%s cannot be written: %s", install->place, strerror(errno));
    if (code == SOUK_OK && (has_note ? rename(note, kept) : unlink(kept)) != 0 && errno != ENOENT)
        code = err_set(err, SOUK_ERROR, "%s is installed, but not its record: %s", install->place,
                       strerror(errno));
    unlink(copy);
    unlink(note);
    return code;
}

static int install_bytes(struct install *install, struct err *err)
{
    char *beside = arena_cstr(install->arena,
                              arena_printf(install->arena, "%s/.install-XXXXXX", install->folder));
    if (!mkdtemp(beside))
        return err_set(err, SOUK_DENIED, "%s cannot be written: %s", install->folder,
                       strerror(errno));
    int code = put_all(install, beside, err);
    rmdir(beside);
    return code;
}

/* ---- the command ---- */

static void report(struct install *install, const char *data, int as_json)
{
    struct arena *arena = install->arena;
    struct souk_str version = json_text(json_at(install->about, "version"));
    struct souk_str words = record_words(arena, &install->record);
    if (as_json) {
        struct json *out = json_new(arena, JSON_OBJECT);
        json_add_cstr(arena, out, "name", install->name);
        json_add_str(arena, out, "version", version);
        json_add_cstr(arena, out, "file", install->place);
        json_add_cstr(arena, out, "sha256", install->sha256);
        json_add_bool(arena, out, "replaced", install->there);
        if (install->record.json)
            json_add_tree(arena, out, "conformance", install->record.json);
        else
            json_add_null(arena, out, "conformance");
        cli_print_json(arena, out);
    } else {
        printf("%s %.*s is in %s\n", install->name, SOUK_PRI(version), install->place);
        printf("conformance: %.*s\n", SOUK_PRI(words));
        printf("next: souk plugin %s %s --data %s\n",
               install->there && !install->is_off ? "reload" : "enable", install->name, data);
        printf("what it adds and asks for: souk plugin info %s --data %s\n", install->name, data);
    }
    if (install->record.state == RECORD_NONE)
        fprintf(stderr,
                "souk plugin: warning: %s has no record of conformance; its author makes one with: "
                "souk-host conform %s --mode all --record\n",
                install->name, install->file);
    else if (install->record.state != RECORD_GOOD)
        fprintf(stderr, "souk plugin: warning: installed although %.*s\n", SOUK_PRI(words));
}

int plugin_install_file(struct arena *arena, const struct cli_args *args, const char *data)
{
    struct err err = {0};
    struct install install = {.arena = arena, .file = args->rest[1]};
    install.folder = cli_value(args, "--to", NULL);
    int code = check_file(&install, &err);
    if (code == SOUK_OK)
        code = check_record(&install, cli_given(args, "--force"), &err);
    if (code == SOUK_OK && !install.folder)
        code = find_folder(&install, data, &err);
    if (code == SOUK_OK)
        code = check_folder(&install, &err);
    if (code == SOUK_OK)
        code = install_bytes(&install, &err);
    if (code != SOUK_OK)
        return cli_fail("plugin install", &err);
    report(&install, data, cli_given(args, "--json"));
    return CLI_DONE;
}
