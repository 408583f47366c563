/*
 * feed_example: writes the catalogue in the format of Example, XML with an <offer> for each
 * variant. The core walks the items, filters them, writes the file anew after each change and
 * serves it; here is only the format. What it must keep to stands at the head of souk/feed.h, rule
 * by rule. In short: texts go through souk_feed_xml; the price is the item's, as it stands; an item
 * that lacks something is refused with words; nothing is kept from one item to the next.
 */
#include <souk.h>

#define NAME_MOST        120 /* letters, as the format has it */
#define DESCRIPTION_MOST 3000

SOUK_EMBED(skipped, "templates/skipped.html");
SOUK_EMBED(bg, "locale/bg.mo");

/* <name>text</name>; nothing when there is no text. */
static void element(struct souk_feed *feed, const char *name, struct souk_str text, uint32_t most)
{
    if (text.len == 0)
        return;
    souk_feed_put(feed, "<");
    souk_feed_put(feed, name);
    souk_feed_put(feed, ">");
    souk_feed_xml(feed, text, most);
    souk_feed_put(feed, "</");
    souk_feed_put(feed, name);
    souk_feed_put(feed, ">");
}

/* When staff save a feed, so that they hear at once what is wrong. "title: ": that setting. */
static int check(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    struct souk_str title = souk_text(souk_get(feed->settings, "title"));
    if (souk_cut(title, NAME_MOST).len < title.len)
        return souk_fail(ctx, SOUK_INVALID, "title: is longer than %d letters", NAME_MOST);
    return SOUK_OK;
}

static int begin(struct souk_ctx *ctx, struct souk_feed *feed)
{
    struct souk_str title = souk_text(souk_get(feed->settings, "title"));
    souk_feed_put(feed, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<offers at=\"");
    souk_feed_xml(feed, souk_time_print(ctx, feed->at), 0);
    souk_feed_put(feed, "\">\n");
    element(feed, "title", title.len ? title : feed->shop_name, NAME_MOST);
    return souk_feed_put(feed, "\n"); /* an error of any step is this one's, too */
}

/* 1: staff keep this SKU out of the feeds of this format. */
static int is_skipped(struct souk_ctx *ctx, struct souk_str sku)
{
    struct souk_rows *rows;
    int code =
        souk_query(ctx, &rows, "SELECT 1 FROM p_feed_example_skip WHERE sku = $1", SOUK_A_STR(sku));
    return code == SOUK_OK ? souk_next(rows) : code;
}

