/*
 * test_import_woo: files as WooCommerce's exporter writes them, with what real shops have in them:
 * variations before their parents, any-attribute variations, one stock for all, combined types.
 */
#include "import_fixture.h"

#define HEAD                                                                                                 \
    "ID,Type,SKU,\"GTIN, UPC, EAN, or ISBN\",Name,Published,\"Is featured?\",\"Visibility in "               \
    "catalog\",\"Short description\",Description,\"Date sale price starts\",\"Date sale price "              \
    "ends\",\"Tax status\",\"Tax class\",\"In stock?\",Stock,\"Low stock amount\",\"Backorders "             \
    "allowed?\",\"Sold individually?\",\"Weight (kg)\",\"Length (cm)\",\"Width (cm)\",\"Height "             \
    "(cm)\",\"Allow customer reviews?\",\"Purchase note\",\"Sale price\",\"Regular "                         \
    "price\",Categories,Tags,\"Shipping class\",Images,\"Download limit\",\"Download expiry "                \
    "days\",Parent,\"Grouped products\",Upsells,Cross-sells,\"External URL\",\"Button "                      \
    "text\",Position,Brands,\"Attribute 1 name\",\"Attribute 1 value(s)\",\"Attribute 1 "                    \
    "visible\",\"Attribute 1 global\",\"Attribute 1 default\",\"Attribute 2 name\",\"Attribute 2 "           \
    "value(s)\",\"Attribute 2 visible\",\"Attribute 2 global\",\"Meta: wholesale_price\",\"Download 1 ID\"," \
    "\"Download 1 name\",\"Download 1 URL\"\n"

