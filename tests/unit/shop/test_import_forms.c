/*
 * test_import_forms: files of Shopify, Magento and csv as their systems write them, and the clothes
 * that any table may come in.
 */
#include "import_fixture.h"

/* ---- Shopify ---- */

#define CLASSIC                                                                                    \
    "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 "   \
    "Value,Option1 Linked To,Option2 Name,Option2 Value,Option2 Linked To,Option3 Name,Option3 "   \
    "Value,Option3 Linked To,Variant SKU,Variant Grams,Variant Inventory Tracker,Variant "         \
    "Inventory Qty,Variant Inventory Policy,Variant Fulfillment Service,Variant Price,Variant "    \
    "Compare At Price,Variant Requires Shipping,Variant Taxable,Unit Price Total Measure,Variant " \
    "Barcode,Image Src,Image Position,Image Alt Text,Gift Card,SEO Title,SEO Description,Color "   \
    "(product.metafields.shopify.color-pattern),Variant Image,Variant Weight Unit,Variant Tax "    \
    "Code,Cost per item,Included / International,Price / International,Compare At Price / "        \
    "International,Status\n"

static const char classic[] = CLASSIC
    /* pictures out of order, one with the variant alone */
    "tee,,,,,,,,,,,,,,,,,,,,,,,,,,,,,https://c.example/3.jpg?v=3,3,Third,,,,,,,,,,,,\n"
    "tee,Tee,\"<p>Soft, \"\"best\"\"</p>\n<p>two</p>\",Acme,Apparel & Accessories > Clothing,Shirts,\"a, b\",true,Color,"
    "Red,product.metafields.shopify.color-pattern,Size,S,,,,,T-R-S,120.0,shopify,5,deny,manual,19.99,25.00,true,true,,"
    "'00123,https://c.example/1.jpg,1,First,false,Tee,Best,red,https://c.example/only.jpg,kg,,7.5,true,21,,active\n"
    "tee,,,,,,,,,Red,,,M,,,,,T-R-M,120.0,shopify,0,continue,manual,19.99,0.00,true,true,,,https://c.example/2.jpg,2,,,,,"
    ",https://c.example/1.jpg,kg,,,true,22,,\n"
    "tee,,,,,,,,,Blue,,,S,,,,,,120.0,,,deny,manual,19.99,,true,true,,,,,,,,,,,kg,,,,,,\n"
    "mug,Mug,,,,,,false,Title,Default Title,,,,,,,,MUG,300.0,shopify,-2,deny,manual,8.00,,true,false,,,,,,false,,,,,kg,,,"
    ",,,active\n"
    "card,Card,,,,,,true,Denominations,10.00,,,,,,,,,0.0,,,deny,gift_card,10,,false,false,,,,,,true,,,,,kg,,,,,,active\n"
    "card,,,,,,,,,25.00,,,,,,,,,0.0,,,deny,gift_card,25,,false,false,,,,,,,,,,,kg,,,,,,\n"
    "old,Old,,,,,,false,Title,Default Title,,,,,,,,,0.0,,,deny,manual,1,,true,true,,,,,,false,,,,,kg,,,,,,archived\n"
    "hid,Hid,,,,,,true,Title,Default Title,,,,,,,,,0.0,,,deny,manual,1,,true,true,,,,,,false,,,,,kg,,,,,,unlisted\n";

