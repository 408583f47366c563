/* client: what is public, what is denied, and calls against a small server on loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/str.h"
#include "web/client.h"

/* ---- a server that answers every request on every connection by its path ---- */

struct server {
    int listener, port, stop[2];
    pthread_t thread;
    _Atomic int connections;
    char last[4096]; /* the request that was read last */
};

static void send_text(int fd, const char *text)
{
    (void)!send(fd, text, strlen(text), MSG_NOSIGNAL); /* the client may have hung up */
}

static void answer(int fd, const char *path)
{
    if (strstr(path, " /big ")) {
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
        for (int i = 0; i < 100; i++)
            send_text(fd, "01234567890123456789012345678901234567890123456789");
    } else if (strstr(path, " /redirect ")) {
        send_text(fd, "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 0\r\n\r\n");
    } else if (strstr(path, " /slow ")) {
        return; /* never */
    } else {
        send_text(fd, "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
                      "HTTP/1.1 200 OK\r\nX-Thing:  a b \r\nContent-Length: 5\r\n\r\nhello");
    }
}

static size_t body_length(const char *head)
{
    const char *at = strstr(head, "Content-Length: ");
    return at ? (size_t)strtol(at + 16, NULL, 10) : 0;
}

/* One request after the other until the other side closes or the server ends. */
static void serve(struct server *server, int fd)
{
    char bytes[4096];
    size_t have = 0;
    struct pollfd wait[2] = {{.fd = fd, .events = POLLIN},
                             {.fd = server->stop[0], .events = POLLIN}};
    while (poll(wait, 2, 20000) > 0 && !wait[1].revents) {
        ssize_t got = recv(fd, bytes + have, sizeof(bytes) - 1 - have, 0);
        if (got <= 0)
            break;
        have += (size_t)got;
        bytes[have] = '\0';
        const char *end = strstr(bytes, "\r\n\r\n");
        if (end && have >= (size_t)(end + 4 - bytes) + body_length(bytes)) {
            memcpy(server->last, bytes, have + 1);
            answer(fd, bytes);
            have = 0;
        }
    }
    close(fd);
}

static void *run_server(void *arg)
{
    struct server *server = arg;
    struct pollfd wait[2] = {{.fd = server->listener, .events = POLLIN},
                             {.fd = server->stop[0], .events = POLLIN}};
    while (poll(wait, 2, 20000) > 0 && !wait[1].revents) {
        int fd = accept(server->listener, NULL, NULL);
        if (fd >= 0) {
            atomic_fetch_add(&server->connections, 1);
            serve(server, fd);
        }
    }
    return NULL;
}

static void server_begin(struct server *server, const char *unix_path)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t len = sizeof(at);
    memset(server, 0, sizeof(*server));
    server->listener = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    if (unix_path) {
        str_copy(local.sun_path, sizeof(local.sun_path), souk_str(unix_path));
        assert_int_equal(bind(server->listener, (void *)&local, sizeof(local)), 0);
    } else {
        assert_int_equal(bind(server->listener, (void *)&at, sizeof(at)), 0);
        assert_int_equal(getsockname(server->listener, (void *)&at, &len), 0);
        server->port = ntohs(at.sin_port);
    }
    assert_int_equal(listen(server->listener, 8), 0);
    assert_int_equal(pipe(server->stop), 0);
    assert_int_equal(pthread_create(&server->thread, NULL, run_server, server), 0);
}

static void server_end(struct server *server)
{
    close(server->stop[1]);
    pthread_join(server->thread, NULL);
    close(server->stop[0]);
    close(server->listener);
}

static struct server server;
static struct arena arena;

static int call(const char *host, const char *path, struct client_request request,
                struct client_response *response, struct err *err)
{
    request.url = arena_printf(&arena, "http://%s:%d%s", host, server.port, path);
    err->text[0] = '\0';
    return client_call(&arena, &request, response, err);
}

static void allow(const char *const *list)
{
    client_setup(&(struct client_policy){.allow = list});
}

static const char *const loopback[] = {"127.0.0.0/8", "::1/128", NULL};

