/*
 * Full queues, late work, slow clients, too many connections, proxies, the access log,
 * draining: what the server does when not all is well. Nothing sleeps: handlers wait on
 * semaphores, time is handed to server_turn.
 */
#include <ifaddrs.h>
#include <sched.h>
#include "server_fixture.h"
#include "web/push.h"

static int down(void **state)
{
    (void)state;
    stage_down();
    return 0;
}

#define POST(target) "POST " target " HTTP/1.1\r\n" HOST "\r\n"

/* Nothing comes for a while: the request waits in a queue. */
static void still_waits(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, 80), 0);
}

/* The one of two that is answered first. */
static int who_answers(const int *fds)
{
    struct pollfd poll_fds[2] = {{.fd = fds[0], .events = POLLIN},
                                 {.fd = fds[1], .events = POLLIN}};
    assert_true(poll(poll_fds, 2, PATIENCE) > 0);
    return !poll_fds[0].revents;
}

/* Requests are counted as soon as they have begun, and their time runs from there. */
static void until_in_flight(int count)
{
    int64_t end = clock_mono() + PATIENCE * CLOCK_MS;
    while (server_in_flight(stage.server) != count && clock_mono() < end)
        sched_yield();
    assert_int_equal(server_in_flight(stage.server), count);
}

static void turn_until_ended(int fd, int64_t ahead)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    int64_t end = clock_mono() + PATIENCE * CLOCK_MS;
    do {
        server_turn(stage.server, clock_mono() + ahead);
    } while (poll(&poll_fd, 1, 10) == 0 && clock_mono() < end);
    assert_true(client_ended(fd));
}

/* ---- queues ---- */

static void full_write_queue_is_503(void **state)
{
    (void)state;
    stage_up(1, 1, 4);
    int first = client_open();
    int both[2] = {client_open(), client_open()};
    client_send(first, POST("/wait"));
    sem_wait(&entered); /* the writer is inside */
    client_send(both[0], POST("/color?to=a"));
    client_send(both[1], POST("/color?to=b"));
    int out = who_answers(both); /* the queue has one place */
    assert_int_equal(client_read(both[out], 0), 503);
    assert_string_equal(reply_header("Retry-After"), "1");
    still_waits(both[!out]);
    sem_post(&leave);
    assert_int_equal(client_read(first, 0), 200);
    assert_int_equal(client_read(both[!out], 0), 201);
    close(first);
    close(both[0]);
    close(both[1]);
}

static void full_task_queue_is_503(void **state)
{
    (void)state;
    stage_up(0, 1, 1);
    int first = client_open();
    int both[2] = {client_open(), client_open()};
    client_send(first, POST("/wait/task"));
    sem_wait(&entered);
    client_send(both[0], POST("/task/alone"));
    client_send(both[1], POST("/task/alone"));
    int out = who_answers(both);
    assert_int_equal(client_read(both[out], 0), 503);
    client_send(both[out], GET("/hello")); /* the connection lives on */
    assert_int_equal(client_read(both[out], 0), 200);
    still_waits(both[!out]);
    sem_post(&leave);
    assert_int_equal(client_read(first, 0), 200);
    assert_int_equal(client_read(both[!out], 0), 200);
    close(first);
    close(both[0]);
    close(both[1]);
}

static void late_work_is_504(void **state)
{
    (void)state;
    stage.options.write_deadline = 50 * CLOCK_MS;
    stage.options.task_deadline = 50 * CLOCK_MS;
    stage_up(8, 1, 8);
    int first = client_open();
    int second = client_open();
    client_send(first, POST("/wait"));
    sem_wait(&entered);
    client_send(second, POST("/color?to=late"));
    until_in_flight(2);
    still_waits(second); /* for longer than it may */
    sem_post(&leave);
    client_read(first, 0);
    assert_int_equal(client_read(second, 0), 504);
    until_in_flight(0);
    client_send(first, POST("/wait/task"));
    sem_wait(&entered);
    client_send(second, POST("/task/alone"));
    until_in_flight(2);
    still_waits(second);
    sem_post(&leave);
    client_read(first, 0);
    assert_int_equal(client_read(second, 0), 504);
    ask(GET("/fresh"));
    assert_null(strstr(reply.body, "late"));
    close(first);
    close(second);
}

static void clients_who_leave_are_survived(void **state)
{
    (void)state;
    stage_up(0, 1, 8);
    for (int i = 0; i < 20; i++) {
        int fd = client_open();
        client_send(fd, i % 2 ? POST("/wait") : POST("/wait/task"));
        sem_wait(&entered);
        close(fd); /* gone while the request is away */
        sem_post(&leave);
    }
    assert_int_equal(ask(POST("/color?to=a")), 201);
}

/* ---- slow clients ---- */

static void silent_opener_is_closed(void **state)
{
    (void)state;
    stage.options.header_timeout = 100 * CLOCK_MS;
    stage_up(0, 1, 4);
    int fd = client_open();
    assert_true(client_ended(fd));
    close(fd);
}

