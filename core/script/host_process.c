/*
 * host_process.c: the main of the script host. It answers on descriptor 3: forks a worker around
 * the two descriptors that came with the question, or ends one and says what it died of. When the
 * shop is gone, so is it, and its workers with it.
 *
 * It starts before main() of whatever program it is: each program that uses scripts (souk, its test
 * host, the unit tests) can be its own script host without knowing of it.
 *
 * Before the first fork it makes the Lua state with the whole library in it, so that a worker is
 * born with it, and so that all workers put the keys of equal tables into the same order: Lua draws
 * the seed of its hashes when a state is made.
 */
#include "script/host_process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "script/protocol.h"
#include "script/script.h"
#include "script/worker.h"

#define CHILDREN_MOST 512

char host_process_name[] = "script-host";

static pid_t children[CHILDREN_MOST];

static int find_child(pid_t pid)
{
    for (int i = 0; i < CHILDREN_MOST; i++)
        if (children[i] == pid)
            return i;
    return -1;
}

static void bear(const int *fds, struct host_reply *reply)
{
    int at = find_child(0);
    pid_t host = getpid();
    if (at < 0 || fds[0] < 0 || fds[1] < 0) {
        reply->error = EAGAIN;
        return;
    }
    pid_t pid = fork();
    if (pid == 0)
        worker_run(fds[0], fds[1], host);
    if (pid < 0) {
        reply->error = errno;
        return;
    }
    children[at] = pid;
    reply->pid = pid;
}

/* Only a child of ours that was not waited for is killed: no number is used twice before. */
static void end(pid_t pid, struct host_reply *reply)
{
    int at = pid > 0 ? find_child(pid) : -1;
    if (at < 0) {
        reply->error = ESRCH;
        return;
    }
    if (waitpid(pid, &reply->status, WNOHANG) == 0) {
        kill(pid, SIGKILL);
        while (waitpid(pid, &reply->status, 0) < 0 && errno == EINTR) {
        }
    }
    reply->pid = pid;
    children[at] = 0;
}

/* One question with its descriptors; 0 when the shop is gone. */
static int hear(struct host_request *request, int *fds)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec bytes = {request, sizeof *request};
    struct msghdr message = {.msg_iov = &bytes,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    ssize_t n;
    do {
        n = recvmsg(HOST_PROCESS_FD, &message, MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    const struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    fds[0] = fds[1] = -1;
    if (head && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(2 * sizeof(int)))
        memcpy(fds, CMSG_DATA(head), 2 * sizeof(int));
    return n == (ssize_t)sizeof *request;
}

/* What the environment held stays readable in /proc and in the memory of workers: not ours. */
static void wipe_environment(void)
{
    for (char **entry = environ; entry && *entry; entry++)
        explicit_bzero(*entry, strlen(*entry));
    clearenv();
}

int script_host_main(int argc, char **argv)
{
    struct host_request request;
    int fds[2], type = 0;
    socklen_t len = sizeof type;
    (void)argc, (void)argv;
    if (getsockopt(HOST_PROCESS_FD, SOL_SOCKET, SO_TYPE, &type, &len) || type != SOCK_SEQPACKET) {
        fprintf(stderr, "souk script-host: the shop starts this by itself\n");
        return 2;
    }
    wipe_environment();
    prctl(PR_SET_NAME, "souk-scripts");
    worker_prepare();
    while (hear(&request, fds)) {
        struct host_reply reply = {0};
        if (request.question == HOST_BIRTH)
            bear(fds, &reply);
        else
            end(request.pid, &reply);
        for (int i = 0; i < 2; i++)
            if (fds[i] >= 0)
                close(fds[i]);
        if (send(HOST_PROCESS_FD, &reply, sizeof reply, MSG_NOSIGNAL) < 0)
            break;
    }
    for (int i = 0; i < CHILDREN_MOST; i++)
        if (children[i])
            kill(children[i], SIGKILL);
    return 0;
}

__attribute__((constructor)) static void host_process_begin(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], host_process_name) == 0)
        _exit(script_host_main(argc, argv));
}