static void test_shopify(void **state)
{
    (void)state;
    import_twice("shopify", classic, 5, 3 + 1 + 2 + 1 + 1, 0, 0);
    assert_string_equal(import_word("SELECT group_concat(substr(i.source, 19, 5)) FROM (SELECT "
                                    "image_id FROM product_image ORDER BY position) p JOIN image i "
                                    "ON i.id = p.image_id"),
                        "1.jpg,2.jpg,3.jpg");
    assert_string_equal(import_word("SELECT barcode FROM variant WHERE sku = 'T-R-S'"), "'00123");
    assert_string_equal(import_word("SELECT status FROM product WHERE key = 'mug'"), "draft");
    assert_string_equal(import_word("SELECT status FROM product WHERE key = 'old'"), "archived");
    assert_string_equal(import_word("SELECT visibility FROM product WHERE key = 'hid'"), "hidden");
    assert_string_equal(import_word("SELECT type FROM product WHERE key = 'card'"), "gift_card");
    import_trips();
    import_text("shopify", "Variant SKU,Variant Price\nT-R-S,20\nT-R-M,19.99\nMUG,8\nNO,1\n");
    import_expect("0 1 1 1", "0 1 2 1");
    import_text("shopify", "Handle,Variant SKU,Variant Inventory Qty\ntee,T-R-S,9\nmug,MUG,\n");
    import_expect("0 1 1 0", "0 1 1 0");
}

/* The names of the newer template. */
static void test_shopify_new(void **state)
{
    (void)state;
    import_twice(
        "shopify",
        "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online "
        "store,Status,SKU,Barcode,Option1 name,Option1 value,Option1 Linked To,Option2 name,Option2 "
        "value,Price,Compare-at price,Cost per item,Charge tax,Tax code,Unit price total "
        "measure,Inventory tracker,Inventory quantity,Continue selling when out of stock,Weight "
        "value (grams),Weight unit for display,Requires shipping,Fulfillment service,Product image "
        "URL,Image position,Image alt text,Variant image URL,Gift card,SEO title,SEO "
        "description\r\n"
        "Tee,tee,Fine,Acme,,Shirts,x,TRUE,Active,A-1,,Size,S,,,,10.5,12,4,TRUE,,,shopify,4,"
        "DENY,200,g,TRUE,manual,https://c.example/a.jpg,1,,,FALSE,,\r\n"
        ",tee,,,,,,,,A-2,,,M,,,,11,,,TRUE,,,shopify,4,CONTINUE,210,g,TRUE,manual,,,,,,,\r\n"
        "Cup,cup,,,,,,FALSE,Draft,,,Title,Default "
        "Title,,,,3,,,FALSE,,,,,DENY,0,g,TRUE,manual,,,,,FALSE,,\r\n",
        2, 3, 0, 0);
    assert_int_equal(import_query("SELECT weight_g FROM variant WHERE sku = 'A-2'"), 210);
    assert_int_equal(import_query("SELECT count(*) FROM product WHERE tax_class_id IS NULL"), 1);
    import_trips();
}

static void test_shopify_wrong(void **state)
{
    (void)state;
    import_text("shopify", "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
                           "a,A,Title,Default Title,A1,1\n"
                           "a,,Title,Default Title,A2,2\n" /* a second one without options */
                           "b,B,Size,S,B1,1\n"
                           "b,,,s,B2,1\n" /* the same value */
                           "b,,,,B3,1\n"  /* no value: a row of the product's, no variant */
                           "c,C,Title,Default Title,A1,1\n"
                           "d,D,Title,Default Title,D1,1,5\n" /* a cell too many */
                           "e,E,Title,Default Title,E1,1,,\n");
    import_expect("3 0 0 2", "3 0 0 3");
    import_noted("rejects", 3, "row 2 is the variant of this product already");
    import_noted("rejects", 5, "row 4 has the same options");
    import_noted("rejects", 7, "row 2 already");
    import_noted("rejects", 8, "7 cells");
}

static void test_many_variants(void **state)
{
    (void)state;
    struct buf text = {.arena = &arena};
    buf_add_cstr(&text, "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 "
                        "Value,Variant SKU,Variant Price\n");
    for (int i = 0; i < 150; i++)
        buf_printf(&text, "big,%s,Size,%d,Color,C%d,,%d\n", i ? "" : "Big", i / 3, i % 3, i + 1);
    buf_add_char(&text, 0);
    import_twice("shopify", text.ptr, 1, 150, 0, 0);
    import_trips();
}

/* ---- Magento ---- */

