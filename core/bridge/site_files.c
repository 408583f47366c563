/*
 * site_files.c: templates, translations and assets of a new site: the theme's, then the
 * plugins', then the merchant's folder, which shadows both by name.
 *
 * The theme's "templates/page/home.html" is "page/home"; a plugin's "templates/x.html"
 * is
 * "<plugin>/x"; "templates/mail/x.txt", plain text, keeps its ending and is "mail/x.txt"; the
 * merchant's "<theme_dir>/page/home.html" and
 * "<theme_dir>/hello/x.html" take the same names, and "<theme_dir>/static/own.css" is the asset
 * "own.css". A merchant's file for a plugin that is off is left aside, so that switching a plugin
 * never breaks on a file that waits for it.
 */
#include "bridge/internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/str.h"
#include "base/utf8.h"

#define THEME_DEPTH 4
#define THEME_MOST  ((off_t)1 << 20)

/* "templates/page/home.html" -> "page/home" */
static int cut_name(struct souk_str path, const char *before, const char *after,
                    struct souk_str *name)
{
    size_t outer = strlen(before) + strlen(after);
    if (!str_starts(path, before) || !str_ends(path, after) || path.len <= outer)
        return 0;
    *name = str_make(path.ptr + strlen(before), path.len - outer);
    return 1;
}

/* The name of a template's file below `before`; plain text keeps its ending. */
static int cut_template(struct souk_str path, const char *before, struct souk_str *name)
{
    return cut_name(path, before, ".html", name) ||
           (str_ends(path, ".txt") && cut_name(path, before, "", name));
}

/* One file of the theme (owner "souk") or a plugin: by its folder. */
static int add_file(struct site *site, const char *owner, const char *path, struct souk_str bytes,
                    struct err *err)
{
    struct arena *arena = &site->set->arena;
    struct souk_str whole = souk_str(path), name;
    if (cut_template(whole, "templates/", &name)) {
        int cores = strcmp(owner, "souk") == 0;
        const char *as = cores ? arena_cstr(arena, name)
                               : arena_printf(arena, "%s/%.*s", owner, SOUK_PRI(name)).ptr;
        const char *file = arena_printf(arena, "%s:%s", owner, path).ptr;
        return template_add(site->web.templates, as, bytes, file, owner, err);
    }
    if (cut_name(whole, "locale/", ".mo", &name))
        return i18n_add(site->web.i18n, owner, arena_cstr(arena, name), bytes, err);
    if (cut_name(whole, "static/", "", &name) && strcmp(owner, "souk") == 0 &&
        asset_url(site->web.assets, owner, name).len)
        return SOUK_OK; /* the merchant has one of this name */
    if (cut_name(whole, "static/", "", &name))
        return asset_add(site->web.assets, owner, arena_cstr(arena, name), bytes, err);
    return err_set(err, SOUK_INVALID,
                   "\"%s\" is none of templates/NAME.html or .txt, static/NAME, locale/LANG.mo",
                   path);
}

static int add_theme(struct site *site, struct err *err)
{
    for (size_t i = 0; i < site_core.file_count; i++) {
        const struct site_file *file = &site_core.files[i];
        int code = add_file(site, "souk", file->path, file->bytes, err);
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

static int add_plugin(struct site *site, const struct plugin *plugin, struct err *err)
{
    for (size_t i = 0; i < plugin->descriptor.files_count; i++) {
        const struct souk_file *file = &plugin->descriptor.files[i];
        struct souk_str bytes = {file->begin, (size_t)(file->end - file->begin)};
        int code = add_file(site, plugin->name, file->path, bytes, err);
        if (code != SOUK_OK) {
            err_in(err, "plugin \"%s\"", plugin->name);
            return code;
        }
    }
    return SOUK_OK;
}

/* ---- the merchant's folder ---- */

static int read_file(struct arena *arena, const char *file, struct souk_str *out, struct err *err)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(err, SOUK_NOT_FOUND, "%s cannot be read; check its rights", file);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size > THEME_MOST) {
        close(fd);
        return err_set(err, SOUK_INVALID, "%s is no file of at most 1 MiB", file);
    }
    char *to = arena_alloc(arena, (size_t)st.st_size + 1);
    size_t len = 0;
    ssize_t got;
    while (len < (size_t)st.st_size && (got = read(fd, to + len, (size_t)st.st_size - len)) > 0)
        len += (size_t)got;
    close(fd);
    to[len] = '\0';
    *out = str_make(to, len);
    return SOUK_OK;
}

