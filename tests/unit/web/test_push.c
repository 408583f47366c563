/* push: a WebSocket client of raw sockets against the hub. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/str.h"
#include "web/push.h"
#include "web/push_hub.h"

#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define PATIENCE 120000 /* ms that a test waits before it fails */

static const char hello[] = "GET /push HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\n"
                            "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                            "Sec-WebSocket-Version: 13\r\nOrigin: http://shop.test\r\n"
                            "Cookie: souk=secret\r\n\r\n";

static struct push_hub *hub;

static void hub_begin(struct push_options options)
{
    struct err err;
    if (!options.head_time)
        options.head_time = CLOCK_MINUTE; /* this process may wait long for its turn */
    assert_int_equal(push_start(&hub, &options, &err), 0);
}

/* ---- the client ---- */

static int attach(int small)
{
    int pair[2], size = 4096;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    if (small) {
        setsockopt(pair[0], SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
        setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    }
    push_adopt(hub, pair[1]);
    return pair[0];
}

static void say(int fd, const void *bytes, size_t len)
{
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Exactly `len` bytes; 0 when the other side closed before. */
static int hear(int fd, void *to, size_t len)
{
    size_t have = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (have < len) {
        if (poll(&wait, 1, PATIENCE) != 1)
            fail_msg("nothing came in time");
        ssize_t got = recv(fd, (char *)to + have, len - have, 0);
        if (got <= 0)
            return 0;
        have += (size_t)got;
    }
    return 1;
}

static void hear_head(int fd, char *to, size_t size)
{
    size_t have = 0;
    do {
        assert_true(have + 1 < size);
        if (!hear(fd, to + have, 1))
            fail_msg("closed after: %.*s", (int)have, to);
        to[++have] = '\0';
    } while (have < 4 || memcmp(to + have - 4, "\r\n\r\n", 4) != 0);
}

static void hear_end(int fd)
{
    char byte;
    assert_false(hear(fd, &byte, 1));
    close(fd);
}

static size_t frame_make(char *to, int head, const void *payload, size_t len)
{
    const unsigned char mask[4] = {1, 2, 3, 250};
    size_t at = 0;
    to[at++] = (char)head;
    if (len < 126) {
        to[at++] = (char)(0x80 | len);
    } else {
        to[at++] = (char)(0x80 | 126);
        to[at++] = (char)(len >> 8);
        to[at++] = (char)len;
    }
    memcpy(to + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < len; i++)
        to[at++] = (char)(((const unsigned char *)payload)[i] ^ mask[i % 4]);
    return at;
}

static void say_frame(int fd, int opcode, const void *payload, size_t len)
{
    static char bytes[70000];
    say(fd, bytes, frame_make(bytes, 0x80 | opcode, payload, len));
}

static void say_text(int fd, const char *text)
{
    say_frame(fd, 1, text, strlen(text));
}

static char heard[70000];

/* One frame, unmasked and final: its opcode; the payload in `heard`. -1: the connection
 * has ended. */
static int hear_opcode(int fd)
{
    unsigned char head[2], more[8];
    if (!hear(fd, head, 2))
        return -1;
    assert_int_equal(head[0] & 0xf0, 0x80);
    assert_int_equal(head[1] & 0x80, 0);
    size_t len = head[1];
    if (len == 126) {
        assert_true(hear(fd, more, 2));
        len = (size_t)more[0] << 8 | more[1];
    }
    assert_true(len != 127 && len < sizeof(heard));
    assert_true(len == 0 || hear(fd, heard, len));
    heard[len] = '\0';
    return head[0] & 15;
}

static void hear_text(int fd, const char *wanted)
{
    assert_int_equal(hear_opcode(fd), 1);
    assert_string_equal(heard, wanted);
}

static void hear_close(int fd, int code)
{
    assert_int_equal(hear_opcode(fd), 8);
    assert_int_equal((unsigned char)heard[0] << 8 | (unsigned char)heard[1], code);
    hear_end(fd);
}

static int join_small(const char *subscribe, const char *wanted, int small)
{
    char head[1024];
    int fd = attach(small);
    say(fd, hello, strlen(hello));
    hear_head(fd, head, sizeof(head));
    assert_non_null(strstr(head, "HTTP/1.1 101 Switching Protocols\r\n"));
    assert_non_null(strstr(head, "Sec-WebSocket-Accept: " ACCEPT "\r\n"));
    if (subscribe) {
        say_text(fd, subscribe);
        hear_text(fd, wanted);
    }
    return fd;
}

static int join(const char *subscribe, const char *wanted)
{
    return join_small(subscribe, wanted, 0);
}

static void publish(const char *topic, const char *json)
{
    push_publish(hub, souk_str(topic), souk_str(json));
}

/* ---- tests ---- */

static void test_publish(void **state)
{
    (void)state;
    hub_begin((struct push_options){0});
    int a =
        join("{\"subscribe\":[\"public:a\",\"public:b\",\"private:x\",7,\"\"]}",
             "{\"subscribed\":[\"public:a\",\"public:b\"],\"refused\":[\"private:x\",\"\",\"\"]}");
    int b =
        join("{\"subscribe\":[\"public:b\"]}", "{\"subscribed\":[\"public:b\"],\"refused\":[]}");
    assert_int_equal(push_count(hub), 2);
    publish("public:none", "{\"n\":0}");
    publish("public:a", "{\"n\":1}");
    publish("private:x", "{\"n\":2}");
    publish("public:b", "{\"n\":3}");
    hear_text(a, "{\"n\":1}");
    hear_text(a, "{\"n\":3}");
    hear_text(b, "{\"n\":3}");
    say_text(a, "{\"unsubscribe\":[\"public:b\",\"public:none\"],\"subscribe\":[\"public:a\"]}");
    hear_text(a, "{\"subscribed\":[\"public:a\"],\"refused\":[]}");
    publish("public:b", "{\"n\":4}");
    publish("public:a", "{\"n\":5}");
    hear_text(a, "{\"n\":5}"); /* once, though asked for twice */
    hear_text(b, "{\"n\":4}");
    static char big[60001];
    memset(big, 'x', 60000);
    big[0] = big[59999] = '"';
    publish("public:b", big);
    hear_text(b, big);
    close(a);
    push_stop(hub);
    hear_close(b, 1001);
}

static void test_control_frames(void **state)
{
    (void)state;
    hub_begin((struct push_options){0});
    int fd = join(NULL, NULL);
    say_frame(fd, 9, "are you there", 13);
    assert_int_equal(hear_opcode(fd), 10);
    assert_string_equal(heard, "are you there");
    /* a message in fragments, a ping between them, one byte at a time */
    char bytes[256];
    const char *first = "{\"subscribe\":[\"pub", *second = "lic:\\u00e9\"]}";
    size_t len = frame_make(bytes, 1, first, strlen(first));
    len += frame_make(bytes + len, 0x89, "p", 1);
    len += frame_make(bytes + len, 0x80, second, strlen(second));
    for (size_t i = 0; i < len; i++)
        say(fd, bytes + i, 1);
    assert_int_equal(hear_opcode(fd), 10);
    hear_text(fd, "{\"subscribed\":[\"public:\xc3\xa9\"],\"refused\":[]}");
    say_frame(fd, 8, "\x03\xe8", 2);
    hear_close(fd, 1000);
    push_stop(hub);
}

/* Bytes that come in one piece with the handshake are not lost. */
static void test_eager(void **state)
{
    (void)state;
    char bytes[2048], head[1024];
    const char *text = "{\"subscribe\":[\"public:a\"]}";
    hub_begin((struct push_options){0});
    size_t len = strlen(hello);
    memcpy(bytes, hello, len);
    len += frame_make(bytes + len, 0x81, text, strlen(text));
    int fd = attach(0);
    say(fd, bytes, len);
    hear_head(fd, head, sizeof(head));
    hear_text(fd, "{\"subscribed\":[\"public:a\"],\"refused\":[]}");
    close(fd);
    push_stop(hub);
}

static void misbehave(int opcode, const void *payload, size_t len, int code)
{
    int fd = join(NULL, NULL);
    say_frame(fd, opcode, payload, len);
    hear_close(fd, code);
}

static void test_misbehaviour(void **state)
{
    (void)state;
    static char big[9000];
    memset(big, ' ', sizeof(big));
    hub_begin((struct push_options){0});
    misbehave(1, "nonsense", 8, 1008);
    misbehave(1, "[]", 2, 1008);
    misbehave(1, "{\"subscribe\":\"public:a\"}", 24, 1008);
    misbehave(1, "\xff\xfe", 2, 1007);
    misbehave(2, "x", 1, 1003);
    misbehave(3, "x", 1, 1002);
    misbehave(1, big, sizeof(big), 1009);
    int fd = join(NULL, NULL);
    say(fd, "\x81\x02{}", 4); /* not masked */
    hear_close(fd, 1002);
    fd = join(NULL, NULL);
    for (int i = 0; i < 256; i++)
        say_frame(fd, 10, "", 0);
    say_frame(fd, 10, "", 0);
    hear_close(fd, 1008);
    assert_int_equal(push_count(hub), 0);
    push_stop(hub);
}

static void test_topic_limits(void **state)
{
    (void)state;
    struct buf ask = {0}, yes = {0};
    char name[140];
    hub_begin((struct push_options){0});
    buf_add_cstr(&ask, "{\"subscribe\":[");
    buf_add_cstr(&yes, "{\"subscribed\":[");
    for (int i = 0; i < 32; i++) {
        snprintf(name, sizeof(name), "%s\"public:%0121d\"", i ? "," : "", i);
        buf_add_cstr(&ask, name);
        buf_add_cstr(&yes, name);
    }
    buf_add_cstr(&ask, "]}");
    buf_add_cstr(&yes, "],\"refused\":[]}");
    buf_add_char(&ask, '\0');
    buf_add_char(&yes, '\0');
    int fd = join(ask.ptr, yes.ptr);
    say_text(fd, "{\"subscribe\":[\"public:more\"]}");
    hear_text(fd, "{\"subscribed\":[],\"refused\":[\"public:more\"]}");
    close(fd);
    snprintf(name, sizeof(name), "public:%0122d", 1); /* 129 bytes */
    char text[512], answer[512];
    snprintf(text, sizeof(text), "{\"subscribe\":[\"%s\"]}", name);
    snprintf(answer, sizeof(answer), "{\"subscribed\":[],\"refused\":[\"%s\"]}", name);
    close(join(text, answer));
    buf_free(&ask);
    buf_free(&yes);
    push_stop(hub);
}

static int may_own(void *user, struct souk_str head, struct souk_str topic)
{
    ++*(int *)user;
    assert_true(str_starts(head, "GET /push HTTP/1.1\r\n") && str_ends(head, "\r\n\r\n"));
    assert_non_null(memmem(head.ptr, head.len, "Cookie: souk=secret\r\n", 21));
    return souk_str_is(topic, "mine");
}

static void test_may(void **state)
{
    (void)state;
    int asked = 0;
    hub_begin((struct push_options){.may = may_own, .user = &asked});
    int fd = join("{\"subscribe\":[\"mine\",\"public:a\"]}",
                  "{\"subscribed\":[\"mine\"],\"refused\":[\"public:a\"]}");
    close(fd);
    push_stop(hub);
    assert_int_equal(asked, 2);
}

/* ---- handshakes ---- */

static void handshake(const char *text, const char *status)
{
    char head[1024];
    int fd = attach(0);
    say(fd, text, strlen(text));
    hear_head(fd, head, sizeof(head));
    if (strncmp(head + 9, status, 3) != 0)
        fail_msg("%.60s… got %.12s, not %s", text, head, status);
    if (strcmp(status, "101") == 0) {
        close(fd);
        return;
    }
    if (strcmp(status, "426") == 0)
        assert_non_null(strstr(head, "\r\nSec-WebSocket-Version: 13\r\n"));
    assert_non_null(strstr(head, "\r\nConnection: close"));
    hear_end(fd);
}

#define BASE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define FULL BASE "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n"
#define GET  "GET /push HTTP/1.1\r\n"
#define HOST "Host: shop.test\r\n"

static void test_handshakes(void **state)
{
    (void)state;
    static const char *const table[][2] = {
        {GET HOST FULL "\r\n", "101"}, /* no Origin: not a browser */
        {"GET /push?after=5 HTTP/1.1\r\n" HOST FULL "\r\n", "101"},
        {GET "host:shop.test\r\nupgrade:WebSocket\r\nconnection:x,upgrade\r\nsec-websocket-key:" KEY
             "\r\nsec-websocket-version:13\r\n\r\n",
         "101"},
        {GET HOST FULL "Origin: https://shop.test\r\n\r\n", "101"},
        {GET HOST FULL "Origin: https://SHOP.test:443\r\n\r\n", "101"},
        {GET "Host: shop.test:8080\r\n" FULL "Origin: http://shop.test:8080\r\n\r\n", "101"},
        {GET HOST FULL "Origin: https://www.example.org\r\n\r\n", "101"},
        {GET HOST FULL "Origin: https://evil.test\r\n\r\n", "403"},
        {GET HOST FULL "Origin: https://shop.test.evil.test\r\n\r\n", "403"},
        {GET HOST FULL "Origin: https://shop.test:8443\r\n\r\n", "403"},
        {GET HOST FULL "Origin: http://shop.test:443\r\n\r\n", "403"},
        {GET HOST FULL "Origin: null\r\n\r\n", "403"},
        {GET HOST FULL "Origin: \r\n\r\n", "403"},
        {GET HOST FULL "Origin: http://shop.test\r\nOrigin: http://shop.test\r\n\r\n", "400"},
        {GET HOST "\r\n", "426"}, /* a plain request */
        {GET HOST "Upgrade: h2c\r\nConnection: Upgrade\r\nSec-WebSocket-Key: " KEY
                  "\r\nSec-WebSocket-Version: 13\r\n\r\n",
         "426"},
        {GET HOST "Upgrade: websocket\r\nConnection: close\r\nSec-WebSocket-Key: " KEY
                  "\r\nSec-WebSocket-Version: 13\r\n\r\n",
         "426"},
        {GET HOST BASE "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 8\r\n\r\n", "426"},
        {GET HOST BASE "Sec-WebSocket-Key: " KEY "\r\n\r\n", "426"},
        {GET HOST BASE "Sec-WebSocket-Version: 13\r\n\r\n", "400"},
        {GET HOST BASE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: c2hvcnQ=\r\n\r\n", "400"},
        {GET HOST BASE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                       "!!!!IHNhbXBsZSBub25jZQ==\r\n\r\n",
         "400"},
        {GET HOST FULL "Sec-WebSocket-Key: " KEY "\r\n\r\n", "400"},
        {GET FULL "\r\n", "400"},
        {GET HOST HOST FULL "\r\n", "400"},
        {GET HOST FULL "Content-Length: 5\r\n\r\n", "400"},
        {GET HOST FULL "Transfer-Encoding: chunked\r\n\r\n", "400"},
        {GET HOST FULL "X: a\r\n folded\r\n\r\n", "400"},
        {GET HOST FULL "X : a\r\n\r\n", "400"},
        {GET HOST FULL "nonsense\r\n\r\n", "400"},
        {GET HOST FULL "X: a\nY: b\r\n\r\n", "400"},
        {GET HOST FULL "X: a\rb\r\n\r\n", "400"},
        {GET HOST FULL "X: \x01\r\n\r\n", "400"},
        {"GET /push HTTP/1.0\r\n" HOST FULL "\r\n", "400"},
        {"GET /push x HTTP/1.1\r\n" HOST FULL "\r\n", "400"},
        {"GET /pushy HTTP/1.1\r\n" HOST FULL "\r\n", "404"},
        {"GET /push/../x HTTP/1.1\r\n" HOST FULL "\r\n", "404"},
        {"POST /push HTTP/1.1\r\n" HOST FULL "\r\n", "405"},
        {"\r\n\r\n", "405"},
    };
    hub_begin((struct push_options){.host_check = "www.example.org"});
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        handshake(table[i][0], table[i][1]);
    static char huge[8193];
    memset(huge, 'x', 8192);
    memcpy(huge, "GET /push HTTP/1.1\r\nX: ", 23);
    handshake(huge, "431");
    push_stop(hub);
}

static void test_slow_handshake(void **state)
{
    (void)state;
    char head[256];
    hub_begin((struct push_options){.head_time = 300 * CLOCK_MS});
    int fd = attach(0);
    say(fd, "GET /push HT", 12);
    hear_head(fd, head, sizeof(head));
    assert_true(strncmp(head, "HTTP/1.1 408 ", 13) == 0);
    hear_end(fd);
    push_stop(hub);
}

static void test_crowd(void **state)
{
    (void)state;
    char head[256];
    hub_begin((struct push_options){.connections = 2});
    int a = join(NULL, NULL), b = join(NULL, NULL), c = attach(0);
    say(c, hello, strlen(hello));
    hear_head(c, head, sizeof(head));
    assert_true(strncmp(head, "HTTP/1.1 503 ", 13) == 0);
    hear_end(c);
    close(a);
    close(b);
    push_stop(hub);
}

/* ---- time, slowness, ends ---- */

static void test_pings(void **state)
{
    (void)state;
    hub_begin((struct push_options){.ping_every = 500 * CLOCK_MS});
    int quick = join(NULL, NULL), dead = join(NULL, NULL);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(hear_opcode(quick), 9);
        say_frame(quick, 10, "", 0);
    }
    assert_int_equal(hear_opcode(dead), 9);
    assert_int_equal(hear_opcode(dead), 9);
    assert_int_equal(hear_opcode(dead), -1); /* dropped after two */
    assert_int_equal(push_count(hub), 1);
    close(dead);
    close(quick);
    push_stop(hub);
}

static void test_slow_receiver(void **state)
{
    (void)state;
    static const char *const ask = "{\"subscribe\":[\"public:a\"]}";
    static const char *const yes = "{\"subscribed\":[\"public:a\"],\"refused\":[]}";
    static char text[8001];
    memset(text, 'x', 8000);
    text[0] = text[7999] = '"';
    hub_begin((struct push_options){0});
    int slow = join_small(ask, yes, 1), quick = join(ask, yes);
    for (int i = 0; i < 60; i++) { /* 480 KB */
        publish("public:a", text);
        hear_text(quick, text);
    }
    assert_int_equal(push_count(hub), 1); /* the slow one is gone, the quick one had all */
    size_t got = 0;
    char bytes[4096];
    for (ssize_t len; (len = recv(slow, bytes, sizeof(bytes), 0)) > 0;)
        got += (size_t)len;
    assert_true(got < 300000);
    close(slow);
    close(quick);
    push_stop(hub);
}

#define PUBLISHERS 4
#define TEXTS      200

static void *publisher(void *arg)
{
    char text[32];
    for (int i = 0; i < TEXTS; i++) {
        snprintf(text, sizeof(text), "[%d,%d]", (int)(intptr_t)arg, i);
        publish("public:a", text);
    }
    return NULL;
}

/* Of each publisher everything, in order; others come and go meanwhile. */
static void test_many_publishers(void **state)
{
    (void)state;
    pthread_t thread[PUBLISHERS];
    int next[PUBLISHERS] = {0};
    hub_begin((struct push_options){0});
    int fd =
        join("{\"subscribe\":[\"public:a\"]}", "{\"subscribed\":[\"public:a\"],\"refused\":[]}");
    for (intptr_t i = 0; i < PUBLISHERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, publisher, (void *)i), 0);
    for (int i = 0; i < 10; i++) {
        int other = attach(0);
        say(other, hello, strlen(hello));
        say_text(other, "{\"subscribe\":[\"public:a\"]}");
        close(other);
    }
    for (int i = 0; i < PUBLISHERS * TEXTS; i++) {
        int who = -1, number = -1;
        assert_int_equal(hear_opcode(fd), 1);
        assert_int_equal(sscanf(heard, "[%d,%d]", &who, &number), 2);
        assert_in_range(who, 0, PUBLISHERS - 1);
        assert_int_equal(number, next[who]);
        next[who]++;
    }
    for (int i = 0; i < PUBLISHERS; i++)
        pthread_join(thread[i], NULL);
    close(fd);
    push_stop(hub);
}

static void test_stop(void **state)
{
    (void)state;
    hub_begin((struct push_options){0});
    int open_one =
        join("{\"subscribe\":[\"public:a\"]}", "{\"subscribed\":[\"public:a\"],\"refused\":[]}");
    int half = attach(0);
    say(half, "GET /push", 9);
    publish("public:a", "[1]"); /* before the end: still delivered */
    int64_t from = clock_mono();
    push_stop(hub); /* nobody answers the close: it does not wait for ever */
    assert_true(clock_mono() - from < 30 * CLOCK_SECOND);
    hear_text(open_one, "[1]");
    hear_close(open_one, 1001);
    close(half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_publish),       cmocka_unit_test(test_control_frames),
        cmocka_unit_test(test_eager),         cmocka_unit_test(test_misbehaviour),
        cmocka_unit_test(test_topic_limits),  cmocka_unit_test(test_may),
        cmocka_unit_test(test_handshakes),    cmocka_unit_test(test_slow_handshake),
        cmocka_unit_test(test_crowd),         cmocka_unit_test(test_pings),
        cmocka_unit_test(test_slow_receiver), cmocka_unit_test(test_many_publishers),
        cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests_name("push", tests, NULL, NULL);
}
