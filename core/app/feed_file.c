/*
 * feed_file.c: the files of feeds: <data>/feeds/<id> and its compressed twin <id>.gz. Names hold
 * the feed's id, not its name: a feed that is renamed keeps its file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/feed_inner.h"
#include "web/file.h"

static char folder[4096]; /* "" before feed_setup */

void feed_setup(const char *data)
{
    snprintf(folder, sizeof folder, "%s/feeds", data);
}

static const char *path_of(char path[4200], int64_t id, const char *ending)
{
    snprintf(path, 4200, "%s/%lld%s", folder, (long long)id, ending);
    return path;
}

int feed_file_begin(struct file_write **file, int64_t id, struct err *err)
{
    char path[4200];
    if (!folder[0])
        return err_set(err, SOUK_UNAVAILABLE, "feeds have no folder yet");
    if (mkdir(folder, 0750) != 0 && errno != EEXIST)
        return err_set(err, SOUK_UNAVAILABLE, "%s cannot be made: %m", folder);
    return file_write_begin(file, path_of(path, id, ""), err);
}

void feed_file_remove(int64_t id)
{
    static const char *const endings[] = {"", ".gz", ".new", ".gz.new"};
    char path[4200];
    for (size_t i = 0; folder[0] && i < sizeof endings / sizeof *endings; i++)
        unlink(path_of(path, id, endings[i]));
}

int feed_file_answer(struct request *request, int64_t id, const char *type)
{
    char path[4200];
    const struct file_terms terms = {.type = type, .packed = 1, .cache = "public, no-cache"};
    return folder[0] ? file_answer(request, AT_FDCWD, path_of(path, id, ""), &terms)
                     : SOUK_NOT_FOUND;
}
