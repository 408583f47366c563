/*
 * Feeds: what providers write is text that XML can hold; what a feed wants of the catalogue; and
 * files that are whole or not there.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include "app/feed_inner.h"
#include "bridge/feed.h"
#include "bridge/internal.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* ---- the sink ---- */

static void check_xml(const char *text, size_t len, uint32_t most, const char *wanted)
{
    struct souk_feed_sink sink = {.open = 1};
    assert_int_equal(feed_table.write_xml(&sink, str_make(text, len), most), SOUK_OK);
    assert_string_equal(sink.bytes.len ? buf_str(&sink.bytes).ptr : "", wanted);
    buf_free(&sink.bytes);
}
#define XML(text, most, wanted) check_xml(text, sizeof(text) - 1, most, wanted)

static void test_xml(void **state)
{
    (void)state;
    XML("a <b> & \"c\" 'd'", 0, "a &lt;b&gt; &amp; &quot;c&quot; &apos;d&apos;");
    XML("]]>", 0, "]]&gt;");
    XML("", 0, "");
    XML("\x01\x08\x0b\x1f\x7f", 0, "");
    XML("a\x01"
        "b",
        0, "ab");
    XML("a\r\nb\rc\nd\te", 0, "a\nb\nc\nd\te");
    XML("a\0b", 0, "ab");
    XML("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd", 0, "\xef\xbf\xbd");
    XML("a\xff"
        "b\xe2\x82",
        0,
        "a\xef\xbf\xbd"
        "b\xef\xbf\xbd\xef\xbf\xbd");
    XML("\xf0\x9d\x92\xb3", 0, "\xf0\x9d\x92\xb3");
    XML("abcdef", 3, "abc");
    XML("&&&&", 2, "&amp;&amp;");
    XML("\x01\x02"
        "abc",
        2, "ab"); /* what is left out does not count */
    XML("e\xcc\x81"
        "e\xcc\x81",
        3, "e\xcc\x81"); /* no half of a letter with its mark */
    XML("\xd1\x87\xd0\xb0\xd0\xb9", 2, "\xd1\x87\xd0\xb0");
}

static void test_sink(void **state)
{
    (void)state;
    struct souk_feed_sink sink = {.open = 0};
    assert_int_equal(feed_table.write(NULL, souk_str("x")), SOUK_INVALID);
    assert_int_equal(feed_table.write_xml(NULL, souk_str("x"), 0), SOUK_INVALID);
    assert_int_equal(feed_table.write(&sink, souk_str("x")), SOUK_WRONG_KIND);
    sink.open = 1;
    assert_int_equal(feed_table.write(&sink, souk_str("x")), SOUK_WRONG_KIND); /* for good */
    sink = (struct souk_feed_sink){.open = 1};
    assert_int_equal(feed_table.write(&sink, str_make(NULL, 3)), SOUK_INVALID);
    assert_int_equal(feed_table.write(&sink, souk_str("x")), SOUK_INVALID);
    assert_int_equal(sink.bytes.len, 0);
    sink = (struct souk_feed_sink){.open = 1};
    assert_int_equal(feed_table.write(&sink, souk_str("x")), SOUK_OK);
    assert_int_equal(feed_table.write(&sink, str_make("x", (size_t)64 << 20)), SOUK_TOO_LARGE);
    assert_int_equal(feed_table.write_xml(&sink, souk_str(""), 0), SOUK_TOO_LARGE);
    buf_free(&sink.bytes);
}

/* ---- the filter ---- */

static const char tree[] =
    "[{\"key\":\"home\",\"parent\":\"\"},{\"key\":\"cups\",\"parent\":\"home\"},"
    "{\"key\":\"small\",\"parent\":\"cups\"},{\"key\":\"light\",\"parent\":\"\"}]";

static struct json *parsed(struct arena *arena, const char *text)
{
    struct json *value;
    assert_int_equal(json_parse(arena, souk_str(text), &value, NULL), SOUK_OK);
    return value;
}

static int takes(struct arena *arena, const char *feed, const char *item)
{
    struct feed_filter *filter = feed_filter_new(arena, parsed(arena, feed), parsed(arena, tree));
    int result = feed_filter_takes(filter, parsed(arena, item));
    feed_filter_free(filter);
    return result;
}