#define MAGENTO                                                                                    \
    "sku,store_view_code,attribute_set_code,product_type,categories,product_websites,name,"        \
    "description,short_description,weight,product_online,tax_class_name,visibility,price,special_" \
    "price,special_price_from_date,special_price_to_date,url_key,base_image,additional_images,"    \
    "additional_attributes,qty,is_in_stock,manage_stock,use_config_manage_stock,related_skus,"     \
    "upsell_skus,crosssell_skus,associated_skus,bundle_values,configurable_variations,"            \
    "configurable_variation_labels\n"

/* 7 products: shirt (2 children of 3), cap, gift, book, rent, set, kit; lost child. */
static const char magento[] = MAGENTO
    "S-R,,Default,simple,\"Default Category/Men\",base,Shirt-Red,,,0.500000,1,\"Taxable Goods\",\"Not Visible "
    "Individually\",19.000000,,,,shirt-red,/s/r.jpg,,\"color=Red,size=S\",10.0000,1,0,1,,,,,,,\n"
    "S-R,bg,Default,simple,,,\"Риза червена\",,,,,,,,,,,,,,,,,,,,,,,,,\n"
    "S-B,,Default,simple,\"Default Category/Men\",base,Shirt-Blue,,,0.500000,2,\"Taxable Goods\",\"Not Visible "
    "Individually\",19.000000,,,,shirt-blue,,,\"color=Blue,size=S\",0.0000,0,1,1,,,,,,,\n"
    "S,,Default,configurable,\"Default Category/Men,Default Category/Men/Tees\\/Tops,Default "
    "Category\",base,Shirt,\"<p>Good</p>\",,,1,\"Taxable Goods\",\"Catalog, Search\",,,,,shirt,/s/a.jpg,\"/s/b.jpg,/s/c.jpg\","
    "\"material=Cotton|Linen,features=Light, airy, good,has_options=1\",0.0000,1,1,1,CAP,\"CAP,BOOK\",NONE,,,"
    "\"sku=S-R,color=Red,size=S|sku=S-B,color=Blue,size=S|sku=S-X,color=Pink,size=S\",\"color=Colour,size=Size\"\n"
    "S,bg_BG,Default,configurable,,,Риза,,,,,,,,,,,riza,,,,,,,,,,,,,,\n"
    "S,german,Default,configurable,,,Hemd,,,,,,,,,,,,,,,,,,,,,,,,,\n"
    "CAP,,Default,simple,Default Category/Men,base,Cap,,,0.1,2,None,Search,8.50,7.5,\"1/31/26, 12:00 "
    "AM\",2026-02-28,cap,,,\"\"\"pattern=Solid, plain\"\",\"\"climate=\"\"\"\"Hot\"\"\"\"|\"\"\"\"Cold\"\"\"\"\"\"\",5.0000,1,0,0,,,,,,,\n"
    "GIFT,,Default,giftcard,Default Category/Gear,base,Gift,,,,1,,Catalog,10,,,,gift,,,,0,1,1,1,,,,,,,\n"
    "BOOK,,Default,downloadable,Default Category/Gear,base,Book,,,,1,,\"Catalog, Search\",5,,,,book,,,,100,1,1,1,,,,,,,\n"
    "RENT,,Default,virtual,Default Category/Gear,base,Rent,,,,1,,\"Catalog, Search\",5,,,,rent,,,,100,1,1,1,,,,,,,\n"
    "SET,,Default,grouped,Default Category/Gear,base,Set,,,,1,,\"Catalog, Search\",,,,,set,,,,0,1,1,1,,,,\"CAP=2.0000,"
    "BOOK=1.0000\",,,\n"
    "KIT,,Default,bundle,Default Category/Gear,base,Kit,,,,1,,\"Catalog, Search\",20,,,,kit,,,,0,1,1,1,,,,,\"name=Hat,type="
    "select,required=1,sku=CAP,price=0.0000,default=1,default_qty=2.0000|name=Read,type=radio,required=1,sku=BOOK,"
    "default_qty=1.0000\",,\n"
    "LOST,,Default,simple,Default Category/Men,base,Lost,,,,1,,\"Not Visible Individually\",1,,,,lost,,,,1,1,1,1,,,,,,,\n";