static int begin(void **state)
{
    (void)state;
    server_begin(&server, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    server_end(&server);
    arena_free(&arena);
    return 0;
}

static struct souk_str header(const struct client_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (str_equal_nocase(response->headers[i].name, souk_str(name)))
            return response->headers[i].value;
    return souk_str("");
}

/* ---- addresses ---- */

static void test_public(void **state)
{
    (void)state;
    static const struct {
        const char *address;
        int is_public;
    } table[] = {
        {"8.8.8.8", 1},
        {"1.1.1.1", 1},
        {"172.15.255.255", 1},
        {"172.32.0.1", 1},
        {"100.63.255.255", 1},
        {"100.128.0.1", 1},
        {"192.167.1.1", 1},
        {"169.253.1.1", 1},
        {"2606:4700::1111", 1},
        {"2a00:1450:4001::1", 1},
        {"::ffff:8.8.8.8", 1},
        {"64:ff9b::8.8.8.8", 1},
        {"0.0.0.0", 0},
        {"0.1.2.3", 0},
        {"10.0.0.1", 0},
        {"10.255.255.255", 0},
        {"100.64.0.1", 0},
        {"100.127.255.255", 0},
        {"127.0.0.1", 0},
        {"127.255.255.254", 0},
        {"169.254.169.254", 0},
        {"172.16.0.1", 0},
        {"172.31.255.255", 0},
        {"192.0.0.8", 0},
        {"192.0.2.1", 0},
        {"192.168.0.1", 0},
        {"198.18.0.1", 0},
        {"198.51.100.7", 0},
        {"203.0.113.9", 0},
        {"224.0.0.1", 0},
        {"239.255.255.255", 0},
        {"240.0.0.1", 0},
        {"255.255.255.255", 0},
        {"::", 0},
        {"::1", 0},
        {"::7f00:1", 0},
        {"::ffff:127.0.0.1", 0},
        {"::ffff:10.0.0.1", 0},
        {"::ffff:a9fe:a9fe", 0},
        {"64:ff9b::10.0.0.1", 0},
        {"64:ff9b:1::1", 0},
        {"2002:7f00:1::", 0},
        {"2002:808:808::", 1},
        {"2001::1", 0},
        {"2001:db8::1", 0},
        {"3fff::1", 0},
        {"fc00::1", 0},
        {"fd12:3456::1", 0},
        {"fe80::1", 0},
        {"fec0::1", 0},
        {"ff02::1", 0},
        {"100::1", 0},
        {"5f00::1", 0},
        /* not addresses in text: never public */
        {"", 0},
        {"localhost", 0},
        {"2130706433", 0},
        {"0x7f000001", 0},
        {"0177.0.0.1", 0},
        {"127.1", 0},
        {"8.8.8.8 ", 0},
        {"fe80::1%lo", 0},
    };
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (client_address_public(table[i].address) != table[i].is_public)
            fail_msg("%s: should be %d", table[i].address, table[i].is_public);
}

static void test_denied(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "127.0.0.1", "127.1", "2130706433",         "0x7f000001", "0177.0.0.1", "localhost",
        "[::1]",     "0",     "[::ffff:127.0.0.1]", "0x7f.1",     NULL};
    struct client_response response;
    struct err err;
    allow(NULL);
    int before = server.connections;
    for (const char *const *host = hosts; *host; host++) {
        int code = call(*host, "/hello", (struct client_request){0}, &response, &err);
        if (code != SOUK_DENIED && code != SOUK_UNAVAILABLE)
            fail_msg("%s: %d %s", *host, code, err.text);
    }
    assert_int_equal(call("127.0.0.1", "/", (struct client_request){0}, &response, &err),
                     SOUK_DENIED);
    assert_non_null(strstr(err.text, "http_client.allow"));
    assert_int_equal(server.connections, before);
    /* a range that does not hold it, and a host that is not it */
    static const char *const other[] = {"10.0.0.0/8", "intranet", NULL};
    allow(other);
    assert_int_equal(call("127.0.0.1", "/", (struct client_request){0}, &response, &err),
                     SOUK_DENIED);
    assert_int_equal(server.connections, before);
}

