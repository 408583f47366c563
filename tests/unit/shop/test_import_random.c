/*
 * test_import_random: products made by chance, with all that a document may hold, through souk's
 * own format: into an empty shop and out again they are the same bytes, and a product saved from
 * its own document is unchanged. A failure names the seed; SOUK_SEED runs it again.
 */
#include "import_fixture.h"
#include "shop/product.h"

#define SHOPS    15
#define PRODUCTS 20

static uint64_t seed;

static unsigned chance(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % below);
}

/* Words with all that goes wrong in files. */
static struct souk_str words(int least)
{
    static const char *const pieces[] = {
        "Cup", "чаша",       "=1+1",       "-x",   "+3",           "@home",     "\"quoted\"",
        "a,b", "two\nlines", "tab\tin",    "it's", "'=x",          "বাটি",      "բաժակ",
        "é",   "\\,",        "|",          " > ",  "<b>&amp;</b>", "e\xCC\x81", "\xF0\x9F\x8D\xB5",
        "0",   "null",       "{\"a\": 1}", ";",    "\r\n"};
    struct buf out = {.arena = &arena};
    int count = least + (int)chance(4);
    for (int i = 0; i < count; i++) {
        if (i)
            buf_add_char(&out, ' ');
        buf_add_cstr(&out, pieces[chance(sizeof pieces / sizeof *pieces)]);
    }
    if (out.len == 0)
        buf_add_char(&out, 'x');
    return buf_str(&out);
}

#define numbered(format, number) arena_printf(&arena, format, number)

static void add_texts(struct json *doc, int number)
{
    static const char *const members[] = {"summary", "description", "seo_title", "seo_description"};
    static const char *const locales[] = {"en", "bg", "hu", "pt-BR"};
    struct json *texts = json_add(&arena, doc, "text", JSON_OBJECT);
    for (int l = 0; l < 4; l++) {
        if (l && chance(2))
            continue;
        struct json *text = json_add(&arena, texts, locales[l], JSON_OBJECT);
        struct souk_str rest = words(0);
        json_add_str(&arena, text, "name", arena_printf(&arena, "+%.*s", SOUK_PRI(rest)));
        json_add_str(&arena, text, "slug", numbered("slug-%d", number * 4 + l));
        for (int m = 0; m < 4; m++)
            if (chance(2))
                json_add_str(&arena, text, members[m], words(1));
    }
}

static void add_prices(struct json *variant)
{
    static const char *const lists[] = {"base", "sale"};
    struct json *prices = json_add(&arena, variant, "prices", JSON_ARRAY);
    for (int l = 0; l < 2; l++)
        for (int tier = 0; tier < 3; tier++) {
            if (chance(3) == 0)
                continue;
            struct json *price = json_add(&arena, prices, NULL, JSON_OBJECT);
            int amount = (int)chance(100000);
            json_add_cstr(&arena, price, "list", lists[l]);
            json_add_int(&arena, price, "amount", amount);
            if (tier)
                json_add_int(&arena, price, "min_quantity", tier * 10);
            if (chance(2))
                json_add_int(&arena, price, "compare_at", amount + 1 + (int)chance(500));
            if (l && chance(2))
                json_add_cstr(&arena, price, "from", "2026-01-01T00:00:00Z");
            if (l && chance(2))
                json_add_cstr(&arena, price, "until", "2026-02-01T10:30:00.250Z");
        }
}

static void add_variant(struct json *list, int number, int place, int options)
{
    static const char *const numbers[] = {"weight_g",  "length_mm", "width_mm",
                                          "height_mm", "cost",      "low_stock"};
    static const char *const backorders[] = {"no", "notify", "yes"};
    struct json *variant = json_add(&arena, list, NULL, JSON_OBJECT);
    json_add_str(&arena, variant, "sku", arena_printf(&arena, "S%d-%d é", number, place));
    if (options) {
        struct json *chosen = json_add(&arena, variant, "options", JSON_OBJECT);
        for (int o = 0; o < options; o++)
            json_add_key(&arena, chosen, numbered("Option %d", o), JSON_STRING)->text =
                numbered("v, \"%d\"", o ? place % 2 : place);
    }
    for (int i = 0; i < 6; i++)
        if (chance(2))
            json_add_int(&arena, variant, numbers[i], chance(5000));
    json_add_cstr(&arena, variant, "backorder", backorders[chance(3)]);
    json_add_bool(&arena, variant, "tracked", (int)chance(2));
    json_add_bool(&arena, variant, "enabled", chance(4) != 0);
    json_add_int(&arena, variant, "stock", (int)chance(50) - 5);
    if (chance(2))
        json_add_str(&arena, variant, "barcode", words(1));
    if (chance(3) == 0)
        json_add_cstr(&arena, variant, "tax_class", "reduced");
    if (chance(3) == 0)
        json_add_str(&arena, variant, "image",
                     numbered("https://p.example/%d.jpg", (int)chance(9)));
    if (chance(3) == 0)
        json_add_str(&arena, json_add(&arena, variant, "meta", JSON_OBJECT), "=odd, \"name\"",
                     words(0));
    add_prices(variant);
}

