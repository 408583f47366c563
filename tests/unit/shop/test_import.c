/*
 * test_import: real files of other shops, twice each, and small ones made here for what goes wrong.
 * The real ones lie beside the repository; without them those tests are passed over.
 */
#include "import_fixture.h"

#define CATALOGS "../shared/catalogs/"

static char file_name[64];

static int close_file(void **state)
{
    if (file_name[0])
        unlink(file_name);
    return import_close(state);
}

static void run_options(const struct import_options *options)
{
    struct err err = {0};
    if (import_run(db, &arena, options, &report, &err) != 0)
        fail_msg("%s: %s", options->file, err.text);
}

static void run(const char *format, const char *file)
{
    run_options(&(struct import_options){.format = format, .file = file});
}

static const char *write_file(const char *text)
{
    snprintf(file_name, sizeof file_name, "/tmp/souk-import-%d", (int)getpid());
    FILE *file = fopen(file_name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return file_name;
}

static int64_t count(const char *what)
{
    return json_int(json_at(report, what), -1);
}

static int64_t variants(const char *what)
{
    return json_int(json_at(json_at(report, "variants"), what), -1);
}

static void expect(int64_t created, int64_t updated, int64_t unchanged, int64_t rejected)
{
    if (count("created") != created || count("updated") != updated ||
        count("unchanged") != unchanged || count("rejected") != rejected) {
        char what[100];
        snprintf(what, sizeof what, "wanted %lld %lld %lld %lld", (long long)created,
                 (long long)updated, (long long)unchanged, (long long)rejected);
        import_fail(what);
    }
}

static void twice(const char *format, const char *file, int64_t products, int64_t all)
{
    if (access(file, R_OK) != 0)
        skip();
    run_options(&(struct import_options){.format = format, .file = file, .dry_run = 1});
    expect(products, 0, 0, 0);
    assert_int_equal(variants("created"), all);
    assert_int_equal(import_query("SELECT count(*) FROM product"), 0);
    run(format, file);
    expect(products, 0, 0, 0);
    assert_int_equal(variants("created"), all);
    assert_int_equal(variants("rejected"), 0);
    assert_int_equal(import_query("SELECT count(*) FROM product"), products);
    assert_int_equal(import_query("SELECT count(*) FROM variant"), all);
    run(format, file);
    expect(0, 0, products, 0);
    assert_int_equal(variants("unchanged"), all);
    assert_int_equal(variants("created"), 0);
    assert_int_equal(variants("updated"), 0);
}

static void test_woocommerce(void **state)
{
    (void)state;
    twice("woocommerce", CATALOGS "woocommerce/classic-commerce-sample_products.csv", 15, 21);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'simple'"), 9);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'variable'"), 2);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'digital'"), 2);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'bundle'"), 1);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'external'"), 1);
    assert_int_equal(import_query("SELECT count(*) FROM product_link WHERE kind = 'bundle'"), 3);
    assert_int_equal(
        import_query("SELECT min(r.amount) FROM price r JOIN variant v ON v.id = "
                     "r.variant_id JOIN product p ON p.id = v.product_id WHERE p.key = "
                     "'cc-hoodie'"),
        4200);
    assert_int_equal(
        import_query("SELECT max(r.amount) FROM price r JOIN variant v ON v.id = "
                     "r.variant_id JOIN product p ON p.id = v.product_id WHERE p.key = "
                     "'cc-hoodie'"),
        4500);
}

static void test_apparel(void **state)
{
    (void)state;
    twice("shopify", CATALOGS "shopify/apparel.csv", 20, 22);
}

static void test_home(void **state)
{
    (void)state;
    twice("shopify", CATALOGS "shopify/home-and-garden.csv", 20, 21);
    assert_int_equal(import_query("SELECT count(*) FROM price WHERE compare_at IS NOT NULL"), 16);
    assert_int_equal(import_query("SELECT count(*) FROM variant WHERE availability = 'out'"), 2);
}

static void test_jewelery(void **state)
{
    (void)state;
    twice("shopify", CATALOGS "shopify/jewelery.csv", 20, 23);
    assert_int_equal(import_query("SELECT count(*) FROM price WHERE compare_at IS NOT NULL"), 17);
    assert_int_equal(import_query("SELECT count(*) FROM variant WHERE availability = 'out'"), 3);
}

static void test_magento(void **state)
{
    (void)state;
    twice("magento", CATALOGS "magento/products.csv", 147, 1847);
}

