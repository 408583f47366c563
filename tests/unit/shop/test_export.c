/*
 * test_export: what is exported and imported into an empty shop is exported the same, byte for
 * byte: real catalogues through every format, and a small shop that has what breaks files.
 */
#include "import_fixture.h"

#define CATALOGS "../shared/catalogs/"

static void trips(const char *format, const char *file)
{
    if (access(file, R_OK) != 0)
        skip();
    import_into(db, format, file, 0);
    if (json_int(json_at(report, "reject_count"), -1) != 0)
        import_fail(file);
    import_trips();
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
    char name[64];
    snprintf(name, sizeof name, "/tmp/souk-small-%d", (int)getpid());
    import_text("csv", small);
    assert_int_equal(json_int(json_at(report, "reject_count"), -1), 0);
    char *text = import_export(db, "csv", name);
    assert_non_null(strstr(text, "'=1+1"));
    assert_non_null(strstr(text, "Чаша"));
    assert_non_null(strstr(text, "'@y"));
    assert_null(strstr(text, ",@y"));
    free(text);
    unlink(name);
    import_trips();
}

static void test_unknown(void **state)
{
    (void)state;
    struct err err = {0};
    assert_int_equal(export_run(db, "excel", stdout, NULL, NULL, &err), SOUK_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMPORT_TEST(test_small),   IMPORT_TEST(test_woocommerce), IMPORT_TEST(test_apparel),
        IMPORT_TEST(test_home),    IMPORT_TEST(test_jewelery),    IMPORT_TEST(test_magento),
        IMPORT_TEST(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
