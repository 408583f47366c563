/*
 * test_csv: what spreadsheets do to files, read back cell by cell; and that what is written is read
 * the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"
#include "shop/csv.h"
#include "shop/import_table.h"
#include <cmocka.h>

static struct csv_reader reader;

static FILE *file_of(const char *text, size_t len)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    rewind(file);
    return file;
}

/* All records as "a|b\nc|d\n". */
static const char *read_all(const char *text, size_t len)
{
    static char out[4096];
    struct csv_record record;
    struct err err = {0};
    size_t at = 0;
    FILE *file = file_of(text, len);
    int got = csv_open(&reader, file, 0, &err);
    while (got == 0 && (got = csv_next(&reader, &record, &err)) == 1) {
        got = 0;
        for (size_t i = 0; i < record.count; i++)
            at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", i ? "|" : "",
                                   SOUK_PRI(record.cells[i]));
        at += (size_t)snprintf(out + at, sizeof out - at, "@%lld\n", (long long)record.line);
        continue;
    }
    if (got < 0)
        snprintf(out + at, sizeof out - at, "error %s", err.text);
    out[at] = got < 0 ? out[at] : 0;
    csv_close(&reader);
    fclose(file);
    return out;
}

#define READ(text) read_all(text, sizeof(text) - 1)

static void test_records(void **state)
{
    (void)state;
    assert_string_equal(READ("a,b\n1,2\n"), "a|b@1\n1|2@2\n");
    assert_string_equal(READ("a,b\r\n1,2"), "a|b@1\n1|2@2\n");
    assert_string_equal(READ("a,b\n\"x\ny\",\"say \"\"hi\"\"\"\n3,\n"),
                        "a|b@1\nx\ny|say \"hi\"@2\n3|@4\n");
    assert_string_equal(READ("a,b\n\n \n1,2\n"), "a|b@1\n1|2@4\n");
    assert_string_equal(READ("\xEF\xBB\xBF"
                             "a;b\n1,5;2\n"),
                        "a|b@1\n1,5|2@2\n");
    assert_string_equal(READ("a\tb\n \"q\" \t2\n"), "a|b@1\nq|2@2\n");
    assert_string_equal(READ("a,b\r\n\"x\",\r\n"), "a|b@1\nx|@2\n");
    assert_string_equal(READ("a,b\n5\" disk,2\n"), "a|b@1\n5\" disk|2@2\n");
    assert_string_equal(READ(""), "");
}

static void test_refusals(void **state)
{
    (void)state;
    assert_non_null(strstr(READ("a,b\n1,\"open\n"), "error line 2: the quote"));
    assert_non_null(strstr(READ("a,b\n1,\0x\n"), "error line 2 holds a NUL"));
    assert_non_null(strstr(READ("\xFF\xFE"
                                "a\0"),
                           "error the file is UTF-16"));
    char *wide = malloc(CSV_RECORD + 100);
    memset(wide, 'x', CSV_RECORD + 100);
    assert_non_null(strstr(read_all(wide, CSV_RECORD + 100), "error line 1: the record is longer"));
    memset(wide, ',', CSV_RECORD);
    assert_non_null(strstr(read_all(wide, 5000), "error line 1: the record is longer"));
    free(wide);
}

static void test_encodings(void **state)
{
    (void)state;
    /* "Чаша" in Windows-1251, "Café" in Windows-1252 */
    assert_string_equal(READ("name\n\xD7\xE0\xF8\xE0\n"), "name@1\nЧаша@2\n");
    assert_string_equal(reader.encoding, "WINDOWS-1251");
    assert_string_equal(READ("name\nCaf\xE9"
                             " noir\n"),
                        "name@1\nCafé noir@2\n");
    assert_string_equal(reader.encoding, "WINDOWS-1252");
    assert_string_equal(READ("name\nЧаша\n"), "name@1\nЧаша@2\n");
    assert_null(reader.encoding);
}

static void test_guard(void **state)
{
    (void)state;
    static const char *const cells[] = {"=1+1", "+44", "-5",  "@x",    "'=1",         "''-",
                                        "it's", "'x",  "a,b", "\"q\"", "line\nbreak", "a\tb"};
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        struct buf out = {0};
        struct csv_record record;
        struct err err = {0};
        buf_add_cstr(&out, "a,b\n");
        csv_put(&out, souk_str(cells[i]), 1, 1);
        csv_put(&out, souk_str("x"), 0, 1);
        FILE *file = file_of(out.ptr, out.len);
        assert_int_equal(csv_open(&reader, file, ',', &err), 0);
        assert_int_equal(csv_next(&reader, &record, &err), 1);
        assert_int_equal(csv_next(&reader, &record, &err), 1);
        struct souk_str cell = record.cells[0];
        assert_false(cell.len && memchr("=+-@", cell.ptr[0], 4));
        struct souk_str plain = csv_plain(cell);
        assert_int_equal(plain.len, strlen(cells[i]));
        assert_memory_equal(plain.ptr, cells[i], plain.len);
        csv_close(&reader);
        fclose(file);
        buf_free(&out);
    }
    struct buf number = {0};
    csv_put(&number, souk_str("-5"), 1, 0);
    assert_string_equal(number.ptr, "-5");
    buf_free(&number);
}

static int64_t money(const char *text)
{
    int64_t minor = -1;
    return import_money(souk_str(text), "EUR", &minor) == 0 ? minor : -1;
}

static int64_t measure(const char *text, const char *unit)
{
    int64_t value = -1;
    return import_measure(souk_str(text), souk_str(unit), &value) == 0 ? value : -1;
}

static void test_values(void **state)
{
    (void)state;
    int64_t at;
    int truth;
    assert_int_equal(money("12.99"), 1299);
    assert_int_equal(money("12,99"), 1299);
    assert_int_equal(money("1,299.50"), 129950);
    assert_int_equal(money("1.299,50 €"), 129950);
    assert_int_equal(money("1,299"), 129900);
    assert_int_equal(money("$ 5"), 500);
    assert_int_equal(money("24.9900"), 2499);
    assert_int_equal(money("24.999"), -1);
    assert_int_equal(money("-3"), -1);
    assert_int_equal(money("abc"), -1);
    assert_int_equal(money("99999999999999999999"), -1);
    assert_int_equal(measure("1.5", "kg"), 1500);
    assert_int_equal(measure("1,5", "KG"), 1500);
    assert_int_equal(measure("19.8", "lb"), 8981);
    assert_int_equal(measure("1", "oz"), 28);
    assert_int_equal(measure("13.8", "in"), 351);
    assert_int_equal(measure("2", "stone"), -1);
    assert_int_equal(import_time(souk_str("2026-01-31"), 1, &at), 0);
    assert_int_equal(at % INT64_C(86400000000), 0);
    assert_int_equal(import_time(souk_str("1/31/26"), 0, &at), 0);
    assert_int_equal(import_time(souk_str("31 January"), 0, &at), SOUK_INVALID);
    assert_int_equal(import_bool(souk_str("TRUE"), &truth), 0);
    assert_int_equal(import_bool(souk_str("maybe"), &truth), SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),   cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_encodings), cmocka_unit_test(test_guard),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
