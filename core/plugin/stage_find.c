/*
 * stage_find.c: looks through the folders with plugins.
 *
 * The idea: a plugin is the file <name>.so in the first folder that has it; what is
 * called otherwise is not one. A name that is nowhere is answered with the nearest one
 * that is.
 *
 * Threads: any; no state. Whether a file can be used is decided when it is opened
 * (stage.c).
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"
#include "plugin/descriptor_rows.h"
#include "plugin/stage.h"

static int join(char *to, size_t size, const char *folder, const char *name)
{
    int len = snprintf(to, size, "%s/%s.so", folder, name);
    return len > 0 && (size_t)len < size ? 0 : SOUK_TOO_LARGE;
}

static void say_folders(const char *const *path, char *to, size_t size)
{
    size_t len = 0;
    to[0] = '\0';
    for (; *path && len < size; path++) {
        int more = snprintf(to + len, size - len, "%s%s", len ? ", " : "", *path);
        len += more > 0 ? (size_t)more : 0;
    }
}

int stage_find(const char *const *path, const char *name, char *file, size_t size, struct err *err)
{
    if (!descriptor_is_name(name, 32)) {
        return err_set(err, SOUK_INVALID,
                       "\"%s\" is not a plugin's name: they are of a-z, 0-9 and _", name);
    }
    for (const char *const *folder = path; *folder; folder++) {
        struct stat info;
        if (join(file, size, *folder, name) == 0 && stat(file, &info) == 0)
            return 0;
    }
    struct arena arena = {0};
    const char **names;
    size_t count;
    char folders[256];
    stage_list(path, &arena, &names, &count);
    say_folders(path, folders, sizeof(folders));
    const char *near = str_nearest(souk_str(name), names);
    int code =
        near && strcmp(near, name) == 0
            ? err_set(err, SOUK_NOT_FOUND,
                      "plugin \"%s\": %s.so in %s is a link to nothing; put the file there again",
                      name, name, folders)
        : near ? err_set(err, SOUK_NOT_FOUND, "plugin \"%s\" is not in %s; did you mean \"%s\"?",
                         name, folders, near)
               : err_set(err, SOUK_NOT_FOUND,
                         "plugin \"%s\" is not in %s; put %s.so there or take the name "
                         "out",
                         name, folders[0] ? folders : "any folder", name);
    arena_free(&arena);
    return code;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void list_folder(const char *folder, struct arena *arena, const char ***names, size_t *count,
                        size_t *cap)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir))) {
        struct souk_str file = souk_str(entry->d_name);
        if (!str_ends(file, ".so"))
            continue;
        char *name = arena_cstr(arena, str_make(file.ptr, file.len - 3));
        if (!descriptor_is_name(name, 32))
            continue;
        if (*count == *cap) {
            const char **more = arena_array(arena, const char *, *cap * 2 + 16);
            if (*count)
                memcpy(more, *names, *count * sizeof(*more));
            *cap = *cap * 2 + 15; /* one stays for the NULL */
            *names = more;
        }
        (*names)[(*count)++] = name;
    }
    if (dir)
        closedir(dir);
}

int stage_list(const char *const *path, struct arena *arena, const char ***names, size_t *count)
{
    size_t cap = 0, kept = 0;
    *names = arena_array(arena, const char *, 1);
    *count = 0;
    for (; *path; path++)
        list_folder(*path, arena, names, count, &cap);
    if (*count > 1)
        qsort(*names, *count, sizeof(**names), by_text);
    for (size_t i = 0; i < *count; i++) /* the same name in two folders */
        if (kept == 0 || strcmp((*names)[kept - 1], (*names)[i]) != 0)
            (*names)[kept++] = (*names)[i];
    (*names)[kept] = NULL;
    *count = kept;
    return 0;
}

void stage_clean(const char *run_dir)
{
    DIR *dir = opendir(run_dir);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)))
        if (str_ends(souk_str(entry->d_name), ".so"))
            unlinkat(dirfd(dir), entry->d_name, 0);
    if (dir)
        closedir(dir);
}
