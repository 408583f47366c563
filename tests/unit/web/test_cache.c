/* cache: pages stay good until what they read is written; variants as they go over the
 * wire; bounds; threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include "base/str.h"
#include "store/setting.h"
#include "web/cache.h"
#include "web/cache_pack.h"
#include "web/form.h"

static char dir[] = "/tmp/souk-cache-XXXXXX";
static struct db *db;
static struct page_cache *cache;
static const struct web_route page = {.flags = ROUTE_CACHED | ROUTE_PAGE};

/* ---- requests ---- */

static void request_begin(struct request *request, const char *path)
{
    *request = (struct request){
        .method = SOUK_STR("GET"), .path = souk_str(path), .locale = "en", .route = &page};
}

static void say(struct request *request, const char *name, const char *value)
{
    header_list_add(&request->arena, &request->headers, souk_str(name), souk_str(value));
}

static void request_end(struct request *request)
{
    cache_release(request);
    assert_null(request->answer.ready_owner);
    arena_free(&request->arena);
}

static const char *header(const struct request *request, const char *name)
{
    return MHD_get_response_header(request->answer.ready, name);
}

static const char words[] =
    "<p>one two three one two three one two three one two three one two three one two three "
    "one two three one two three one two three one two three one two three one two three";

/* What a READ handler does: looks at the table of settings, answers. */
static void handle(struct request *request, struct db_seen *seen)
{
    struct souk_str value;
    struct db_conn *conn = db_read_begin(db, 0);
    int code = setting_get(conn, &request->arena, souk_str("test"), souk_str("a"), &value);
    assert_true(code == 0 || code == SOUK_NOT_FOUND);
    db_seen(conn, seen);
    db_read_end(conn);
    answer_html(request, 200, souk_str(words));
}

static void visit(const char *path)
{
    struct request request;
    struct db_seen seen;
    request_begin(&request, path);
    if (!cache_answer(cache, db, &request, 1)) {
        handle(&request, &seen);
        cache_keep(cache, &request, 1, &seen);
    }
    assert_int_equal(request.answer.status, 200);
    request_end(&request);
}

static int hit(const char *path, const char *name, const char *value)
{
    struct request request;
    request_begin(&request, path);
    if (name)
        say(&request, name, value);
    int found = cache_answer(cache, db, &request, 1);
    request_end(&request);
    return found;
}

static int write_setting(struct db_conn *conn, void *arg)
{
    (void)arg;
    static int64_t at;
    return setting_put(conn, souk_str("test"), souk_str("a"), souk_str("x"), ++at);
}

static int write_other(struct db_conn *conn, void *arg)
{
    static const struct db_statement other = {
        "test_other", "INSERT INTO session (id_hash, data, created_at, seen_at, expires_at) "
                      "VALUES ($1, '{}', 1, 1, 1)"};
    return db_run(conn, &other, NULL, DB_BLOB(souk_str(arg)));
}

static int begin(void **state)
{
    (void)state;
    struct err err;
    assert_non_null(mkdtemp(dir));
    if (db_open(&db, &(struct db_options){.dir = dir}, &err) != 0)
        fail_msg("%s", err.text);
    return 0;
}