/* 11 top-level rows; 3 + 2 variations. The grouped one has no variant, the others one each. */
static const char shop[] =
    "\xEF\xBB\xBF" HEAD
    /* variations first, by id and by SKU; one for any size, one of a parent's stock */
    "31,variation,,,\"Shirt - Red\",1,0,visible,,,,,taxable,parent,1,parent,,0,0,0.2,,,,0,,,19.99,,,,"
    "https://p.example/red.jpg,,,id:30,,,,,,0,,Color,Red,,1,,Size,S,,0,,,,\n"
    "32,variation,SH-ANY,,\"Shirt - Blue\",1,0,visible,,,,,taxable,parent,1,,,0,0,,,,,0,,15,19.99,,,,"
    ",,,SHIRT,,,,,,1,,Color,Blue,,1,,Size,,,0,12.50,,,\n"
    "33,variation,SH-OUT,,\"Shirt - Blue, M\",0,0,visible,,,,,taxable,reduced-rate,0,0,,notify,0,,,,,0,,,"
    "21,,,,,,,id:30,,,,,,2,,Color,Blue,,1,,Size,M,,0,,,,\n"
    "30,variable,SHIRT,,Shirt,1,1,visible,\"Soft\\, \"\"fine\"\"\",\"<p>One</p>\n<p>Two</p>\",,,taxable,,1,12,3,0,"
    "0,,,,,1,\"Thank you\",,,\"Clothing > Shirts, Sale\\, now, Food & Drink\",\"cotton, a\\, b\",heavy,"
    "\"https://p.example/a.jpg, https://p.example/b.jpg\",,,,,\"id:40, CAP\",id:41,,,0,\"Smith\\, Sons\","
    "Color,\"Red, Blue\",1,1,Red,Size,\"S, M\",1,0,,,,\n"
    "40,simple,CAP,4006381333931,Cap,1,0,catalog,,,2026-01-01,2026-01-31,taxable,zero-rate,1,5,2,notify,1,"
    "0.1,20,18,12.5,1,,8,10,Clothing,,,,,,,,,,,,0,,Material,\"Wool, Cotton\",1,0,,,,,,9,,,\n"
    "41,\"simple, virtual\",,,Repair,1,0,visible,,,,,none,,1,,,0,0,,,,,1,,,15.00,Services,,,,,,,,,,,,0,,,,,,,,,,,,,,\n"
    "42,\"simple, downloadable, virtual\",BOOK,,\"=Book\",1,0,search,,,,,taxable,,1,,,0,0,,,,,1,,,5,Books,,,,3,30,"
    ",,,,,,0,,,,,,,,,,,,abc,Book,https://p.example/book.pdf\n"
    "43,\"simple, downloadable\",TAPE,,Tape,-1,0,visible,,,,,taxable,,backorder,,,1,0,,,,,1,,,5,Books,,,,,,"
    ",,,,,,0,,,,,,,,,,,,,,\n"
    "44,external,EXT,,Away,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,7,,,,,,,,,,,https://other.example/x,\"Buy there\","
    "0,,,,,,,,,,,,,,\n"
    "45,grouped,SET,,Set,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,,,,,,,,,\"CAP, id:41\",,,,,0,,,,,,,,,,,,,,\n"
    "46,subscription,SUB,,Box,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,30,,,,,,,,,,,,,0,,,,,,,,,,,,,,\n"
    /* all its variations are for any size: the size is no option then */
    "50,variable,TEE,,Tee,1,0,visible,,,,,taxable,,1,,,0,0,,,,,1,,,,,,,,,,,,,,,,0,,Color,\"Red, Blue\",1,1,,Size,"
    "\"S, M\",1,1,,,,\n"
    "51,variation,TEE-R,,\"Tee - Red\",1,0,visible,,,,,taxable,parent,1,,,0,0,,,,,0,,,9,,,,,,,TEE,,,,,,1,,Color,Red,,1,"
    ",Size,,,1,,,,\n"
    "52,variation,TEE-B,,\"Tee - Blue\",-1,0,visible,,,,,taxable,parent,1,,,0,0,,,,,0,,,9,,,,,,,id:50,,,,,,1,,Color,"
    "Blue,,1,,Size,,,1,,,,\n"
    "60,variable-subscription,CLUB,,Club,0,0,hidden,,,,,taxable,,1,,,0,0,,,,,1,,,,,,,,,,,,,,,,0,,Term,\"1, 12\",1,0,,,,,,"
    ",,,\n"
    "61,subscription_variation,,,\"Club - 1\",1,0,visible,,,,,taxable,parent,1,,,0,0,,,,,0,,,9,,,,,,,CLUB,,,,,,1,,Term,1,"
    ",0,,,,,,,,,\n"
    ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n"
    "\n";

static void test_whole(void **state)
{
    (void)state;
    import_twice("woocommerce", shop, 10, 3 + 2 + 1 + 6, 0, 0);
    import_noted("warnings", 3, "any \"Size\"");
    assert_int_equal(json_int(json_at(report, "warning_count"), -1), 1);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'variable'"), 3);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'digital'"), 2);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'service'"), 1);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE type = 'bundle'"), 1);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE status = 'draft'"), 2);
    assert_int_equal(import_query("SELECT enabled FROM variant WHERE sku = 'TEE-B'"), 1);
    assert_int_equal(import_query("SELECT enabled FROM variant WHERE sku = 'SH-OUT'"), 0);
    assert_int_equal(import_query("SELECT tracked FROM variant WHERE sku = 'TAPE'"), 0);
    assert_int_equal(import_query("SELECT count(*) FROM product_link"), 3 + 2);
    assert_int_equal(import_query("SELECT count(*) FROM category_text WHERE name IN ('Sale, now', "
                                  "'Food & Drink')"),
                     2);
    assert_string_equal(import_word("SELECT name FROM brand"), "Smith, Sons");
    assert_string_equal(import_word("SELECT c.code FROM variant v JOIN tax_class c ON c.id = "
                                    "v.tax_class_id WHERE v.sku = 'SH-OUT'"),
                        "reduced");
    import_trips();
    char name[64];
    snprintf(name, sizeof name, "/tmp/souk-woo-%d", (int)getpid());
    char *text = import_export(db, "woocommerce", name);
    assert_non_null(strstr(text, ",parent,"));
    assert_non_null(strstr(text, ",Size,\"S, M"));
    assert_non_null(strstr(text, "Material,\"Wool, Cotton\",1,0"));
    free(text);
    unlink(name);
}