static void slow_clients_are_reaped(void **state)
{
    (void)state;
    stage.options.header_timeout = 10 * CLOCK_SECOND;
    stage.options.keep_alive = 20 * CLOCK_SECOND;
    stage.options.request_timeout = 30 * CLOCK_SECOND;
    stage_up(0, 1, 4);
    int head = client_open();
    client_send(head, "GET /hello HTTP/1.1\r\nHost: sh");
    turn_until_ended(head, 11 * CLOCK_SECOND);
    int idle = client_open();
    client_send(idle, GET("/hello"));
    client_read(idle, 0);
    client_send(idle, "GET /h"); /* drips: still between requests */
    server_turn(stage.server, clock_mono() + 19 * CLOCK_SECOND);
    client_send(idle, "ello HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_read(idle, 0), 200);
    turn_until_ended(idle, 21 * CLOCK_SECOND);
    int body = client_open();
    client_send(body, "POST /echo/x HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    turn_until_ended(body, 31 * CLOCK_SECOND);
    int reader = client_open(); /* asks for 8 MiB and does not read */
    client_send(reader, GET("/big"));
    struct pollfd poll_fd = {.fd = reader, .events = POLLIN};
    assert_int_equal(poll(&poll_fd, 1, PATIENCE), 1);
    turn_until_ended(reader, 31 * CLOCK_SECOND);
    close(head);
    close(idle);
    close(body);
    close(reader);
}

static void work_is_not_reaped(void **state)
{
    (void)state;
    stage_up(0, 1, 4);
    int fd = client_open();
    client_send(fd, POST("/wait/task"));
    sem_wait(&entered);
    server_turn(stage.server, clock_mono() + CLOCK_HOUR);
    sem_post(&leave);
    assert_int_equal(client_read(fd, 0), 200);
    close(fd);
}

/* ---- too many ---- */

static void full_house_is_503(void **state)
{
    int fds[8];
    (void)state;
    stage.options.connections = 8;
    stage_up(0, 1, 4);
    for (int i = 0; i < 8; i++) {
        fds[i] = client_open();
        client_send(fds[i], GET("/hello"));
        assert_int_equal(client_read(fds[i], 0), 200);
    }
    int fd = client_open();
    assert_int_equal(client_read(fd, 0), 503);
    close(fd);
    fd = client_open_control(); /* the command gets in all the same */
    client_send(fd, GET("/hello"));
    assert_int_equal(client_read(fd, 0), 200);
    close(fd);
    for (int i = 0; i < 8; i++) {
        client_send(fds[i], GET("/hello"));
        assert_int_equal(client_read(fds[i], 0), 200);
        close(fds[i]);
    }
}

/* An address of this machine that is not loopback; 0 when there is none. */
static int own_address(struct sockaddr_in *out)
{
    struct ifaddrs *all = NULL;
    int found = 0;
    getifaddrs(&all);
    for (struct ifaddrs *one = all; one && !found; one = one->ifa_next) {
        if (one->ifa_addr && one->ifa_addr->sa_family == AF_INET) {
            memcpy(out, one->ifa_addr, sizeof(*out));
            found = ntohl(out->sin_addr.s_addr) >> 24 != 127;
        }
    }
    freeifaddrs(all);
    return found;
}

static int open_at(struct sockaddr_in at)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at.sin_port = htons((uint16_t)stage.port);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    client_send(fd, GET("/hello"));
    return fd;
}

static void one_address_has_its_share(void **state)
{
    struct sockaddr_in at;
    (void)state;
    stage.options.connections_per_address = 2;
    stage_up(0, 1, 4);
    if (!own_address(&at))
        skip(); /* a machine with loopback only: crowd_counts tests the count */
    int first = open_at(at);
    int second = open_at(at);
    assert_int_equal(client_read(first, 0), 200);
    assert_int_equal(client_read(second, 0), 200);
    int third = open_at(at);
    assert_int_equal(client_read(third, 0), 503);
    close(third);
    assert_int_equal(ask(GET("/hello")), 200); /* loopback is not counted */
    shutdown(first, SHUT_WR);
    assert_true(client_ended(first));
    /* libmicrohttpd ends the stream a moment before it lets go of the connection */
    int64_t end = clock_mono() + PATIENCE * CLOCK_MS;
    do {
        third = open_at(at);
        client_read(third, 0);
        close(third);
    } while (reply.status == 503 && clock_mono() < end);
    assert_int_equal(reply.status, 200);
    close(first);
    close(second);
}

static void push_goes_to_the_hub(void **state)
{
    struct push_options none = {0};
    struct push_hub *hub = NULL;
    struct err err = {0};
    (void)state;
    assert_int_equal(push_start(&hub, &none, &err), 0);
    stage.options.push = hub;
    stage_up(0, 1, 4);
    int fd = client_open();
    client_send(fd, "GET /pu"); /* could still become either */
    assert_int_equal(ask(GET("/pushy")), 404);
    client_send(fd, "sh HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                    "Origin: http://shop.test\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    assert_int_equal(client_read(fd, 1), 101);
    assert_string_equal(reply_header("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    close(fd);
    server_drain(stage.server, PATIENCE * CLOCK_MS);
    push_stop(hub);
}

static void many_connections_work(void **state)
{
    static int fds[600];
    (void)state;
    stage.options.connections = 600;
    stage_up(0, 1, 4);
    for (int i = 0; i < 600; i++) {
        fds[i] = client_open();
        client_send(fds[i], GET("/hello"));
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 600; i++) {
            assert_int_equal(client_read(fds[i], 0), 200);
            client_send(fds[i], GET("/hello"));
        }
    }
    for (int i = 0; i < 600; i++)
        close(fds[i]);
}

/* ---- proxies ---- */

static void trusted_proxy_names_the_client(void **state)
{
    static const char *const trusted[] = {"127.0.0.1", "10.0.0.0/8", NULL};
    (void)state;
    stage.options.trusted_proxies = trusted;
    stage_up(0, 1, 4);
    assert_int_equal(
        ask("GET /echo/x HTTP/1.1\r\n" HOST
            "X-Forwarded-For: 6.6.6.6, 198.51.100.7, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n\r\n"),
        200);
    assert_non_null(strstr(reply.body, "\"address\":\"198.51.100.7\""));
    assert_non_null(strstr(reply.body, "\"tls\":1"));
    assert_int_equal(ask("GET /echo/x HTTP/1.1\r\n" HOST "X-Forwarded-For: rubbish\r\n\r\n"), 200);
    assert_non_null(strstr(reply.body, "\"address\":\"127.0.0.1\""));
    assert_int_equal(ask("POST /session HTTP/1.1\r\n" HOST "X-Forwarded-Proto: https\r\n\r\n"),
                     200);
    assert_non_null(strstr(reply_header("Set-Cookie"), "__Host-souk="));
    assert_non_null(strstr(reply_header("Set-Cookie"), "; Secure"));
}

static void stranger_cannot_name_himself(void **state)
{
    (void)state;
    stage_up(0, 1, 4);
    assert_int_equal(ask("GET /echo/x HTTP/1.1\r\n" HOST
                         "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n\r\n"),
                     200);
    assert_non_null(strstr(reply.body, "\"address\":\"127.0.0.1\""));
    assert_non_null(strstr(reply.body, "\"tls\":0"));
}

/* ---- the access log ---- */

static void log_has_a_line_a_request(void **state)
{
    char path[120] = "/tmp/souk-access-XXXXXX";
    static char text[16384];
    (void)state;
    close(mkstemp(path));
    stage.options.access_log = path;
    stage_up(0, 1, 4);
    int fd = client_open();
    client_send(fd, "GET /echo/x?token=secret HTTP/1.1\r\n" HOST "User-Agent: a \"b\"\r\n\r\n");
    assert_int_equal(client_read(fd, 0), 200);
    client_send(fd, "GET /hello%00 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(client_read(fd, 0), 400);
    assert_int_equal(ask(GET("/")), 200);
    assert_int_equal(ask(GET("/")), 200);
    server_drain(stage.server, PATIENCE * CLOCK_MS);
    FILE *file = fopen(path, "r");
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    text[len] = '\0';
    fclose(file);
    unlink(path);
    assert_non_null(strstr(text, " method=GET path=/echo/x status=200 "));
    assert_non_null(strstr(text, "route=\"GET /echo/{name}\" agent=\"a \\\"b\\\"\""));
    assert_non_null(strstr(text, "path=/hello%00 status=400"));
    assert_non_null(strstr(text, "cached=true"));
    assert_null(strstr(text, "secret"));
    close(fd);
}

/* ---- draining ---- */

static void *drain(void *arg)
{
    (void)arg;
    server_drain(stage.server, PATIENCE * CLOCK_MS);
    return NULL;
}

static void drain_waits_for_what_is_in_flight(void **state)
{
    pthread_t thread;
    (void)state;
    stage_up(0, 1, 4);
    int idle = client_open();
    client_send(idle, GET("/hello"));
    assert_int_equal(client_read(idle, 0), 200);
    int busy = client_open();
    client_send(busy, POST("/wait/task"));
    sem_wait(&entered);
    pthread_create(&thread, NULL, drain, NULL);
    assert_true(client_ended(idle)); /* idle ones are sent home */
    still_waits(busy);
    assert_int_equal(server_in_flight(stage.server), 1);
    sem_post(&leave);
    assert_int_equal(client_read(busy, 0), 200);
    assert_true(reply.closed);
    pthread_join(thread, NULL);
    assert_int_equal(server_in_flight(stage.server), 0);
    close(idle);
    close(busy);
}

#define T(name) cmocka_unit_test_teardown(name, down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(full_write_queue_is_503),
        T(full_task_queue_is_503),
        T(late_work_is_504),
        T(clients_who_leave_are_survived),
        T(silent_opener_is_closed),
        T(slow_clients_are_reaped),
        T(work_is_not_reaped),
        T(full_house_is_503),
        T(one_address_has_its_share),
        T(push_goes_to_the_hub),
        T(many_connections_work),
        T(trusted_proxy_names_the_client),
        T(stranger_cannot_name_himself),
        T(log_has_a_line_a_request),
        T(drain_waits_for_what_is_in_flight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