static int end(void **state)
{
    (void)state;
    char command[64];
    db_thread_end(db);
    db_shut(db);
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static int fresh(void **state)
{
    (void)state;
    cache = cache_new(1 << 20);
    return 0;
}

static int stale(void **state)
{
    (void)state;
    cache_free(cache);
    return 0;
}

/* ---- validity and keys ---- */

static void test_validity(void **state)
{
    (void)state;
    assert_false(hit("/en/", NULL, NULL));
    visit("/en/");
    assert_true(hit("/en/", NULL, NULL));
    assert_int_equal(db_write(db, write_other, "0123456789abcdef", NULL), 0);
    assert_true(hit("/en/", NULL, NULL)); /* another table */
    assert_int_equal(db_write(db, write_setting, NULL, NULL), 0);
    assert_false(hit("/en/", NULL, NULL));
    visit("/en/");
    assert_true(hit("/en/", NULL, NULL));
}

/* A price with an end: the page goes with the clock although nothing was written. */
static void test_expiry(void **state)
{
    (void)state;
    struct request request;
    struct db_seen seen;
    request_begin(&request, "/en/sale");
    handle(&request, &seen);
    request_expires(&request, 2000);
    request_expires(&request, 5000);
    request_expires(&request, 0);
    cache_keep(cache, &request, 1, &seen);
    request_end(&request);
    for (int64_t now = 1000; now <= 3000; now += 1000) {
        request_begin(&request, "/en/sale");
        request.now = now;
        assert_int_equal(cache_answer(cache, db, &request, 1), now < 2000);
        request_end(&request);
    }
}

static void test_keys(void **state)
{
    (void)state;
    struct request request;
    visit("/en/a");
    assert_false(hit("/en/b", NULL, NULL));
    request_begin(&request, "/en/a");
    assert_false(cache_answer(cache, db, &request, 2)); /* another set of plugins */
    request.locale = "bg";
    assert_false(cache_answer(cache, db, &request, 1));
    request.locale = "en";
    request.tls = 1;
    assert_false(cache_answer(cache, db, &request, 1));
    request.tls = 0;
    request.query_text = souk_str("x=1");
    assert_false(cache_answer(cache, db, &request, 1));
    request.query_text = souk_str("");
    request.method = souk_str("HEAD");
    assert_true(cache_answer(cache, db, &request, 1));
    request_end(&request);
}

/* Absolute links in a page name the host that was asked: another host gets another page. */
static void test_hosts(void **state)
{
    (void)state;
    visit("/en/a");
    assert_true(hit("/en/a", NULL, NULL));
    assert_false(hit("/en/a", "Host", "evil.example"));
}

static void test_personal(void **state)
{
    (void)state;
    struct request request;
    struct db_seen seen;
    visit("/en/a");
    assert_true(hit("/en/a", "Cookie", "theme=dark"));
    assert_false(hit("/en/a", "Cookie", "souk=abc"));
    assert_false(hit("/en/a", "Cookie", "x=1; __Host-souk=abc"));
    assert_false(hit("/en/a", "Authorization", "Bearer x"));
    request_begin(&request, "/en/a");
    request.method = souk_str("POST");
    assert_false(cache_answer(cache, db, &request, 1));
    request.method = souk_str("GET");
    static const struct web_route plain = {.flags = ROUTE_PAGE};
    request.route = &plain;
    assert_false(cache_answer(cache, db, &request, 1));
    handle(&request, &seen);
    request.path = souk_str("/en/plain");
    cache_keep(cache, &request, 1, &seen);
    assert_null(request.answer.ready);
    request_end(&request);
}

static void not_kept(int status, const char *name, const char *value, uint32_t tables)
{
    struct request request;
    struct db_seen seen;
    request_begin(&request, "/en/never");
    handle(&request, &seen);
    request.answer.status = status;
    if (tables)
        seen.count = tables;
    if (name)
        header_list_add(&request.arena, &request.answer.headers, souk_str(name), souk_str(value));
    cache_keep(cache, &request, 1, &seen);
    assert_null(request.answer.ready);
    request_end(&request);
    assert_false(hit("/en/never", NULL, NULL));
}

static void test_not_kept(void **state)
{
    (void)state;
    not_kept(404, NULL, NULL, 0);
    not_kept(302, "Location", "/", 0);
    not_kept(200, "Set-Cookie", "a=b", 0);
    not_kept(200, "vary", "Cookie", 0);
    not_kept(200, "Cache-Control", "no-store", 0);
    not_kept(200, "Cache-Control", "private, max-age=5", 0);
    not_kept(200, NULL, NULL, DB_SEEN + 1);
}

/* ---- over the wire ---- */

static struct request *wire_request;

static enum MHD_Result wire_answer(void *user, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **state)
{
    static int seen_before;
    (void)user, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    if (!*state) {
        *state = &seen_before;
        return MHD_YES;
    }
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)wire_request->answer.status,
                                                wire_request->answer.ready);
    cache_release(wire_request); /* the response must outlive this while it is sent */
    return result;
}