static const char spree_map[] =
    "{\"columns\": {\"slug\": \"key\", \"compare_at_price\": \"compare_at\","
    " \"meta_title\": \"seo_title\", \"meta_description\": \"seo_description\","
    " \"tax_category\": \"tax_class\", \"category1\": \"categories\","
    " \"product_type\": \"attribute:Kind\", \"image1_src\": \"image1\", \"depth\": \"length\","
    " \"dimensions_unit\": \"length_unit\", \"available_on\": \"publish_from\","
    " \"discontinue_on\": \"publish_until\", \"inventory_count\": \"stock\","
    " \"inventory_backorderable\": \"backorder\", \"track_inventory\": \"tracked\"},"
    " \"category_separator\": \"->\"}";

static void test_spree(void **state)
{
    (void)state;
    char map[80];
    if (access(CATALOGS "spree/products.csv", R_OK) != 0)
        skip();
    snprintf(map, sizeof map, "%s", write_file(spree_map));
    const struct import_options options = {
        .format = "csv", .file = CATALOGS "spree/products.csv", .map = map, .save_map = "spree"};
    run_options(&options);
    expect(37, 0, 0, 0);
    assert_int_equal(variants("created"), 87);
    assert_int_equal(count("warning_count"), 1); /* ROBOT-VACUUM twice */
    assert_int_equal(import_query("SELECT count(*) FROM price WHERE list_id = 1"), 87);
    assert_int_equal(
        import_query("SELECT count(*) FROM price r JOIN price_list l ON l.id = r.list_id "
                     "WHERE l.currency = 'USD'"),
        87);
    run_options(&(struct import_options){
        .format = "csv", .file = CATALOGS "spree/products.csv", .map = "spree"});
    expect(0, 0, 37, 0);
    assert_int_equal(variants("unchanged"), 87);
}

static void test_update_by_sku(void **state)
{
    (void)state;
    run("csv", write_file("key,name,sku,option1 name,option1 value,price,stock\n"
                          "cup,Cup,C-R,Color,Red,10,5\ncup,,C-B,Color,Blue,10,5\n"
                          "pot,Pot,P,,,20,1\n"));
    expect(3 - 1, 0, 0, 0);
    assert_int_equal(variants("created"), 3);
    run("csv", write_file("sku,stock,price\nC-B,9,\nNO,1,\nP,1,20\nC-R,5,11.50\n"));
    expect(0, 1, 1, 1);
    assert_int_equal(
        import_query("SELECT s.on_hand FROM stock s JOIN variant v ON v.id = s.variant_id "
                     "WHERE v.sku = 'C-B'"),
        9);
    assert_int_equal(
        import_query("SELECT r.amount FROM price r JOIN variant v ON v.id = r.variant_id "
                     "WHERE v.sku = 'C-B'"),
        1000);
    assert_int_equal(
        import_query("SELECT r.amount FROM price r JOIN variant v ON v.id = r.variant_id "
                     "WHERE v.sku = 'C-R'"),
        1150);
    const struct json *reject = &json_first(json_at(report, "rejects"))->value;
    assert_int_equal(json_int(json_at(reject, "row"), 0), 3);
    assert_int_equal(import_query("SELECT count(*) FROM variant"), 3);
}

static void test_clear(void **state)
{
    (void)state;
    run("csv", write_file("key,name,sku,price,compare_at,brand\na,A,A1,10,15,Acme\n"));
    run("csv", write_file("key,name,sku,price,compare_at,brand\na,A,A1,,,\n"));
    expect(0, 0, 1, 0);
    run("csv", write_file("key,name,sku,price,compare_at,brand\na,A,A1,,[clear],[clear]\n"));
    expect(0, 1, 0, 0);
    assert_int_equal(
        import_query("SELECT count(*) FROM price WHERE compare_at IS NULL AND amount = 1000"), 1);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE brand_id IS NULL"), 1);
}

static void test_clashes(void **state)
{
    (void)state;
    run("csv", write_file("key,name,sku,price\na,A,X,1\nb,B,X,2\nc,C,Y,3\n"));
    expect(2, 0, 0, 1);
    const struct json *reject = &json_first(json_at(report, "rejects"))->value;
    assert_int_equal(json_int(json_at(reject, "row"), 0), 3);
    assert_true(souk_str_is(json_text(json_at(reject, "column")), "sku"));
    assert_non_null(strstr(arena_cstr(&arena, json_text(json_at(reject, "message"))), "row 2"));
    assert_int_equal(import_query("SELECT count(*) FROM product"), 2);
}

