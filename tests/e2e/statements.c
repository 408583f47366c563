/*
 * statements: a shim for LD_PRELOAD that writes down which statements a server runs, so that a test
 * can count them: the text of each, on one line, at the end of the file that STATEMENTS names. What
 * functions of scripts are asked stands among them: "functions" and how many.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "script/protocol.h"

static int file = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("STATEMENTS");
    file = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600) : -1;
}

static int write_down(unsigned kind, void *user, void *statement, void *text)
{
    char line[4096];
    size_t len = strnlen(text, sizeof line - 1);
    (void)kind, (void)user, (void)statement;
    if (file < 0 || strncmp(text, "--", 2) == 0) /* what a trigger does */
        return 0;
    memcpy(line, text, len);
    for (size_t i = 0; i < len; i++)
        if (line[i] == '\n')
            line[i] = ' ';
    line[len] = '\n';
    return write(file, line, len + 1) < 0; /* in one piece: threads do not mix */
}

int sqlite3_open_v2(const char *name, sqlite3 **db, int flags, const char *vfs)
{
    int (*real)(const char *, sqlite3 **, int, const char *) =
        (int (*)(const char *, sqlite3 **, int, const char *))dlsym(RTLD_NEXT, "sqlite3_open_v2");
    int code = real(name, db, flags, vfs);
    if (code == SQLITE_OK)
        sqlite3_trace_v2(*db, SQLITE_TRACE_STMT, write_down, NULL);
    return code;
}

ssize_t sendmsg(int socket, const struct msghdr *message, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int) =
        (ssize_t(*)(int, const struct msghdr *, int))dlsym(RTLD_NEXT, "sendmsg");
    const struct protocol_head *head =
        message->msg_iovlen == 2 ? message->msg_iov[0].iov_base : NULL;
    char line[40];
    if (file >= 0 && head && message->msg_iov[0].iov_len == sizeof *head &&
        head->kind == PROTOCOL_CALL) {
        int len = snprintf(line, sizeof line, "functions %u\n", head->count);
        if (write(file, line, (size_t)len) < 0)
            return -1;
    }
    return real(socket, message, flags);
}
