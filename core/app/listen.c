/*
 * listen: opens the sockets that the supervisor owns. A Unix socket's path may be longer than
 * sockaddr_un allows: its folder is opened first and the name bound through /proc/self/fd. A stale
 * socket file is removed; the data directory's lock already says that nobody else serves there.
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
    unlinkat(dir, name, 0);
    int written =
        snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", dir, name);
    int s = -1;
    if (written < (int)sizeof address.sun_path)
        s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t before = umask((mode_t)(0777 & ~mode));
    int failed = s < 0 || bind(s, (struct sockaddr *)&address, sizeof address) != 0 ||
                 listen(s, BACKLOG) != 0;
    int cause = errno;
    umask(before);
    close(dir);
    if (failed) {
        if (s >= 0)
            close(s);
        return err_set(err, SOUK_ERROR, "cannot listen on %s: %s", path, strerror(cause));
    }
    *fd = s;
    return SOUK_OK;
}

static int split_address(const char *where, char *host, size_t size, const char **port)
{
    const char *colon = strrchr(where, ':');
    if (!colon || !colon[1])
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
        return err_set(err, SOUK_INVALID, "cannot listen on \"%s\": %s", where, gai_strerror(code));
    int failed = listen_tcp(found, fd);
    int cause = errno;
    freeaddrinfo(found);
    if (failed)
        return err_set(err, SOUK_ERROR, "cannot listen on %s: %s%s", where, strerror(cause),
                       cause == EADDRINUSE ? "; stop the other program or choose another port"
                                           : "");
    announce(*fd, name, size);
    return SOUK_OK;
}