/* The whole answer as it arrives, in `to`. */
static size_t fetch(struct request *request, const char *method, char *to, size_t size)
{
    wire_request = request;
    struct MHD_Daemon *daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0,
                                                 NULL, NULL, wire_answer, NULL, MHD_OPTION_END);
    assert_non_null(daemon);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    at.sin_port = htons(MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    int len = snprintf(to, size, "%s / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method);
    assert_int_equal(send(fd, to, (size_t)len, 0), len);
    size_t have = 0;
    ssize_t got;
    while ((got = recv(fd, to + have, size - 1 - have, 0)) > 0)
        have += (size_t)got;
    to[have] = '\0';
    close(fd);
    MHD_stop_daemon(daemon);
    return have;
}

static void test_variants(void **state)
{
    (void)state;
    struct request request;
    char text[4096], plain[1024], etag[64];
    visit("/en/a");
    request_begin(&request, "/en/a");
    assert_true(cache_answer(cache, db, &request, 1));
    assert_int_equal(request.answer.status, 200);
    assert_string_equal(header(&request, "Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(header(&request, "Cache-Control"), "no-cache");
    assert_string_equal(header(&request, "Vary"), "Accept-Encoding");
    assert_non_null(header(&request, "Content-Security-Policy"));
    assert_null(header(&request, "Content-Encoding"));
    str_copy(etag, sizeof(etag), souk_str(header(&request, "ETag")));
    fetch(&request, "GET", text, sizeof(text));
    assert_string_equal(strstr(text, "\r\n\r\n") + 4, words);
    request_end(&request);

    request_begin(&request, "/en/a");
    say(&request, "Accept-Encoding", "br;q=1.0, GZIP;q=0.8");
    assert_true(cache_answer(cache, db, &request, 1));
    assert_string_equal(header(&request, "Content-Encoding"), "gzip");
    assert_string_equal(header(&request, "ETag"), etag);
    assert_non_null(header(&request, "Content-Security-Policy"));
    size_t len = fetch(&request, "GET", text, sizeof(text));
    const char *body = strstr(text, "\r\n\r\n") + 4;
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)body,
                       .avail_in = (uInt)(len - (size_t)(body - text)),
                       .next_out = (Bytef *)plain,
                       .avail_out = sizeof(plain)};
    assert_int_equal(inflateInit2(&stream, 31), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out, strlen(words));
    assert_memory_equal(plain, words, strlen(words));
    inflateEnd(&stream);
    request_end(&request);

    request_begin(&request, "/en/a");
    assert_true(cache_answer(cache, db, &request, 1));
    fetch(&request, "HEAD", text, sizeof(text));
    assert_non_null(strstr(text, "Content-Length: "));
    assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
    request_end(&request);
}

static void test_unchanged(void **state)
{
    (void)state;
    struct request request;
    char text[4096], etag[64];
    visit("/en/a");
    request_begin(&request, "/en/a");
    assert_true(cache_answer(cache, db, &request, 1));
    str_copy(etag, sizeof(etag), souk_str(header(&request, "ETag")));
    request_end(&request);
    const char *fits[] = {etag, etag + 2, "*",
                          arena_printf(&request.arena, "\"x\" , %s", etag).ptr};
    for (size_t i = 0; i < 4; i++) {
        struct request again;
        request_begin(&again, "/en/a");
        say(&again, "If-None-Match", fits[i]);
        say(&again, "Accept-Encoding", "gzip");
        assert_true(cache_answer(cache, db, &again, 1));
        assert_int_equal(again.answer.status, 304);
        assert_string_equal(header(&again, "ETag"), etag);
        fetch(&again, "GET", text, sizeof(text));
        assert_true(strncmp(text, "HTTP/1.1 304 ", 13) == 0);
        assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
        request_end(&again);
    }
    arena_free(&request.arena);
    request_begin(&request, "/en/a");
    say(&request, "If-None-Match", "\"x\", W/\"y\"");
    assert_true(cache_answer(cache, db, &request, 1));
    assert_int_equal(request.answer.status, 200);
    request_end(&request);
}

static void test_encodings(void **state)
{
    (void)state;
    static const struct {
        const char *accept;
        int gzip;
    } table[] = {
        {"gzip", 1},
        {"gzip;q=0", 0},
        {"gzip; q=0.000", 0},
        {"gzip;q=0.001", 1},
        {"*", 1},
        {"*;q=0", 0},
        {"*, gzip;q=0", 0},
        {"gzip, *;q=0", 1},
        {"br, deflate", 0},
        {"identity", 0},
        {"", 0},
        {"gzipped", 0},
        {" gzip ;q=1", 1},
        {",,gzip,,", 1},
    };
    visit("/en/a");
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct request request;
        request_begin(&request, "/en/a");
        say(&request, "Accept-Encoding", table[i].accept);
        assert_true(cache_answer(cache, db, &request, 1));
        if ((header(&request, "Content-Encoding") != NULL) != table[i].gzip)
            fail_msg("Accept-Encoding: %s", table[i].accept);
        request_end(&request);
    }
}