static void test_magento(void **state)
{
    (void)state;
    import_twice("magento", magento, 8, 2 + 6, 0, 0);
    import_noted("warnings", 5, "\"S-X\", which is not in the file");
    import_noted("warnings", 7, "\"german\" is none of the shop's languages");
    import_noted("warnings", 14, "not visible by itself");
    import_noted("warnings", 5, "links to \"NONE\"");
    assert_string_equal(import_word("SELECT name FROM product_text WHERE locale = 'bg'"), "Риза");
    assert_int_equal(import_query("SELECT count(*) FROM product_text WHERE locale = 'bg'"), 1);
    assert_int_equal(import_query("SELECT count(*) FROM category_text WHERE name = 'Tees/Tops'"),
                     1);
    assert_int_equal(import_query("SELECT enabled FROM variant WHERE sku = 'S-B'"), 0);
    assert_int_equal(import_query("SELECT tracked FROM variant WHERE sku = 'CAP'"), 0);
    assert_int_equal(import_query("SELECT tracked FROM variant WHERE sku = 'S-R'"), 1);
    assert_string_equal(import_word("SELECT status FROM product WHERE key = 'CAP'"), "draft");
    assert_int_equal(import_query("SELECT count(*) FROM product_link WHERE kind = 'bundle'"), 4);
    assert_int_equal(import_query("SELECT sum(quantity) FROM product_link WHERE kind = 'bundle'"),
                     6);
    assert_int_equal(import_query("SELECT count(*) FROM attribute_value_text WHERE name IN "
                                  "('Light, airy, good', 'Solid, plain', 'Hot', 'Cold')"),
                     4);
    assert_int_equal(import_query("SELECT count(*) FROM attribute_text WHERE name = 'Colour'"), 1);
    import_trips();
}

static void test_magento_by_sku(void **state)
{
    (void)state;
    import_text("magento", magento);
    import_text("magento", "sku,qty\nS-R,3.0000\nS-B,1\nCAP,5\nNO,1\n");
    import_expect("0 2 0 1", "0 3 0 1");
    import_text("magento", "sku,price\nS-R,20\nS-B,19\n");
    import_expect("0 1 0 0", "0 1 1 0");
    import_text("magento", "sku,product_online\nS-R,2\nS,2\n");
    import_expect("0 2 0 0", "0 1 0 0");
    assert_int_equal(import_query("SELECT enabled FROM variant WHERE sku = 'S-R'"), 0);
    assert_string_equal(import_word("SELECT status FROM product WHERE key = 'S'"), "draft");
    /* a child alone, with its name, is still the child */
    import_text("magento",
                "sku,product_type,name,price,visibility\nS-R,simple,Other,21,Not Visible "
                "Individually\n");
    import_expect("0 1 0 0", "0 1 0 0");
    assert_int_equal(import_query("SELECT count(*) FROM product_text WHERE name = 'Other'"), 0);
}

/* ---- any table ---- */

static void test_clothes(void **state)
{
    (void)state;
    static const char cp1251[] = "sep=;\r\nKEY;Name;SKU;Price;Weight (g);Weight "
                                 "(kg);Note;Note;Width (in);;\r\n"
                                 " a ;\xD7\xE0\xF8\xE0 \xF1\xE8\xED\xFF; A1 "
                                 ";1\xA0"
                                 "299,5;1,250;9;one;two;1,5;;\r\n"
                                 ";;;;;;;;;;\r\n\r\n"
                                 "b;\"\xCA\xE0\xED\xE0\r\n\xE4\xE2\xE5\";B1;0,999;;1,25;;x;;;\r\n";
    import_bytes("csv", cp1251, sizeof cp1251 - 1, 0);
    import_expect("1 0 0 1", "1 0 0 1"); /* 0,999 is no price: more digits than cents */
    import_noted("warnings", 1, "WINDOWS-1251");
    import_noted("rejects", 6, "\"0,999\"");
    assert_string_equal(import_word("SELECT name FROM product_text"), "Чаша синя");
    assert_int_equal(import_query("SELECT amount FROM price"), 129950);
    assert_int_equal(import_query("SELECT weight_g FROM variant"), 1);
    assert_int_equal(import_query("SELECT width_mm FROM variant"), 38);
    assert_string_equal(import_word("SELECT meta ->> '$.Note' FROM product"), "one");
    assert_int_equal(json_at(report, "kept_columns")->count, 1);
}