static void test_filter(void **state)
{
    struct arena arena = {0};
    const char *cup = "{\"sku\":\"CUP\",\"available\":true,\"price\":{\"amount\":500},"
                      "\"categories\":[\"small\"]}";
    (void)state;
    assert_true(takes(&arena, "{}", cup));
    assert_true(takes(&arena, "{\"categories\":[\"home\"]}", cup));
    assert_true(takes(&arena, "{\"categories\":[\"light\",\"small\"]}", cup));
    assert_false(takes(&arena, "{\"categories\":[\"light\"]}", cup));
    assert_false(takes(&arena, "{\"categories\":[\"gone\"]}", cup));
    assert_true(takes(&arena, "{\"price_from\":500,\"price_to\":500}", cup));
    assert_false(takes(&arena, "{\"price_from\":501}", cup));
    assert_false(takes(&arena, "{\"price_to\":499}", cup));
    assert_false(takes(&arena, "{\"excluded\":[\"POT\",\"CUP\"]}", cup));
    assert_true(takes(&arena, "{\"only_available\":true}", cup));
    assert_false(takes(&arena, "{\"only_available\":true}",
                       "{\"sku\":\"CUP\",\"available\":false,\"price\":{\"amount\":5}}"));
    assert_false(takes(&arena, "{\"categories\":[\"home\"]}", "{\"price\":{\"amount\":5}}"));
    arena_free(&arena);
}

static void test_gone(void **state)
{
    struct arena arena = {0};
    struct souk_str key = souk_str("as it was");
    (void)state;
    struct feed_filter *filter = feed_filter_new(
        &arena, parsed(&arena, "{\"categories\":[\"home\",\"sold\",\"light\",\"lost\"]}"),
        parsed(&arena, tree));
    assert_int_equal(feed_filter_gone(filter, 0, &key), 1);
    assert_true(souk_str_is(key, "sold"));
    assert_int_equal(feed_filter_gone(filter, 1, &key), 1);
    assert_true(souk_str_is(key, "lost"));
    assert_int_equal(feed_filter_gone(filter, 2, &key), 0);
    assert_true(souk_str_is(key, "lost"));
    feed_filter_free(filter);
    filter = feed_filter_new(&arena, parsed(&arena, "{}"), parsed(&arena, tree));
    assert_int_equal(feed_filter_gone(filter, 0, &key), 0);
    feed_filter_free(filter);
    arena_free(&arena);
}

static void check_address(const char *suffix, const char *url, const char *wanted)
{
    struct arena arena = {0};
    struct json *feed = json_new(&arena, JSON_OBJECT), *item = json_new(&arena, JSON_OBJECT);
    json_add_cstr(&arena, feed, "suffix", suffix);
    json_add_cstr(&arena, item, "url", url);
    json_add_cstr(&arena, item, "sku", "A B&C");
    json_add_cstr(&arena, item, "key", "k");
    struct feed_filter *filter = feed_filter_new(&arena, feed, NULL);
    feed_filter_address(filter, &arena, item);
    char *got = arena_cstr(&arena, json_text(json_at(item, "url")));
    assert_string_equal(got, wanted);
    feed_filter_free(filter);
    arena_free(&arena);
}

static void test_address(void **state)
{
    (void)state;
    check_address("", "https://x/p/a", "https://x/p/a");
    check_address("u=1", "https://x/p/a", "https://x/p/a?u=1");
    check_address("u=1", "https://x/p/a?size=m", "https://x/p/a?size=m&u=1");
    check_address("u=1", "https://x/p/a#top", "https://x/p/a?u=1#top");
    check_address("c={sku}&k={key}&n={id", "https://x/p", "https://x/p?c=A%20B%26C&k=k&n={id");
}

/* ---- files ---- */

static struct souk_str whole(struct arena *arena, const char *path)
{
    struct buf out = {.arena = arena};
    char bytes[4096];
    gzFile file = gzopen(path, "rb"); /* reads plain ones too */
    int n;
    if (!file)
        return souk_str("(none)");
    while ((n = gzread(file, bytes, sizeof bytes)) > 0)
        buf_add(&out, bytes, (size_t)n);
    gzclose(file);
    return buf_str(&out);
}

static void write_feed(int64_t id, int lines, int keep)
{
    struct file_write *file;
    struct err err = {0};
    int64_t bytes = 0;
    char line[64];
    assert_int_equal(feed_file_begin(&file, id, &err), SOUK_OK);
    for (int i = 0; i < lines; i++) {
        snprintf(line, sizeof line, "line %d of %d\n", i, lines);
        assert_int_equal(file_write_add(file, souk_str(line), &err), SOUK_OK);
    }
    if (!keep) {
        file_write_drop(file);
        return;
    }
    assert_int_equal(file_write_end(file, 1767323045000000, &bytes, &err), SOUK_OK);
    assert_true(bytes > lines);
}

