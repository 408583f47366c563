/*
 * promo_source.c: gathers rules to be tried: files as they were named, folders as the shop itself
 * reads them (promotion_read).
 */
#include "app/promo_source.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "app/promotion.h"
#include "base/str.h"

static const char *const folders[] = {"promotions", "upsell", "lib", NULL};

int promo_source_is_test(struct souk_str path)
{
    return str_ends(path, "_test.lua");
}

static void put(struct promo_sources *sources, struct souk_str path, struct souk_str text)
{
    for (size_t i = 0; i < sources->count; i++)
        if (souk_str_equal(sources->at[i].path, path)) {
            sources->at[i].text = text;
            return;
        }
    if (sources->count == sources->cap) {
        size_t cap = sources->cap ? sources->cap * 2 : 16;
        struct script_source *at = arena_array(sources->arena, struct script_source, cap);
        if (sources->count)
            memcpy(at, sources->at, sources->count * sizeof *at);
        sources->at = at;
        sources->cap = cap;
    }
    sources->at[sources->count++] = (struct script_source){path, text};
}

void promo_sources_put(struct promo_sources *sources, const struct script_source *source)
{
    put(sources, source->path, source->text);
}

static int read_text(struct arena *arena, const char *name, struct souk_str *text, struct err *err)
{
    struct buf out = {.arena = arena};
    char block[16384];
    size_t len;
    FILE *file = fopen(name, "re");
    if (!file)
        return err_set(err, errno == EACCES ? SOUK_DENIED : SOUK_NOT_FOUND, "%s cannot be read: %s",
                       name, strerror(errno));
    while ((len = fread(block, 1, sizeof block, file)) > 0 && out.len <= PROMO_FILE_MOST)
        buf_add(&out, block, len);
    int failed = ferror(file);
    fclose(file);
    if (failed)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be read: %s", name, strerror(errno));
    if (out.len > PROMO_FILE_MOST)
        return err_set(err, SOUK_TOO_LARGE, "%s is larger than 1 MiB: that is no rule", name);
    *text = out.len ? buf_str(&out) : souk_str("");
    return SOUK_OK;
}

static int add_file(struct promo_sources *sources, const char *name, struct souk_str path,
                    struct err *err)
{
    struct souk_str text = STR_NULL;
    if (sources->count >= PROMO_FILES)
        return err_set(err, SOUK_TOO_LARGE, "there are more than %d files of rules", PROMO_FILES);
    int code = read_text(sources->arena, name, &text, err);
    if (code == SOUK_OK)
        put(sources, arena_str(sources->arena, path), text);
    return code;
}

/* `before` stands before the paths in messages; "" for none. */
static int add_folder(struct promo_sources *sources, const char *folder, const char *before,
                      struct err *err)
{
    struct script_source *found = NULL;
    size_t count = 0;
    int code = promotion_read(sources->arena, folder, sources->tests, &found, &count, err);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        put(sources,
            arena_printf(sources->arena, "%s%s%.*s", before, *before ? "/" : "",
                         SOUK_PRI(found[i].path)),
            found[i].text);
    return code;
}

static int is_folder(const char *name)
{
    struct stat info;
    return stat(name, &info) == 0 && S_ISDIR(info.st_mode);
}

/* What a rule shares with others stands in lib/ beside its folder. */
static int add_shared(struct promo_sources *sources, const char *name, struct err *err)
{
    const char *slash = strrchr(name, '/');
    struct souk_str folder = slash ? str_make(name, (size_t)(slash - name)) : souk_str(".");
    const char *lib = arena_printf(sources->arena, "%.*s/../lib", SOUK_PRI(folder)).ptr;
    return is_folder(lib) ? add_folder(sources, lib, lib, err) : SOUK_OK;
}

int promo_sources_add(struct promo_sources *sources, const char *name, struct err *err)
{
    struct souk_str path = souk_str(name);
    struct err ignored = {0};
    while (path.len > 1 && path.ptr[path.len - 1] == '/')
        path.len--;
    if (is_folder(name))
        return add_folder(sources, name, arena_cstr(sources->arena, path), err);
    add_shared(sources, name, &ignored);
    return add_file(sources, name, path, err);
}

int promo_sources_shop(struct promo_sources *sources, const char *folder, struct err *err)
{
    return is_folder(folder) ? add_folder(sources, folder, "", err) : SOUK_OK;
}

int promo_sources_json(struct promo_sources *sources, const struct json *scripts, struct err *err)
{
    int at = 0;
    if (!scripts || scripts->kind != JSON_ARRAY || !scripts->count)
        return err_set(err, SOUK_INVALID, "/scripts: name at least one: [{\"path\", \"text\"}]");
    json_each(item, scripts)
    {
        struct souk_str path = json_text(json_at(&item->value, "path"));
        const struct json *text = json_at(&item->value, "text");
        if (!path.len || path.len > 200 || !str_ends(path, ".lua"))
            return err_set(err, SOUK_INVALID,
                           "/scripts/%d/path: must be like promotions/spring.lua", at);
        if (!text || text->kind != JSON_STRING || text->text.len > PROMO_FILE_MOST)
            return err_set(err, SOUK_INVALID,
                           "/scripts/%d/text: must be the text of the rule, at most 1 MiB", at);
        if (++at > PROMO_FILES)
            return err_set(err, SOUK_TOO_LARGE, "/scripts: at most %d", PROMO_FILES);
        put(sources, path, text->text);
    }
    return SOUK_OK;
}

struct souk_str promo_source_place(struct arena *arena, const char *name, const char *folder)
{
    char *real = realpath(name, NULL), *base = folder ? realpath(folder, NULL) : NULL;
    const char *whole = real ? real : name, *place = NULL;
    size_t len = base ? strlen(base) : 0;
    if (base && strncmp(whole, base, len) == 0 && whole[len] == '/')
        place = whole + len + 1;
    for (int i = 0; !place && folders[i]; i++) {
        const char *found = strstr(whole, arena_printf(arena, "/%s/", folders[i]).ptr);
        place = found ? found + 1 : NULL;
    }
    const char *last = strrchr(whole, '/');
    struct souk_str path = place ? arena_printf(arena, "%s", place)
                                 : arena_printf(arena, "promotions/%s", last ? last + 1 : whole);
    free(real);
    free(base);
    return path;
}
