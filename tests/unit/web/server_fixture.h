/*
 * server_fixture: a server on port 0 with a database in memory or in a folder of its
 * own, a handful of routes of every kind, and a raw client: what is sent is exactly
 * what the test says, what comes back is read to its Content-Length.
 */
#ifndef SERVER_FIXTURE_H
#define SERVER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <souk/plugin.h>
#include "base/board.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/setting.h"
#include "web/server.h"
#include "web/session.h"

#define PATIENCE 120000 /* ms that a test waits before it fails */

struct stage { /* everything one test runs against */
    struct server *server;
    struct db *db;
    struct worker *tasks;
    struct router *router;
    struct web_site site;
    struct server_options options;
    char dir[64];
    int listener, port;
    int control;
    char control_path[108];
};

static struct stage stage;
static sem_t entered, leave; /* handlers that wait: they say so, and wait to be told */
static _Atomic int handled, pages_sent, pins;

/* ---- handlers ---- */

static int show_hello(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_text(request, 200, "hello");
    return 0;
}

static int show_page(struct request *request, const struct web_route *route)
{
    struct buf html = {.arena = &request->arena};
    struct souk_str value = souk_str("none");
    (void)route;
    atomic_fetch_add(&handled, 1);
    setting_get(request->conn, &request->arena, souk_str("t"), souk_str("color"), &value);
    buf_printf(&html, "<!doctype html><title>%.*s</title>%s", SOUK_PRI(value), request->locale);
    while (html.len < 12288)
        buf_add_cstr(&html, "<p>one of the many lines of a page that is worth compressing</p>\n");
    answer_html(request, 200, buf_str(&html));
    return 0;
}

static int show_echo(struct request *request, const struct web_route *route)
{
    (void)route;
    struct json *out = json_new(&request->arena, JSON_OBJECT);
    json_add_str(&request->arena, out, "name", request_param(request, "name"));
    json_add_str(&request->arena, out, "q", request_query(request, "q"));
    json_add_str(&request->arena, out, "form", request_form(request, "field"));
    json_add_str(&request->arena, out, "cookie", request_cookie(request, "taste"));
    json_add_cstr(&request->arena, out, "address", request->address);
    json_add_int(&request->arena, out, "body", (int64_t)request->body.len);
    json_add_int(&request->arena, out, "control", request->control);
    json_add_int(&request->arena, out, "tls", request->tls);
    const struct upload *upload = request_upload(request, "file");
    json_add_str(&request->arena, out, "filename", upload ? upload->filename : souk_str(""));
    answer_json(request, 200, out);
    return 0;
}

static int fail_as_asked(struct request *request, const struct web_route *route)
{
    (void)route;
    int64_t code = 0;
    str_to_int(request_query(request, "code"), &code);
    return (int)-code;
}

static int put_color(struct request *request, const struct web_route *route)
{
    (void)route;
    assert_true(db_is_writer(request->conn));
    int code = setting_put(request->conn, souk_str("t"), souk_str("color"),
                           request_query(request, "to"), request->now);
    if (code == 0 && request_query(request, "fail").len) {
        answer_problem(request, 409, "no-more-colors", "the shelf is full", NULL);
        return SOUK_CONFLICT;
    }
    if (code == 0)
        answer_text(request, 201, "written");
    return code;
}

static int wait_here(struct request *request, const struct web_route *route)
{
    (void)route;
    sem_post(&entered);
    while (sem_wait(&leave) != 0) {
    }
    answer_text(request, 200, "waited");
    return 0;
}

static int then_put(struct db_conn *conn, void *arg)
{
    struct request *request = arg;
    int code = setting_put(conn, souk_str("t"), souk_str("color"), souk_str("task"), request->now);
    answer_text(request, 200, "task wrote");
    return code;
}

static int task_then_write(struct request *request, const struct web_route *route)
{
    struct souk_str value;
    (void)route;
    /* reads in a snapshot of its own, on demand */
    setting_get(request_conn(request), &request->arena, souk_str("t"), souk_str("color"), &value);
    answer_header(request, "X-Task", souk_str("seen"));
    request_then_write(request, then_put, request);
    return 0;
}

static int task_alone(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_text(request, 200, "task");
    return 0;
}

static int start_session(struct request *request, const struct web_route *route)
{
    (void)route;
    int code = session_put(request, "who", souk_str("somebody"));
    answer_text(request, 200, "in");
    return code;
}

static int show_token(struct request *request, const struct web_route *route)
{
    (void)route;
    answer_bytes(request, 200, "text/plain", session_csrf(request));
    return 0;
}