static void test_scheme_and_url(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        int code;
    } table[] = {
        {"file:///etc/passwd", SOUK_DENIED},
        {"ftp://127.0.0.1/", SOUK_DENIED},
        {"gopher://127.0.0.1:1/", SOUK_DENIED},
        {"/relative", SOUK_INVALID},
        {"", SOUK_INVALID},
        {"http://", SOUK_INVALID},
        {"http://user:secret@127.0.0.1/", SOUK_INVALID},
        {"http://127.0.0.1/a b", SOUK_INVALID},
        {"http://127.0.0.1/\r\nX: y", SOUK_INVALID},
        {"nonsense://x", SOUK_DENIED},
    };
    struct client_response response;
    struct err err;
    allow(loopback);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct client_request request = {.url = souk_str(table[i].url)};
        int code = client_call(&arena, &request, &response, &err);
        if (code != table[i].code)
            fail_msg("%s: %d %s", table[i].url, code, err.text);
    }
}

/* ---- calls ---- */

static void test_get(void **state)
{
    (void)state;
    struct client_response response;
    struct err err;
    allow(loopback);
    int before = server.connections;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(call("127.0.0.1", "/hello", (struct client_request){0}, &response, &err),
                         0);
        assert_int_equal(response.status, 200);
        assert_true(souk_str_is(response.body, "hello"));
        assert_true(souk_str_is(header(&response, "x-thing"), "a b"));
        assert_int_equal(header(&response, "x-early").len, 0);
    }
    assert_true(strncmp(server.last, "GET /hello HTTP/1.1\r\n", 21) == 0);
    assert_int_equal(server.connections, before + 1); /* kept */
}

