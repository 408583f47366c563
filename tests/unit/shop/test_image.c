/*
 * Pictures: rows by source, what pages show of one, and what the job that makes files asks.
 */
#include "shop/image.h"
#include "fixture.h"

static int run_image(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    int64_t *ids = arg, again = 0;
    const struct image_files files = {
        .hash = souk_str("0123456789abcdef0123456789abcdef"),
        .type = souk_str("image/png"),
        .width = 900,
        .height = 600,
        .widths = souk_str("200,400"),
    };
    assert_int_equal(image_put(conn, souk_str("https://x.example/a.png"), fixture->now, &ids[0]),
                     0);
    assert_int_equal(image_put(conn, souk_str("upload:b"), fixture->now, &ids[1]), 0);
    assert_int_equal(image_put(conn, souk_str("https://x.example/a.png"), fixture->now, &again), 0);
    assert_true(again == ids[0] && ids[0] != ids[1]);
    assert_int_equal(image_ready(conn, ids[0], &files), 0);
    assert_int_equal(image_ready(conn, 12345, &files), SOUK_NOT_FOUND);
    return 0;
}

static int run_missing(struct db_conn *conn, struct shop_fixture *fixture, void *arg)
{
    (void)fixture;
    int64_t *ids = arg;
    assert_int_equal(image_missing(conn, ids[0], souk_str("404")), 0); /* it is there: stays */
    return image_missing(conn, ids[1], souk_str("the server says 404"));
}

static void test_rows(void **state)
{
    struct shop_fixture *fixture = *state;
    int64_t ids[2] = {0, 0}, id = 0;
    struct souk_str source;
    assert_int_equal(fixture_write(fixture, run_image, ids), 0);
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    assert_int_equal(image_next(conn, &fixture->arena, 0, &id, &source), 0);
    assert_int_equal(id, ids[1]);
    assert_true(souk_str_is(source, "upload:b"));
    assert_int_equal(image_next(conn, &fixture->arena, id, &id, &source), SOUK_NOT_FOUND);
    assert_int_equal(image_unused(conn, souk_str("0123456789abcdef0123456789abcdef")), 0);
    assert_int_equal(image_unused(conn, souk_str("ffff")), 1);
    db_read_end(conn);
    assert_int_equal(fixture_write(fixture, run_missing, ids), 0);
    assert_string_equal(fixture_text(fixture, "SELECT state FROM image WHERE source = 'upload:b'"),
                        "missing");
    assert_int_equal(fixture_int(fixture, "SELECT count(*) FROM image WHERE state = 'ready'"), 1);
}

static void test_view(void **state)
{
    struct shop_fixture *fixture = *state;
    struct json *view = image_view(&fixture->arena, souk_str("abc"), souk_str("image/png"), 900,
                                   600, souk_str("200,400"), souk_str("Front"));
    assert_string_equal(
        fixture_print(fixture, view),
        "{\"url\":\"/media/abc.png\",\"srcset\":\"/media/abc-200.png 200w, /media/abc-400.png "
        "400w\",\"webp\":\"/media/abc-200.webp 200w, /media/abc-400.webp 400w\",\"width\":900,"
        "\"height\":600,\"alt\":\"Front\"}");
    view = image_view(&fixture->arena, souk_str(""), souk_str(""), 0, 0, souk_str(""),
                      souk_str("Front"));
    assert_int_equal(view->count, 0); /* not ready: nothing to show */
}

int main(void)
{
    const struct CMUnitTest tests[] = {SHOP_TEST(test_rows), SHOP_TEST(test_view)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