static int show_big(struct request *request, const struct web_route *route)
{
    static char bytes[8 << 20];
    (void)route;
    answer_bytes(request, 200, "application/octet-stream", str_make(bytes, sizeof(bytes)));
    return 0;
}

static const struct web_route stage_routes[] = {
    {.method = "GET", .path = "/hello", .kind = SOUK_READ, .handle = show_hello},
    {.method = "GET",
     .path = "/",
     .kind = SOUK_READ,
     .flags = ROUTE_PAGE | ROUTE_CACHED,
     .handle = show_page},
    {.method = "GET",
     .path = "/fresh",
     .kind = SOUK_READ,
     .flags = ROUTE_PAGE,
     .handle = show_page},
    {.method = "GET", .path = "/echo/{name}", .kind = SOUK_READ, .handle = show_echo},
    {.method = "POST",
     .path = "/echo/{name}",
     .kind = SOUK_READ,
     .handle = show_echo,
     .body_limit = 4096},
    {.method = "GET",
     .path = "/fail",
     .kind = SOUK_READ,
     .flags = ROUTE_API,
     .handle = fail_as_asked},
    {.method = "POST", .path = "/color", .kind = SOUK_WRITE, .handle = put_color},
    {.method = "POST",
     .path = "/wait",
     .kind = SOUK_WRITE,
     .handle = wait_here,
     .deadline = CLOCK_HOUR}, /* whoever is to be late, it is not this one */
    {.method = "POST",
     .path = "/wait/task",
     .kind = SOUK_TASK,
     .handle = wait_here,
     .deadline = CLOCK_HOUR},
    {.method = "POST", .path = "/task", .kind = SOUK_TASK, .handle = task_then_write},
    {.method = "POST", .path = "/task/alone", .kind = SOUK_TASK, .handle = task_alone},
    {.method = "POST", .path = "/session", .kind = SOUK_WRITE, .handle = start_session},
    {.method = "GET", .path = "/token", .kind = SOUK_READ, .handle = show_token},
    {.method = "GET", .path = "/big", .kind = SOUK_READ, .handle = show_big},
    {.method = "POST",
     .path = "/hook",
     .kind = SOUK_READ,
     .flags = ROUTE_OPEN,
     .handle = show_hello},
    {.method = "GET",
     .path = "/admin/only",
     .kind = SOUK_READ,
     .flags = ROUTE_CONTROL | ROUTE_API,
     .handle = show_hello},
    {.method = "GET", .path = "/rated", .kind = SOUK_READ, .handle = show_hello, .rate = 2},
};

/* ---- the stage ---- */

static struct web_site *pin_stage(void *user, uint32_t *ticket)
{
    atomic_fetch_add(&pins, 1);
    *ticket = 7;
    return user;
}

static void unpin_stage(void *user, uint32_t ticket)
{
    (void)user;
    assert_int_equal(ticket, 7);
    atomic_fetch_sub(&pins, 1);
}

static void note_page(struct request *request)
{
    (void)request;
    atomic_fetch_add(&pages_sent, 1);
}