static void test_bad_rows(void **state)
{
    (void)state;
    char path[64];
    run("csv", write_file("key,name,sku,price\na,A,S1,1\nb,B,S2,cheap\nc,C\n,,,4\nd,D,S3,4\n"));
    expect(2, 0, 0, 3);
    assert_int_equal(json_at(report, "rejects")->count, 3);
    int64_t id = 0;
    assert_int_equal(sscanf(arena_cstr(&arena, json_text(json_at(report, "id"))), "%ld", &id), 1);
    struct err err = {0};
    FILE *out = tmpfile();
    assert_int_equal(import_rejects(db, id, out, &err), 0);
    rewind(out);
    char text[400] = "";
    size_t len = fread(text, 1, sizeof text - 1, out);
    text[len] = 0;
    fclose(out);
    assert_string_equal(text, "key,name,sku,price\nb,B,S2,cheap\nc,C\n,,,4\n");
    snprintf(path, sizeof path, "%s", "/nonexistent/file.csv");
    struct import_options options = {.format = "csv", .file = path};
    assert_int_equal(import_run(db, &arena, &options, &report, &err), SOUK_NOT_FOUND);
    options.file = write_file("what,is,this\n1,2,3\n");
    assert_int_equal(import_run(db, &arena, &options, &report, &err), SOUK_INVALID);
    options.format = "excel";
    assert_int_equal(import_run(db, &arena, &options, &report, &err), SOUK_INVALID);
}

static void test_shuffled(void **state)
{
    (void)state;
    run("woocommerce",
        write_file("\xEF\xBB\xBFID;Type;SKU;Name;Published;In stock?;Stock;Weight (lbs);Length "
                   "(in);Regular price;Categories;Parent;Attribute 1 name;Attribute 1 "
                   "value(s);Attribute 1 visible;Attribute 1 global;Upsells\r\n"
                   "12;variation;V1;;1;1;4;2;;  19,90 ;;id:10;Size;S;;1;\r\n"
                   "13;variation;V2;;1;1;0;2;;21;;T;Size;M;;1;\r\n"
                   "10;variable;T; Tee ;1;1;;;;;Food & Drink > Hot \\, sweet, Sale;;Size;S, M;1;1;"
                   "id:20\r\n"
                   "20;simple;;Pin;1;1;;;10;3;;;;;;;\r\n"));
    expect(2, 0, 0, 0);
    assert_int_equal(variants("created"), 3);
    assert_int_equal(count("warning_count"), 0);
    assert_int_equal(import_query("SELECT weight_g FROM variant WHERE sku = 'V1'"), 907);
    assert_int_equal(
        import_query("SELECT amount FROM price r JOIN variant v ON v.id = r.variant_id WHERE "
                     "v.sku = 'V1'"),
        1990);
    assert_int_equal(
        import_query("SELECT count(*) FROM category_text WHERE name = 'Hot , sweet' AND "
                     "locale = 'en'"),
        1);
    assert_int_equal(import_query("SELECT count(*) FROM product_link WHERE kind = 'upsell'"), 1);
    assert_int_equal(
        import_query("SELECT length_mm FROM variant v JOIN product p ON p.id = v.product_id "
                     "WHERE p.key = 'id:20'"),
        254);
}

static int stop_after;

static int stop(void *user)
{
    (void)user;
    return stop_after-- <= 0;
}

static void test_goes_on(void **state)
{
    (void)state;
    struct buf text = {.arena = &arena};
    struct err err = {0};
    buf_add_cstr(&text, "key,name,sku,price\n");
    for (int i = 0; i < 2000; i++)
        buf_printf(&text, "p%d,Product %d,S%d,%d\n", i, i, i == 1500 ? 3 : i, i + 1);
    struct import_options options = {
        .format = "csv", .file = write_file(text.ptr), .cancelled = stop};
    stop_after = 9;
    assert_int_equal(import_run(db, &arena, &options, &report, &err), SOUK_CONFLICT);
    int64_t some = import_query("SELECT count(*) FROM product");
    assert_true(some > 0 && some < 1999);
    options.cancelled = NULL;
    run_options(&options);
    expect(1999, 0, 0, 1);
    assert_int_equal(import_query("SELECT count(*) FROM product"), 1999);
    assert_int_equal(import_query("SELECT count(*) FROM import"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_woocommerce, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_apparel, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_home, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_jewelery, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_magento, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_spree, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_update_by_sku, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_clear, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_clashes, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_bad_rows, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_shuffled, import_open, close_file),
        cmocka_unit_test_setup_teardown(test_goes_on, import_open, close_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