static void test_units(void **state)
{
    (void)state;
    import_twice("csv",
                 "name\tsku\tprice\tweight\tweight_unit\tlength\twidth\theight\tlength_unit\n"
                 "A\tA\t1\t2\tlbs\t1\t2\t3\tin\n"
                 "B\tB\t1,299.00\t8\toz\t1.5\t0.1\t2\tm\n"
                 "C\tC\t1\t250\tg\t10\t5\t1\tmm\n",
                 3, 3, 0, 0);
    assert_int_equal(import_query("SELECT sum(weight_g) FROM variant"), 907 + 227 + 250);
    assert_int_equal(import_query("SELECT sum(length_mm) FROM variant"), 25 + 1500 + 10);
    assert_int_equal(import_query("SELECT max(amount) FROM price"), 129900);
    import_trips();
}

/* What is no product is counted by itself. */
static void test_others(void **state)
{
    (void)state;
    static const char lines[] =
        "{\"price_list\": {\"code\": \"club\", \"name\": \"Club\"}}\n"
        "{\"tax\": {\"country\": \"BG\", \"class\": \"standard\", \"ppm\": 200000}}\n"
        "{\"tax\": {\"country\": \"BG\", \"class\": \"reduced\", \"ppm\": 90000}}\n";
    const int64_t wanted[][3] = {{3, 0, 0}, {0, 0, 3}, {0, 1, 2}};
    for (int i = 0; i < 3; i++) {
        char *text = arena_copy(&arena, lines, sizeof lines);
        if (i == 2)
            strstr(text, "90000")[0] = '8';
        import_text("souk", text);
        const struct json *others = json_at(report, "others");
        if (json_int(json_at(others, "created"), -1) != wanted[i][0] ||
            json_int(json_at(others, "updated"), -1) != wanted[i][1] ||
            json_int(json_at(others, "unchanged"), -1) != wanted[i][2])
            import_fail("others");
    }
}

/* Translations by a column, other currencies in rows of their own. */
static void test_csv_rows(void **state)
{
    (void)state;
    import_twice("csv",
                 "group,locale,name,sku,price,currency,option1 name,option1 value,stock,tags\n"
                 "pan,,Pan,,,,,,,\"a, b\"\n"
                 "pan,,,P-S,10,EUR,Size,S,1,\n"
                 "pan,,,P-S,12,USD,,,,\n"
                 "pan,,,P-L,20,EUR,Size,L,2,\n"
                 "pan,,,P-L,24,USD,,,,\n"
                 "pan,bg,Тиган,,,,,,,\n",
                 1, 2, 0, 0);
    assert_int_equal(import_query("SELECT count(*) FROM price"), 4);
    assert_int_equal(import_query("SELECT count(*) FROM product_text"), 2);
    import_trips();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IMPORT_TEST(test_shopify),       IMPORT_TEST(test_shopify_new),
        IMPORT_TEST(test_shopify_wrong), IMPORT_TEST(test_many_variants),
        IMPORT_TEST(test_magento),       IMPORT_TEST(test_magento_by_sku),
        IMPORT_TEST(test_clothes),       IMPORT_TEST(test_units),
        IMPORT_TEST(test_csv_rows),      IMPORT_TEST(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