static int listen_tcp(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 512), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static int listen_control(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(stage.control_path, sizeof(stage.control_path), "%s/control", stage.dir);
    memcpy(at.sun_path, stage.control_path, strlen(stage.control_path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* Set stage.options before, where the defaults below are not what the test wants. */
static void stage_up(int queue, int task_threads, int task_limit)
{
    static const char *const locales[] = {"en", "bg", NULL};
    struct err err = {0};
    struct db_options db = {.dir = stage.dir, .queue = queue};
    log_setup(LOG_ERROR, 0);
    sem_init(&entered, 0, 0);
    sem_init(&leave, 0, 0);
    atomic_store(&handled, 0);
    atomic_store(&pages_sent, 0);
    snprintf(stage.dir, sizeof(stage.dir), "/tmp/souk-test-XXXXXX");
    assert_non_null(mkdtemp(stage.dir));
    if (db_open(&stage.db, &db, &err) != 0)
        fail_msg("db: %s", err.text);
    stage.tasks = worker_start("task", task_threads, task_limit);
    stage.router = router_new();
    for (size_t i = 0; i < sizeof(stage_routes) / sizeof(stage_routes[0]); i++)
        assert_int_equal(router_add(stage.router, &stage_routes[i], &err), 0);
    stage.listener = listen_tcp(&stage.port);
    stage.control = listen_control();
    stage.site = (struct web_site){.number = 1, .router = stage.router, .page_sent = note_page};
    stage.options.db = stage.db;
    stage.options.tasks = stage.tasks;
    stage.options.listen_fds = &stage.listener;
    stage.options.listen_count = 1;
    stage.options.control_fd = stage.control;
    stage.options.page_cache = (size_t)4 << 20;
    stage.options.locales = locales;
    stage.options.secure_cookies = 2;
    stage.options.pin = pin_stage;
    stage.options.unpin = unpin_stage;
    stage.options.user = &stage.site;
    if (!stage.options.threads)
        stage.options.threads = 2;
    if (server_start(&stage.server, &stage.options, &err) != 0)
        fail_msg("server: %s", err.text);
}

static void stage_remove_files(void)
{
    static const char *const names[] = {"control", "souk.db",   "souk.db-wal", "souk.db-shm",
                                        "lock",    "souk.lock", "access.log",  NULL};
    char path[200];
    for (const char *const *name = names; *name; name++) {
        snprintf(path, sizeof(path), "%s/%s", stage.dir, *name);
        unlink(path);
    }
    rmdir(stage.dir);
}

static void stage_down(void)
{
    server_drain(stage.server, PATIENCE * CLOCK_MS);
    assert_int_equal(server_in_flight(stage.server), 0);
    worker_stop(stage.tasks);
    server_stop(stage.server);
    assert_int_equal(atomic_load(&pins), 0);
    db_shut(stage.db);
    router_free(stage.router);
    close(stage.listener);
    close(stage.control);
    stage_remove_files();
    sem_destroy(&entered);
    sem_destroy(&leave);
    memset(&stage, 0, sizeof(stage));
}

/* ---- the client ---- */

struct reply {
    int status; /* 0: the connection ended without an answer */
    int closed; /* the server has closed the connection after it */
    size_t len; /* of the body */
    char head[8192];
    char body[65536];
};

static struct reply reply;

static int client_open(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)stage.port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

__attribute__((unused)) static int client_open_control(void)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, stage.control_path, strlen(stage.control_path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

static void client_send_bytes(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);
        if (n <= 0)
            return; /* closed: the test will see it when it reads */
        bytes += n;
        len -= (size_t)n;
    }
}

static void client_send(int fd, const char *text)
{
    client_send_bytes(fd, text, strlen(text));
}

/* Up to `most` more bytes; 0 at the end, -1 when nothing came in time. */
static ssize_t client_take(int fd, char *to, size_t most, int patience)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    if (poll(&poll_fd, 1, patience) != 1)
        return -1;
    ssize_t n = recv(fd, to, most, 0);
    return n < 0 ? 0 : n; /* a reset is an end too */
}

static int client_ended(int fd)
{
    char bytes[4096];
    ssize_t n;
    while ((n = client_take(fd, bytes, sizeof(bytes), PATIENCE)) > 0) {
    }
    return n == 0;
}

static const char *reply_header(const char *name)
{
    static char value[1024];
    char wanted[100];
    snprintf(wanted, sizeof(wanted), "\r\n%s: ", name);
    const char *at = strcasestr(reply.head, wanted);
    if (!at)
        return NULL;
    at += strlen(wanted);
    size_t len = strcspn(at, "\r");
    snprintf(value, sizeof(value), "%.*s", (int)len, at);
    return value;
}

static size_t read_head(int fd)
{
    size_t len = 0;
    memset(&reply, 0, sizeof(reply));
    while (len < sizeof(reply.head) - 1 && !strstr(reply.head, "\r\n\r\n")) {
        ssize_t n = client_take(fd, reply.head + len, 1, PATIENCE);
        if (n < 0)
            fail_msg("no answer in time");
        if (n == 0) {
            reply.closed = 1;
            return 0;
        }
        len += (size_t)n;
    }
    return len;
}

/* One answer; `no_body` for HEAD. */
static int client_read(int fd, int no_body)
{
    if (read_head(fd) == 0)
        return 0;
    reply.status = atoi(reply.head + 9);
    const char *length = reply_header("Content-Length");
    size_t wanted = length && !no_body && reply.status != 304 ? (size_t)atoll(length) : 0;
    wanted = wanted < sizeof(reply.body) ? wanted : sizeof(reply.body) - 1;
    while (reply.len < wanted) { /* not a byte of the next answer */
        ssize_t n = client_take(fd, reply.body + reply.len, wanted - reply.len, PATIENCE);
        assert_true(n > 0);
        reply.len += (size_t)n;
    }
    const char *connection = reply_header("Connection");
    if (connection && strcasecmp(connection, "close") == 0)
        reply.closed = client_ended(fd);
    return reply.status;
}

/* One request on a connection of its own. */
static int ask(const char *text)
{
    int fd = client_open();
    client_send(fd, text);
    client_read(fd, strncmp(text, "HEAD", 4) == 0);
    close(fd);
    return reply.status;
}

#define HOST        "Host: shop.test\r\n"
#define GET(target) "GET " target " HTTP/1.1\r\n" HOST "\r\n"

#endif