/* The one who misses gets the kept answer at once, 304 included, and the handler's
 * headers are in it. */
static void test_keep_answers(void **state)
{
    (void)state;
    struct request request;
    struct db_seen seen;
    request_begin(&request, "/en/k");
    say(&request, "Accept-Encoding", "gzip");
    handle(&request, &seen);
    answer_header(&request, "X-Thing", souk_str("1"));
    answer_header(&request, "Content-Security-Policy", souk_str("default-src 'none'"));
    cache_keep(cache, &request, 1, &seen);
    assert_string_equal(header(&request, "Content-Encoding"), "gzip");
    assert_string_equal(header(&request, "X-Thing"), "1");
    assert_string_equal(header(&request, "Content-Security-Policy"), "default-src 'none'");
    request_end(&request);
    assert_true(hit("/en/k", NULL, NULL));
}

/* ---- bounds ---- */

static void test_eviction(void **state)
{
    (void)state;
    struct arena arena = {0};
    int kept = 0;
    visit("/en/hot");
    for (int i = 0; i < 3000; i++) {
        visit(arena_printf(&arena, "/en/cold/%d", i).ptr);
        if (i % 4 == 0)
            assert_true(hit("/en/hot", NULL, NULL)); /* second chance */
    }
    for (int i = 0; i < 3000; i++)
        kept += hit(arena_printf(&arena, "/en/cold/%d", i).ptr, NULL, NULL);
    /* each is about 2.4 KiB by our own count */
    assert_in_range(kept, 100, 440);
    arena_free(&arena);
}

static void test_too_large(void **state)
{
    (void)state;
    struct request request;
    struct db_seen seen;
    static char big[200000];
    memset(big, 'a', sizeof(big));
    request_begin(&request, "/en/big");
    handle(&request, &seen);
    request.answer.body = (struct souk_str){big, sizeof(big)};
    cache_keep(cache, &request, 1, &seen);
    assert_null(request.answer.ready);
    memset(big, 'b', 1999);
    big[1999] = '\0';
    request.path = souk_str(big);
    request.answer.body = souk_str(words);
    cache_keep(cache, &request, 1, &seen);
    assert_null(request.answer.ready);
    request_end(&request);
    struct page_cache *none = cache_new(0);
    request_begin(&request, "/en/");
    handle(&request, &seen);
    cache_keep(none, &request, 1, &seen);
    assert_null(request.answer.ready);
    assert_false(cache_answer(none, db, &request, 1));
    request_end(&request);
    cache_free(none);
}

/* ---- threads ---- */

#define THREADS 4
#define ROUNDS  1500

static _Atomic int hits;

static void *visitor(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;
    char path[32];
    for (int i = 0; i < ROUNDS; i++) {
        struct request request;
        struct db_seen seen;
        seed = seed * 1103515245u + 12345u;
        snprintf(path, sizeof(path), "/en/t/%u", (seed >> 16) % 700);
        request_begin(&request, path);
        say(&request, "Accept-Encoding", seed & 0x8000 ? "gzip" : "identity");
        if (cache_answer(cache, db, &request, 1)) {
            atomic_fetch_add(&hits, 1);
        } else {
            handle(&request, &seen);
            cache_keep(cache, &request, 1, &seen);
        }
        assert_non_null(request.answer.ready);
        assert_non_null(header(&request, "ETag")); /* still alive */
        request_end(&request);
    }
    db_thread_end(db);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, visitor, (void *)(i * 7919 + 1)), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(db_write(db, write_setting, NULL, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_true(hits > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh, stale)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_validity),  TEST(test_expiry),       TEST(test_keys),     TEST(test_hosts),
        TEST(test_personal),  TEST(test_not_kept),     TEST(test_variants), TEST(test_unchanged),
        TEST(test_encodings), TEST(test_keep_answers), TEST(test_eviction), TEST(test_too_large),
        TEST(test_threads),
    };
    return cmocka_run_group_tests_name("cache", tests, begin, end);
}
