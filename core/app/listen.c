/*
 * listen: opens the sockets that the supervisor owns. A Unix socket's path may be longer than
 * sockaddr_un allows: its folder is opened first and the name bound through /proc/self/fd. A stale
 * socket file is removed; one on which somebody answers, and any other file, is left alone.
 */
#include "app/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG 1024

/* What a shop that was killed left behind goes; nothing else does. */
static int remove_stale(int dir, const struct sockaddr_un *address, const char *path,
                        struct err *err)
{
    struct stat info;
    const char *name = strrchr(address->sun_path, '/') + 1;
    if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) != 0)
        return SOUK_OK;
    if (!S_ISSOCK(info.st_mode))
        return err_set(err, SOUK_CONFLICT,
                       "cannot listen on %s: it is there and is no socket; name another path",
                       path);
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int refused = s >= 0 && connect(s, (const struct sockaddr *)address, sizeof *address) != 0 &&
                  errno == ECONNREFUSED;
    if (s >= 0)
        close(s);
    if (!refused)
        return err_set(err, SOUK_CONFLICT,
                       "cannot listen on %s: another program does; stop it or name another path",
                       path);
    unlinkat(dir, name, 0);
    return SOUK_OK;
}

static int bind_unix(const struct sockaddr_un *address, int mode, int *fd)
{
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return errno;
    mode_t before = umask((mode_t)(0777 & ~mode));
    int cause =
        bind(s, (const struct sockaddr *)address, sizeof *address) != 0 || listen(s, BACKLOG) != 0
            ? errno
            : 0;
    umask(before);
    if (cause)
        close(s);
    else
        *fd = s;
    return cause;
}

int listen_unix(const char *path, int mode, int *fd, struct err *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[4096];
    str_copy(folder, sizeof folder,
             slash ? str_make(path, (size_t)(slash - path) + 1) : souk_str("."));
    int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_set(err, SOUK_ERROR, "cannot open the folder %s: %s; make it first", folder,
                       strerror(errno));
    int written =
        snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, name);
    int code =
        !*name || written >= (int)sizeof address.sun_path
            ? err_set(err, SOUK_INVALID,
                      "cannot listen on %s: name a file with a name of at most 80 bytes", path)
            : remove_stale(dir, &address, path, err);
    int cause = code == SOUK_OK ? bind_unix(&address, mode, fd) : 0;
    close(dir);
    return cause
               ? err_set(err, SOUK_ERROR, "cannot listen on %s: %s; check the rights of its folder",
                         path, strerror(cause))
               : code;
}

static int split_address(const char *where, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(where, ':');
    int64_t number = 0;
    if (!colon || colon[1] < '0' || colon[1] > '9' ||
        str_to_int(souk_str(colon + 1), &number) != SOUK_OK || number > 65535)
        return SOUK_INVALID;
    struct souk_str text = str_make(where, (size_t)(colon - where));
    if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = str_make(text.ptr + 1, text.len - 2);
    else if (memchr(text.ptr, ':', text.len))
        return SOUK_INVALID; /* an IPv6 address wants brackets */
    if (text.len >= size)
        return SOUK_INVALID;
    str_copy(host, size, text);
    *port = colon + 1;
    return SOUK_OK;
}

static int listen_tcp(const struct addrinfo *info, int *fd)
{
    int one = 1;
    int s = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s < 0)
        return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); /* accepted sockets inherit it */
    if (bind(s, info->ai_addr, info->ai_addrlen) != 0 || listen(s, BACKLOG) != 0) {
        int cause = errno;
        close(s);
        errno = cause;
        return -1;
    }
    *fd = s;
    return 0;
}

static void announce(int fd, char *name, size_t size)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    char host[64] = "", port[16] = "";
    getsockname(fd, (struct sockaddr *)&bound, &len);
    getnameinfo((struct sockaddr *)&bound, len, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    const char *pattern = strchr(host, ':') ? "http://[%s]:%s" : "http://%s:%s";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(name, size, pattern, host, port);
#pragma GCC diagnostic pop
}

int listen_open(const char *where, int *fd, char *name, size_t size, struct err *err)
{
    char host[256];
    const char *port;
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    if (strncmp(where, "unix:", 5) == 0) {
        snprintf(name, size, "%s", where);
        return listen_unix(where + 5, 0666, fd, err);
    }
    if (split_address(where, host, sizeof host, &port) != SOUK_OK)
        return err_set(err, SOUK_INVALID,
                       "cannot listen on \"%s\": write ADDRESS:PORT (127.0.0.1:8080, [::1]:8080) "
                       "or unix:PATH",
                       where);
    int code = getaddrinfo(host[0] ? host : NULL, port, &hints, &found);
    if (code != 0)
        return err_set(err, SOUK_INVALID,
                       "cannot listen on \"%s\": %s; name an address of this machine", where,
                       gai_strerror(code));
    int failed = listen_tcp(found, fd);
    int cause = errno;
    freeaddrinfo(found);
    if (failed)
        return err_set(err, SOUK_ERROR, "cannot listen on %s: %s; %s", where, strerror(cause),
                       cause == EADDRINUSE ? "stop the other program or choose another port"
                       : cause == EACCES   ? "choose a port from 1024 on, or give the right to it"
                                           : "name an address of this machine");
    announce(*fd, name, size);
    return SOUK_OK;
}