static void test_file(void **state)
{
    struct arena arena = {0};
    char data[] = "/tmp/souk-feed-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(data));
    feed_setup(data);
    const char *plain = arena_printf(&arena, "%s/feeds/7", data).ptr;
    const char *packed = arena_printf(&arena, "%s/feeds/7.gz", data).ptr;
    write_feed(7, 50000, 1); /* over more than one buffer */
    struct souk_str first = arena_str(&arena, whole(&arena, plain));
    assert_true(str_starts(first, "line 0 of 50000\nline 1 of"));
    assert_true(str_ends(first, "line 49999 of 50000\n"));
    assert_true(souk_str_equal(whole(&arena, packed), first));

    write_feed(7, 40000, 0); /* given up: the old ones stay, and nothing else */
    assert_true(souk_str_equal(whole(&arena, plain), first));
    assert_true(souk_str_equal(whole(&arena, packed), first));
    assert_int_not_equal(access(arena_printf(&arena, "%s/feeds/7.new", data).ptr, F_OK), 0);
    assert_int_not_equal(access(arena_printf(&arena, "%s/feeds/7.gz.new", data).ptr, F_OK), 0);

    write_feed(7, 3, 1);
    assert_true(souk_str_is(whole(&arena, plain), "line 0 of 3\nline 1 of 3\nline 2 of 3\n"));
    assert_true(souk_str_equal(whole(&arena, packed), whole(&arena, plain)));
    file_write_drop(NULL);
    feed_file_remove(7);
    assert_int_not_equal(access(plain, F_OK), 0);
    assert_int_not_equal(access(packed, F_OK), 0);
    assert_int_equal(rmdir(arena_printf(&arena, "%s/feeds", data).ptr), 0);
    assert_int_equal(rmdir(data), 0);
    arena_free(&arena);
}

/* A second writer, of this process or another, gets nothing; the first one's file is whole. */
static void test_two_writers(void **state)
{
    struct arena arena = {0};
    struct file_write *first, *second = NULL;
    struct err err = {0};
    int64_t bytes = 0;
    char data[] = "/tmp/souk-feed-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(data));
    feed_setup(data);
    const char *plain = arena_printf(&arena, "%s/feeds/7", data).ptr;
    assert_int_equal(feed_file_begin(&first, 7, &err), SOUK_OK);
    assert_int_equal(file_write_add(first, souk_str("the first "), &err), SOUK_OK);
    assert_int_equal(feed_file_begin(&second, 7, &err), SOUK_CONFLICT);
    assert_non_null(strstr(err.text, "somebody else"));
    assert_int_equal(file_write_add(first, souk_str("and only one"), &err), SOUK_OK);
    assert_int_equal(file_write_end(first, 1767323045000000, &bytes, &err), SOUK_OK);
    assert_true(souk_str_is(whole(&arena, plain), "the first and only one"));
    write_feed(7, 2, 1); /* and its place is free again */
    assert_true(souk_str_is(whole(&arena, plain), "line 0 of 2\nline 1 of 2\n"));

    /* What a dead process left is written over, not behind. */
    int fd = open(arena_printf(&arena, "%s/feeds/7.new", data).ptr, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "left by somebody who died in the middle of it", 45), 45);
    close(fd);
    write_feed(7, 1, 1);
    assert_true(souk_str_is(whole(&arena, plain), "line 0 of 1\n"));
    feed_file_remove(7);
    rmdir(arena_printf(&arena, "%s/feeds", data).ptr);
    rmdir(data);
    arena_free(&arena);
}

/* The disk takes no more: words, the old file, and no rest of the new one. */
static void test_full(void **state)
{
    struct arena arena = {0};
    struct file_write *file;
    struct err err = {0};
    int64_t bytes = 0;
    struct rlimit before, little;
    char data[] = "/tmp/souk-feed-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(data));
    feed_setup(data);
    const char *plain = arena_printf(&arena, "%s/feeds/7", data).ptr;
    write_feed(7, 3, 1);
    struct souk_str old = arena_str(&arena, whole(&arena, plain));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    little = (struct rlimit){300000, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    int code = feed_file_begin(&file, 7, &err);
    for (int i = 0; code == SOUK_OK && i < 100000; i++)
        code = file_write_add(file, souk_str("a line of a file that is too long\n"), &err);
    assert_int_equal(code, SOUK_UNAVAILABLE);
    assert_non_null(strstr(err.text, "cannot be written"));
    file_write_drop(file);

    /* the last bytes, too */
    little.rlim_cur = 20;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
    assert_int_equal(feed_file_begin(&file, 7, &err), SOUK_OK);
    assert_int_equal(
        file_write_add(file, souk_str("more than twenty bytes, kept for the end"), &err), SOUK_OK);
    assert_int_equal(file_write_end(file, 1767323045000000, &bytes, &err), SOUK_UNAVAILABLE);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_true(souk_str_equal(whole(&arena, plain), old));
    assert_int_not_equal(access(arena_printf(&arena, "%s/feeds/7.new", data).ptr, F_OK), 0);
    assert_int_not_equal(access(arena_printf(&arena, "%s/feeds/7.gz.new", data).ptr, F_OK), 0);
    feed_file_remove(7);
    rmdir(arena_printf(&arena, "%s/feeds", data).ptr);
    rmdir(data);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_xml),         cmocka_unit_test(test_sink),
        cmocka_unit_test(test_filter),      cmocka_unit_test(test_address),
        cmocka_unit_test(test_file),        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_two_writers), cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
