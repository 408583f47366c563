/*
 * options_secret.c: secrets of a configuration: named in the file, read from the
 * environment or from a file of their own.
 *
 * What was read never appears in a message, nor does what was written in its place: it
 * may be the secret itself. A file that others can read is refused, for then it is
 * none. Relative paths start at the configuration's folder. Read once, when the
 * configuration is; a changed secret takes a reload.
 */
#include "plugin/options_parse.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/str.h"

#define SECRET_MOST (64 << 10)

static int from_environment(struct option_check *check, struct souk_str name,
                            struct option_value *out)
{
    struct arena *arena = check->problems->arena;
    const char *value = getenv(arena_cstr(arena, name));
    struct souk_str hint =
        arena_printf(arena, "start souk with %.*s=… in its environment (systemd: EnvironmentFile=)",
                     SOUK_PRI(name));
    if (!value || !*value) {
        return options_wrong(check, NULL, hint, "the environment variable %.*s is %s",
                             SOUK_PRI(name), value ? "empty" : "not set");
    }
    out->text = arena_str(check->arena, souk_str(value));
    return 0;
}

static int read_secret(struct option_check *check, int fd, const char *path,
                       struct option_value *out)
{
    struct stat info;
    char *text = arena_zalloc(check->arena, SECRET_MOST + 1);
    size_t len = 0;
    if (fstat(fd, &info) || !S_ISREG(info.st_mode))
        return options_wrong(check, NULL, souk_str("name a plain file"), "%s is not a file", path);
    if (info.st_mode & 077) {
        return options_wrong(
            check, NULL, arena_printf(check->problems->arena, "chmod 600 %s", path),
            "%s is open to others (mode %04o)", path, (unsigned)info.st_mode & 07777);
    }
    while (len <= SECRET_MOST) {
        ssize_t n = read(fd, text + len, SECRET_MOST + 1 - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            return options_wrong(check, NULL, souk_str("check the disk and the file"),
                                 "%s cannot be read: %m", path);
        }
        if (n == 0)
            break;
        len += (size_t)n;
    }
    if (len > SECRET_MOST || memchr(text, 0, len)) {
        return options_wrong(check, NULL,
                             souk_str("put the secret alone into the file, as one line of text"),
                             "%s is no secret: too long, or not text", path);
    }
    while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len == 0)
        return options_wrong(check, NULL, souk_str("put the secret into it"), "%s is empty", path);
    text[len] = '\0';
    out->text = str_make(text, len);
    return 0;
}

static int from_file(struct option_check *check, struct souk_str name, struct option_value *out)
{
    struct arena *arena = check->problems->arena;
    int absolute = name.ptr[0] == '/' || !check->dir || !*check->dir;
    struct souk_str path = absolute ? arena_str(arena, name)
                                    : arena_printf(arena, "%s/%.*s", check->dir, SOUK_PRI(name));
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        struct souk_str hint =
            errno == ENOENT
                ? arena_printf(arena, "make it: a file with the secret alone, chmod 600 %s",
                               path.ptr)
                : souk_str("make it readable for the user that souk runs as, and for nobody else");
        return options_wrong(check, NULL, hint, "%s cannot be read: %m", path.ptr);
    }
    int code = read_secret(check, fd, path.ptr, out);
    close(fd);
    return code;
}

int options_parse_secret(struct option_check *check, const struct json *given,
                         struct option_value *out)
{
    const struct json *env = NULL, *file = NULL;
    if (given->kind == JSON_OBJECT && given->count == 1) {
        env = json_at(given, "$env");
        file = json_at(given, "$file");
    }
    if (env && env->kind == JSON_STRING && env->text.len)
        return from_environment(check, env->text, out);
    if (file && file->kind == JSON_STRING && file->text.len)
        return from_file(check, file->text, out);
    if (given->kind == JSON_STRING) {
        return options_wrong(check, NULL, options_example(check),
                             "is a secret and may not stand in the file itself");
    }
    return options_wrong(check, NULL, options_example(check),
                         "is a secret: it comes from env or file");
}