static void add_lists(struct json *doc)
{
    struct json *tags = json_add(&arena, doc, "tags", JSON_ARRAY);
    struct json *paths = json_add(&arena, doc, "categories", JSON_ARRAY);
    struct json *images = json_add(&arena, doc, "images", JSON_ARRAY);
    struct json *attributes = json_add(&arena, doc, "attributes", JSON_ARRAY);
    for (int i = 0; i < (int)chance(4); i++)
        json_add_str(&arena, tags, NULL, arena_printf(&arena, "tag %d, \"%u\"", i, chance(5)));
    for (int i = 0; i < (int)chance(3); i++) {
        struct json *path = json_add(&arena, paths, NULL, JSON_ARRAY);
        json_add_str(&arena, path, NULL, numbered("Root > %d", i));
        json_add_str(&arena, path, NULL, numbered("Leaf, %d", (int)chance(3)));
    }
    for (int i = 0; i < (int)chance(4); i++) {
        struct json *image = json_add(&arena, images, NULL, JSON_OBJECT);
        json_add_str(&arena, image, "source", numbered("https://p.example/%d.jpg", i));
        json_add_str(&arena, json_add(&arena, image, "alt", JSON_OBJECT), "bg", words(1));
    }
    for (int i = 0; i < (int)chance(4); i++) {
        struct json *entry = json_add(&arena, attributes, NULL, JSON_OBJECT);
        json_add_str(&arena, entry, "name", numbered("Made, \"%d\"", i));
        json_add_bool(&arena, entry, "visible", (int)chance(2));
        struct json *values = json_add(&arena, entry, "values", JSON_ARRAY);
        for (int v = 0; v <= (int)chance(3); v++)
            json_add_str(&arena, values, NULL, numbered("=value | %d", v));
    }
}

static struct json *make(int number)
{
    static const char *const statuses[] = {"active", "draft", "archived"};
    static const char *const places[] = {"both", "catalog", "search", "hidden"};
    static const char *const types[] = {"simple", "digital", "service", "subscription"};
    struct json *doc = json_new(&arena, JSON_OBJECT);
    int options = chance(2) ? (int)chance(9) : 0;
    json_add_str(&arena, doc, "key", numbered("кey, \"%d\"", number));
    json_add_cstr(&arena, doc, "type", options ? "variable" : types[chance(4)]);
    json_add_cstr(&arena, doc, "status", statuses[chance(3)]);
    json_add_cstr(&arena, doc, "visibility", places[chance(4)]);
    json_add_bool(&arena, doc, "featured", (int)chance(2));
    if (chance(2))
        json_add_str(&arena, doc, "brand", numbered("=Brand, %d", (int)chance(4)));
    if (chance(4) == 0)
        json_add_null(&arena, doc, "tax_class");
    if (chance(3) == 0)
        json_add_cstr(&arena, doc, "publish_from", "2026-03-01T00:00:00Z");
    if (chance(3) == 0)
        json_add_cstr(&arena, doc, "publish_until", "2027-03-01T12:00:00.5Z");
    add_texts(doc, number);
    add_lists(doc);
    if (chance(2))
        json_add_str(&arena, json_add(&arena, doc, "meta", JSON_OBJECT), "Meta: a, \"b\"",
                     words(0));
    struct json *variants = json_add(&arena, doc, "variants", JSON_ARRAY);
    for (int v = 0, count = options ? 1 + (int)chance(6) : 1; v < count; v++)
        add_variant(variants, number, v, options);
    if (number % PRODUCTS) { /* to one that is there before it, or is not yet */
        struct json *links = json_add(&arena, doc, "links", JSON_OBJECT);
        json_add_str(&arena, json_add(&arena, links, "related", JSON_ARRAY), NULL,
                     numbered("кey, \"%d\"", (int)chance(PRODUCTS)));
    }
    return doc;
}

static const struct json *again; /* the document to save */
static struct product_result result;

static int save_again(struct db_conn *conn, void *arg)
{
    struct err err = {0};
    struct arena work = {0};
    (void)arg;
    int code = product_save(conn, &work, again, "test", clock_now(), &result, &err);
    if (code != 0)
        print_error("%s at %s\n", err.text, result.pointer);
    arena_free(&work);
    return code;
}

static void check_unchanged(void)
{
    int64_t ids[PRODUCTS * 2];
    struct db_conn *conn = db_read_begin(db, 0);
    int count = product_walk(conn, 0, PRODUCTS * 2, ids);
    db_read_end(conn);
    assert_int_equal(count, PRODUCTS);
    for (int i = 0; i < count; i++) {
        struct json *doc = NULL;
        conn = db_read_begin(db, 0);
        assert_int_equal(product_load(conn, &arena, ids[i], &doc), 0);
        db_read_end(conn);
        again = doc;
        assert_int_equal(db_write(db, save_again, NULL, NULL), 0);
        if (result.change != PRODUCT_UNCHANGED || result.created || result.updated) {
            struct buf text = {.arena = &arena};
            json_print(&text, doc);
            fail_msg("changed by itself: %.*s", (int)text.len, text.ptr);
        }
    }
}

static void test_random(void **state)
{
    (void)state;
    const char *wanted = getenv("SOUK_SEED");
    for (int shop = 0; shop < SHOPS; shop++) {
        struct buf lines = {.arena = &arena};
        seed = wanted ? strtoull(wanted, NULL, 10) : (uint64_t)shop + 1;
        print_message("seed %d\n", shop + 1);
        for (int i = 0; i < PRODUCTS; i++) {
            struct json *line = json_new(&arena, JSON_OBJECT);
            json_add_tree(&arena, line, "product", make(i));
            json_print(&lines, line);
            buf_add_char(&lines, '\n');
        }
        db = import_db();
        import_bytes("souk", lines.ptr, lines.len, 0);
        if (json_int(json_at(report, "created"), 0) != PRODUCTS)
            import_fail("not all came in");
        check_unchanged();
        import_trip("souk");
        import_shut(db);
        db = NULL;
        arena_reset(&arena);
    }
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