/* Whether anything in the theme stands in this folder. */
static int is_theme_folder(struct souk_str folder)
{
    for (size_t i = 0; i < site_core.file_count; i++) {
        struct souk_str name;
        if (cut_name(souk_str(site_core.files[i].path), "templates/", ".html", &name) &&
            name.len > folder.len && name.ptr[folder.len] == '/' &&
            memcmp(name.ptr, folder.ptr, folder.len) == 0)
            return 1;
    }
    return 0;
}

/* The translation domain of a merchant's template; NULL: not for this set. */
static const char *domain_of(const struct site *site, struct souk_str name)
{
    ptrdiff_t slash = str_find(name, '/');
    if (slash < 0)
        return "souk";
    struct souk_str folder = str_make(name.ptr, (size_t)slash);
    const struct plugin *plugin = set_plugin(site->set, folder);
    if (plugin)
        return plugin->name;
    return is_theme_folder(folder) ? "souk" : NULL;
}

static int add_merchants(struct site *site, const char *file, struct souk_str name, struct err *err)
{
    struct arena *arena = &site->set->arena;
    const char *domain = domain_of(site, name);
    struct souk_str text;
    if (!domain) {
        log_debug("theme.skipped", LOG_S("file", file));
        return SOUK_OK;
    }
    int code = read_file(arena, file, &text, err);
    if (code != SOUK_OK)
        return code;
    if (!utf8_valid(text))
        return err_set(err, SOUK_INVALID, "%s is not UTF-8; save it as UTF-8", file);
    return template_add(site->web.templates, arena_cstr(arena, name), text, file, domain, err);
}

/* The files right in <theme_dir>/static; a theme need not have any. */
static int add_static(struct site *site, struct err *err)
{
    struct arena *arena = &site->set->arena;
    const char *folder = arena_printf(arena, "%s/static", site_core.theme_dir).ptr;
    struct dirent **entries = NULL;
    int code = SOUK_OK, count = scandir(folder, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        const char *file = arena_printf(arena, "%s/%s", folder, entry).ptr;
        const char *name = arena_printf(arena, "%s", entry).ptr;
        struct stat st;
        struct souk_str bytes;
        if (code == SOUK_OK && entry[0] != '.' && stat(file, &st) == 0 && S_ISREG(st.st_mode)) {
            code = read_file(arena, file, &bytes, err);
            if (code == SOUK_OK)
                code = asset_add(site->web.assets, "souk", name, bytes, err);
        }
        free(entries[i]);
    }
    free(entries);
    return code;
}

/* `at` is the folder, `under` the part of the names that it stands for ("page/"). */
static int add_folder(struct site *site, const char *at, const char *under, int depth,
                      struct err *err)
{
    struct arena *arena = &site->set->arena;
    struct dirent **entries = NULL;
    int code = SOUK_OK, count = scandir(at, &entries, NULL, alphasort);
    if (count < 0)
        return err_set(err, SOUK_NOT_FOUND, "theme folder %s cannot be read", at);
    for (int i = 0; i < count; i++) {
        const char *entry = entries[i]->d_name;
        struct souk_str name;
        struct stat st;
        const char *file = arena_printf(arena, "%s/%s", at, entry).ptr;
        if (code == SOUK_OK && entry[0] != '.' && stat(file, &st) == 0) {
            struct souk_str path = arena_printf(arena, "%s%s", under, entry);
            if (S_ISDIR(st.st_mode) && depth < THEME_DEPTH)
                code = add_folder(site, file, arena_printf(arena, "%s/", path.ptr).ptr, depth + 1,
                                  err);
            else if (S_ISREG(st.st_mode) && cut_template(path, "", &name))
                code = add_merchants(site, file, name, err);
        }
        free(entries[i]);
    }
    free(entries);
    return code;
}

int site_add_files(struct site *site, struct err *err)
{
    int code = site_core.theme_dir ? add_static(site, err) : SOUK_OK; /* first: they win */
    if (code == SOUK_OK)
        code = add_theme(site, err);
    for (size_t i = 0; code == SOUK_OK && i < site->set->count; i++)
        code = add_plugin(site, site->set->plugins[i], err);
    if (code == SOUK_OK && site_core.theme_dir)
        code = add_folder(site, site_core.theme_dir, "", 0, err);
    return code == SOUK_OK ? template_link(site->web.templates, err) : code;
}