/* Only a SKU and a column or two: variants are found wherever they are. */
static void test_by_sku(void **state)
{
    (void)state;
    import_text("woocommerce", shop);
    import_text("woocommerce",
                "SKU,Stock,Regular price\nTEE-R,4,\nTEE-B,,10\nCAP,5,10\nNONE,1,1\n");
    import_expect("0 1 1 1", "0 2 1 1");
    import_noted("rejects", 5, "\"NONE\" is neither in the shop");
    assert_int_equal(import_query("SELECT on_hand FROM stock s JOIN variant v ON v.id = "
                                  "s.variant_id WHERE v.sku = 'TEE-R'"),
                     4);
    import_text("woocommerce", "SKU,Published\nTEE-R,0\nCAP,0\n");
    import_expect("0 2 0 0", "0 1 1 0");
    assert_string_equal(import_word("SELECT status FROM product WHERE key = 'TEE'"), "active");
    assert_int_equal(import_query("SELECT enabled FROM variant WHERE sku = 'TEE-R'"), 0);
    assert_string_equal(import_word("SELECT status FROM product WHERE key = 'CAP'"), "draft");
    import_text("woocommerce", "sku,is featured?\nTEE,1\n");
    import_expect("0 1 0 0", "0 0 0 0");
    import_text("woocommerce", "ID,SKU,Stock\n51,TEE-R,6\n52,TEE-B,7\n40,CAP,6\n");
    import_expect("0 2 0 0", "0 3 0 0");
    /* what is kept stays when a file has other columns, and when its cell is empty */
    import_text("woocommerce", "SKU,Meta: other\nCAP,x\n");
    import_expect("0 1 0 0", "0 0 1 0");
    assert_string_equal(import_word("SELECT meta ->> '$.\"Meta: wholesale_price\"' FROM product "
                                    "WHERE key = 'CAP'"),
                        "9");
    assert_string_equal(import_word("SELECT meta ->> '$.ID' FROM product WHERE key = 'CAP'"), "40");
    import_text("woocommerce", shop);
    assert_int_equal(json_int(json_at(report, "rejected"), -1), 0);
    assert_string_equal(
        import_word("SELECT meta ->> '$.\"Meta: other\"' FROM product WHERE key = 'CAP'"), "x");
}

static void test_wrong(void **state)
{
    (void)state;
    import_text("woocommerce",
                "Type,SKU,Name,Parent,Regular price,Attribute 1 name,Attribute 1 value(s)\n"
                "variable,A,A,,,Size,\"S, M\"\n"
                "variation,A1,A,A,1,Size,S\n"
                "variation,A2,A,A,1,Size,s\n" /* the same again */
                "variation,A1,A,A,1,Size,M\n" /* a SKU twice */
                "variation,A3,A,A,dear,Size,M\n"
                "variation,B1,B,B,1,Size,M\n" /* nobody's child */
                "simple,A1,C,,1,,\n"          /* another's SKU */
                "simple,,,,1,,\n");           /* says nothing */
    import_expect("1 0 0 3", "1 0 0 5");
    import_noted("rejects", 4, "row 3 has the same attributes");
    import_noted("rejects", 5, "row 3 already");
    import_noted("rejects", 6, "no amount of money");
    import_noted("rejects", 7, "\"B\" is neither");
    import_noted("rejects", 8, "row 3 already");
    import_noted("rejects", 9, "no key, SKU or name");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMPORT_TEST(test_whole),
        IMPORT_TEST(test_by_sku),
        IMPORT_TEST(test_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