/* SOUK_INVALID: it is left out, and staff read why. */
static int item(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    struct souk_str sku = souk_text(souk_get(item, "sku")), url = souk_text(souk_get(item, "url"));
    struct souk_str image = souk_text(souk_at(souk_get(item, "images"), 0));
    const struct souk_value *price = souk_get(item, "price");
    struct souk_str currency = souk_text(souk_get(price, "currency"));
    if (sku.len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no SKU");
    if (souk_text(souk_get(item, "name")).len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no name");
    if (url.len == 0)
        return souk_fail(ctx, SOUK_INVALID, "it has no address");
    int skipped = is_skipped(ctx, sku);
    if (skipped)
        return skipped < 0 ? skipped : souk_fail(ctx, SOUK_INVALID, "staff keep it out");
    souk_feed_put(feed, "<offer id=\"");
    souk_feed_xml(feed, sku, 0);
    souk_feed_put(feed, souk_true(souk_get(item, "available")) ? "\" available=\"true\">"
                                                               : "\" available=\"false\">");
    element(feed, "name", souk_text(souk_get(item, "name")), NAME_MOST);
    element(feed, "description", souk_text(souk_get(item, "description")), DESCRIPTION_MOST);
    element(feed, "url", url, 0);
    element(feed, "picture", image, 0);
    element(feed, "brand", souk_text(souk_get(item, "brand")), NAME_MOST);
    element(feed, "price", souk_decimal_text(ctx, souk_int(souk_get(price, "amount"), 0), currency),
            0);
    element(feed, "currency", currency, 0);
    return souk_feed_put(feed, "</offer>\n");
}

static int end(struct souk_ctx *ctx, struct souk_feed *feed)
{
    return souk_feed_put(feed, "</offers>\n");
}

/* ---- on the dashboard: how many are kept out ---- */

static int fill_skipped(struct souk_ctx *ctx, struct souk_value *view)
{
    struct souk_rows *rows;
    int code = souk_query(ctx, &rows, "SELECT count(*) FROM p_feed_example_skip");
    if (code != SOUK_OK || (code = souk_next(rows)) != 1)
        return code;
    int64_t count = souk_column_int(rows, 0);
    souk_set_int(ctx, view, "skipped", count);
    return count > 0 ? SOUK_OK : SOUK_NOT_FOUND; /* nothing to show */
}

/* ---- souk feed_example skip TEA-100: the same as the page in the admin ---- */

static int put_skip(struct souk_ctx *ctx, void *sku)
{
    return souk_exec(ctx, NULL,
                     "INSERT INTO p_feed_example_skip (id, sku) VALUES ($1, $2)"
                     " ON CONFLICT (sku) DO NOTHING",
                     SOUK_A_INT(souk_new_id(ctx)), SOUK_A_STR(*(struct souk_str *)sku));
}

static int skip(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    if (argc != 1 || argv[0].len == 0)
        return souk_fail(ctx, SOUK_INVALID, "name one SKU");
    struct souk_str sku = argv[0];
    int code = souk_db_write(ctx, put_skip, &sku);
    if (code == SOUK_OK)
        souk_print(ctx, "%.*s is left out from the next writing on\n", SOUK_PRI(sku));
    return code;
}

/* ---- the descriptor ---- */

/* clang-format off */
static const struct souk_feed_setting settings[] = {
    {"title", "Title", NULL, "The name of the shop when empty"},
};
static const struct souk_feed_provider provider = {
    .size = sizeof(struct souk_feed_provider),
    .label = "Example",
    .type = "application/xml",
    .extension = "xml",
    .settings = SOUK_TABLE(settings),
    .begin = begin, .item = item, .end = end, .check = check,
};
static const struct souk_provider providers[] = {{"feed", "example", &provider}};
static const struct souk_command commands[] = {{"skip", "SKU", "Keeps a product out of the feeds", skip}};
static const struct souk_migration migrations[] = {
    {1, 0, "skip",
     "CREATE TABLE p_feed_example_skip (id INTEGER NOT NULL PRIMARY KEY, sku TEXT NOT NULL UNIQUE,"
     " why TEXT NOT NULL DEFAULT '') STRICT;"},
};
static const struct souk_field skip_fields[] = {
    {"sku", "SKU", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_FIND | SOUK_FIELD_EDIT | SOUK_FIELD_MUST, NULL, 0, 100},
    {"why", "Why", SOUK_STRING, SOUK_FIELD_LIST | SOUK_FIELD_EDIT, NULL, 0, 200},
};
static const struct souk_resource resources[] = {
    {"skip", "Not for Example", "SKU", "p_feed_example_skip", SOUK_TABLE(skip_fields), .flags = SOUK_CREATE | SOUK_REMOVE},
};
static const struct souk_slot slots[] = {{"admin.dashboard", "skipped", fill_skipped}};
static const struct souk_file files[] = {
    SOUK_FILE("templates/skipped.html", skipped), SOUK_FILE("locale/bg.mo", bg),
};
/* clang-format on */

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "feed_example",
    .version = "0.1.0",
    .summary = "Writes the catalogue in the format of Example",
    .contact = "you@shop.invalid",
    .license = "MIT",
    .slots = SOUK_TABLE(slots),
    .commands = SOUK_TABLE(commands),
    .migrations = SOUK_TABLE(migrations),
    .files = SOUK_TABLE(files),
    .providers = SOUK_TABLE(providers),
    .resources = SOUK_TABLE(resources),
};