static void test_post(void **state)
{
    (void)state;
    const struct client_header headers[] = {
        {souk_str("Content-Type"), souk_str("application/json")},
        {souk_str("X-Empty"), souk_str("")},
    };
    struct client_request request = {
        .method = "PUT", .body = souk_str("{\"a\":1}"), .headers = headers, .header_count = 2};
    struct client_response response;
    struct err err;
    allow(loopback);
    assert_int_equal(call("127.0.0.1", "/hello", request, &response, &err), 0);
    assert_true(strncmp(server.last, "PUT /hello HTTP/1.1\r\n", 21) == 0);
    assert_non_null(strstr(server.last, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(server.last, "X-Empty:\r\n"));
    assert_null(strstr(server.last, "Expect"));
    assert_non_null(strstr(server.last, "\r\n\r\n{\"a\":1}"));
    const struct client_header bad[] = {{souk_str("X"), souk_str("a\r\nY: b")}};
    request.headers = bad;
    request.header_count = 1;
    assert_int_equal(call("127.0.0.1", "/hello", request, &response, &err), SOUK_INVALID);
    request.header_count = 0;
    request.method = "GET / HTTP/1.1\r\nX:";
    assert_int_equal(call("127.0.0.1", "/hello", request, &response, &err), SOUK_INVALID);
}

static void test_no_redirect(void **state)
{
    (void)state;
    struct client_response response;
    struct err err;
    allow(loopback);
    assert_int_equal(call("127.0.0.1", "/redirect", (struct client_request){0}, &response, &err),
                     0);
    assert_int_equal(response.status, 302);
    assert_true(souk_str_is(header(&response, "Location"), "/hello"));
}

static void count_bytes(void *user, struct souk_str bytes)
{
    *(size_t *)user += bytes.len;
}

static void test_limits(void **state)
{
    (void)state;
    struct client_response response;
    struct err err;
    size_t streamed = 0;
    allow(loopback);
    struct client_request request = {.max_bytes = 4999};
    assert_int_equal(call("127.0.0.1", "/big", request, &response, &err), SOUK_TOO_LARGE);
    request.max_bytes = 5000;
    assert_int_equal(call("127.0.0.1", "/big", request, &response, &err), 0);
    assert_int_equal(response.body.len, 5000);
    request = (struct client_request){.stream = count_bytes, .user = &streamed};
    assert_int_equal(call("127.0.0.1", "/big", request, &response, &err), 0);
    assert_int_equal(streamed, 5000);
    assert_int_equal(response.body.len, 0);
    request = (struct client_request){.timeout = 150 * CLOCK_MS};
    int64_t from = clock_mono();
    assert_int_equal(call("127.0.0.1", "/slow", request, &response, &err), SOUK_TIMEOUT);
    assert_true(clock_mono() - from < 15 * CLOCK_SECOND);
    /* a call that names no time has the policy's, and no call outlasts its deadline */
    request = (struct client_request){0};
    from = clock_mono();
    client_setup(&(struct client_policy){.allow = loopback, .timeout = 150 * CLOCK_MS});
    assert_int_equal(call("127.0.0.1", "/slow", request, &response, &err), SOUK_TIMEOUT);
    assert_true(clock_mono() - from < 15 * CLOCK_SECOND);
    request = (struct client_request){.timeout = CLOCK_MINUTE};
    request.deadline = clock_mono() + 150 * CLOCK_MS;
    from = clock_mono();
    assert_int_equal(call("127.0.0.1", "/slow", request, &response, &err), SOUK_TIMEOUT);
    assert_true(clock_mono() - from < 15 * CLOCK_SECOND);
}

static void test_nobody_there(void **state)
{
    (void)state;
    struct client_response response;
    struct err err;
    struct client_request request = {.url = souk_str("http://127.0.0.1:1/")};
    allow(loopback);
    assert_int_equal(client_call(&arena, &request, &response, &err), SOUK_UNAVAILABLE);
    assert_int_equal(err.code, SOUK_UNAVAILABLE);
}

static void test_allowed_host(void **state)
{
    (void)state;
    static const char *const names[] = {"LocalHost", NULL};
    struct client_response response;
    struct err err;
    allow(names);
    assert_int_equal(call("127.0.0.1", "/hello", (struct client_request){0}, &response, &err),
                     SOUK_DENIED);
    assert_int_equal(call("localhost", "/hello", (struct client_request){0}, &response, &err), 0);
    assert_int_equal(response.status, 200);
}

static void test_unix(void **state)
{
    (void)state;
    struct server local;
    struct client_response response;
    struct err err;
    char dir[] = "/tmp/souk-client-XXXXXX";
    assert_non_null(mkdtemp(dir));
    struct souk_str path = arena_printf(&arena, "%s/s", dir);
    allow(NULL);
    server_begin(&local, path.ptr);
    struct client_request request = {.url = souk_str("http://souk/x"), .unix_path = path.ptr};
    assert_int_equal(client_call(&arena, &request, &response, &err), 0);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(local.last, "Host: souk\r\n"));
    server_end(&local);
    unlink(path.ptr);
    rmdir(dir);
}

/* A thread of its own has a handle of its own, closed with the thread. */
static void *call_once(void *arg)
{
    struct arena own = {0};
    struct client_response response;
    struct err err;
    struct client_request request = {
        .url = arena_printf(&own, "http://127.0.0.1:%d/hello", server.port)};
    *(int *)arg = client_call(&own, &request, &response, &err);
    arena_free(&own);
    return NULL;
}

static void test_thread(void **state)
{
    (void)state;
    pthread_t thread;
    int code = 1;
    allow(loopback);
    /* our own connection would keep the one-at-a-time server busy */
    server_end(&server);
    server_begin(&server, NULL);
    assert_int_equal(pthread_create(&thread, NULL, call_once, &code), 0);
    pthread_join(thread, NULL);
    assert_int_equal(code, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public),         cmocka_unit_test(test_denied),
        cmocka_unit_test(test_scheme_and_url), cmocka_unit_test(test_get),
        cmocka_unit_test(test_post),           cmocka_unit_test(test_no_redirect),
        cmocka_unit_test(test_limits),         cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_allowed_host),   cmocka_unit_test(test_unix),
        cmocka_unit_test(test_thread),
    };
    return cmocka_run_group_tests_name("client", tests, begin, end);
}
