/*
 * test_export: what is exported and imported into an empty shop is exported the same, byte for
 * byte: real catalogues through every format, and a small shop that has what breaks files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/log.h"
#include "shop/import.h"
#include "shop/market.h"
#include <cmocka.h>

#define CATALOGS "../shared/catalogs/"

static struct db *open_db(void)
{
    static const struct market_shop shop = {.name = "Test",
                                            .url = "",
                                            .currency = "EUR",
                                            .locales = {"en", "bg"},
                                            .country = "BG",
                                            .email = "",
                                            .phone = ""};
    struct db *db = NULL;
    struct db_options none = {0};
    struct err err = {0};
    log_setup(LOG_ERROR, 0);
    market_setup(&shop);
    if (db_open(&db, &none, &err) != 0)
        fail_msg("%s", err.text);
    return db;
}

static void close_db(struct db *db)
{
    db_thread_end(db);
    db_shut(db);
}

static void import(struct db *db, const char *format, const char *file, int clean)
{
    struct arena arena = {0};
    struct err err = {0};
    const struct json *report = NULL;
    struct import_options options = {.format = format, .file = file};
    if (import_run(db, &arena, &options, &report, &err) != 0)
        fail_msg("%s: %s", file, err.text);
    if (clean && json_int(json_at(report, "reject_count"), -1) != 0) {
        struct buf text = {.arena = &arena};
        json_print(&text, json_at(report, "rejects"));
        fail_msg("%s %s refused: %.*s", format, file, (int)text.len, text.ptr);
    }
    arena_free(&arena);
}

static char *export(struct db *db, const char *format, char *name, size_t size)
{
    struct err err = {0};
    static int number;
    snprintf(name, size, "/tmp/souk-export-%d-%d", (int)getpid(), number++);
    FILE *out = fopen(name, "w+");
    assert_non_null(out);
    if (export_run(db, format, out, NULL, NULL, &err) != 0)
        fail_msg("%s: %s", format, err.text);
    long len = ftell(out);
    char *text = malloc((size_t)len + 1);
    rewind(out);
    assert_int_equal(fread(text, 1, (size_t)len, out), len);
    text[len] = 0;
    fclose(out);
    return text;
}

static void compare(const char *what, const char *a, const char *b)
{
    size_t i = 0;
    if (strcmp(a, b) == 0)
        return;
    while (a[i] && a[i] == b[i])
        i++;
    size_t from = i > 200 ? i - 200 : 0;
    fail_msg("%s differs at byte %zu:\n%.400s\n---\n%.400s", what, i, a + from, b + from);
}

static void trip(struct db *db, const char *format)
{
    char name[64], other[64];
    char *first = export(db, format, name, sizeof name);
    struct db *empty = open_db();
    import(empty, format, name, 1);
    char *second = export(empty, format, other, sizeof other);
    close_db(empty);
    assert_true(strlen(first) > 200);
    compare(format, first, second);
    free(first);
    free(second);
    unlink(name);
    unlink(other);
}

static void trips(const char *format, const char *file)
{
    if (access(file, R_OK) != 0)
        skip();
    struct db *db = open_db();
    import(db, format, file, 1);
    for (const char *const *to = export_formats(); *to; to++)
        trip(db, *to);
    close_db(db);
}

static void test_woocommerce(void **state)
{
    (void)state;
    trips("woocommerce", CATALOGS "woocommerce/classic-commerce-sample_products.csv");
}

static void test_apparel(void **state)
{
    (void)state;
    trips("shopify", CATALOGS "shopify/apparel.csv");
}

static void test_home(void **state)
{
    (void)state;
    trips("shopify", CATALOGS "shopify/home-and-garden.csv");
}

static void test_jewelery(void **state)
{
    (void)state;
    trips("shopify", CATALOGS "shopify/jewelery.csv");
}

static void test_magento(void **state)
{
    (void)state;
    trips("magento", CATALOGS "magento/products.csv");
}

/* Formulas, commas in names, other languages, lists, sales, links. */
static const char small[] =
    "key,name,name:bg,sku,option1 name,option1 value,price,compare_at,price:club,sale_price,"
    "sale_from,sale_until,stock,tracked,weight (kg),categories,tags,attribute:Material,related,"
    "tax_class,\"Odd, column\",Variant Odd\n"
    "cup,\"'=1+1\",Чаша,C-R,Color,\"Red, dark\",10,12.50,9,8,2026-01-01,2026-02-01,5,1,0.25,"
    "\"Kitchen > Cups\\, mugs, Sale\",\"a, b\\, c\",\"Clay|Glass | tin\",pot,reduced,-x,@y\n"
    "cup,,,C-B,Color,Blue,10,,,,,,-2,1,,,,,,,,z\n"
    "pot,\"Pot \"\"big\"\"\",,P,,,20.05,,,,,,,0,1.5,,,,cup,none,,\n";

static void test_small(void **state)
{
    (void)state;
    char name[64], file[64];
    struct db *db = open_db();
    snprintf(name, sizeof name, "/tmp/souk-small-%d", (int)getpid());
    FILE *out = fopen(name, "w");
    assert_non_null(out);
    fputs(small, out);
    fclose(out);
    import(db, "csv", name, 1);
    char *text = export(db, "csv", file, sizeof file);
    assert_non_null(strstr(text, "'=1+1"));
    assert_non_null(strstr(text, "Чаша"));
    assert_non_null(strstr(text, "'@y"));
    assert_null(strstr(text, ",@y"));
    free(text);
    unlink(file);
    for (const char *const *to = export_formats(); *to; to++)
        trip(db, *to);
    close_db(db);
    unlink(name);
}

static void test_unknown(void **state)
{
    (void)state;
    struct db *db = open_db();
    struct err err = {0};
    assert_int_equal(export_run(db, "excel", stdout, NULL, NULL, &err), SOUK_INVALID);
    close_db(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),    cmocka_unit_test(test_woocommerce),
        cmocka_unit_test(test_apparel),  cmocka_unit_test(test_home),
        cmocka_unit_test(test_jewelery), cmocka_unit_test(test_magento),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
