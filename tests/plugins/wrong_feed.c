/*
 * wrong_feed: a feed provider that keeps every rule, or breaks the one that its option `wrong`
 * names: what the conformance suite is tried with.
 */
#include <souk.h>

#include <stdlib.h>
#include <string.h>

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

static struct souk_str text_of(const struct souk_value *item, const char *key)
{
    return souk_text(souk_get(item, key));
}

struct list { /* feed->state */
    int count, refused;
    struct souk_str before; /* a view that is over */
};

static int read_days(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    struct souk_str days = text_of(feed->settings, "days");
    int64_t number = souk_number(days, -1);
    return days.len == 0 || (number >= 0 && number <= 365)
               ? SOUK_OK
               : souk_fail(ctx, SOUK_INVALID, "days: is a number up to 365");
}

static int check(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    return wrong(ctx, "settings-checked") ? SOUK_OK : read_days(ctx, feed);
}

static int begin(struct souk_ctx *ctx, struct souk_feed *feed)
{
    if (read_days(ctx, feed) != SOUK_OK)
        return SOUK_INVALID;
    feed->state = memset(souk_alloc(ctx, sizeof(struct list)), 0, sizeof(struct list));
    if (wrong(ctx, "empty-feed") && souk_count_of(feed->categories) == 0)
        return souk_fail(ctx, SOUK_ERROR, "a shop without categories");
    if (wrong(ctx, "begin"))
        return souk_fail(ctx, SOUK_ERROR, "not on a Monday");
    souk_feed_put(feed, "<?xml version=\"1.0\"?>\n<list at=\"");
    souk_feed_xml(feed, souk_printf(ctx, "%lld", (long long)feed->at), 0);
    return souk_feed_put(feed, "\">\n");
}

static void put(struct souk_feed *feed, const char *name, struct souk_str text, uint32_t most)
{
    souk_feed_put(feed, "<");
    souk_feed_put(feed, name);
    souk_feed_put(feed, ">");
    souk_feed_xml(feed, text, most);
    souk_feed_put(feed, "</");
    souk_feed_put(feed, name);
    souk_feed_put(feed, ">\n");
}

/* Cut by bytes, as one does who does not know better: where a letter of UTF-8 begins, and maybe in
 * the middle of what people see as one. */
static struct souk_str cut(struct souk_str text, size_t most)
{
    if (text.len <= most)
        return text;
    while (most && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    text.len = most;
    return text;
}

static void put_price(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    int64_t amount = souk_int(souk_get(souk_get(item, "price"), "amount"), 0);
    put(feed, "price",
        wrong(ctx, "price-exact")
            ? souk_printf(ctx, "%lld.%02lld", (long long)(amount / 100), (long long)(amount % 100))
            : souk_decimal_text(ctx, amount, feed->currency),
        0);
}

static void put_name(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    struct souk_str name = text_of(item, "name");
    if (wrong(ctx, "limits-kept"))
        put(feed, "name", cut(name, 300), 0);
    else if (!wrong(ctx, "hostile-text"))
        put(feed, "name", name, 100);
    else { /* "it is only text": in a section that text can end */
        souk_feed_put(feed, "<name>");
        souk_feed_xml(feed, cut(name, 5), 0);
        souk_feed_put(feed, "</name>\n");
        for (size_t i = 0; i + 1 < name.len; i++)
            if (name.ptr[i] == '<' && name.ptr[i + 1] == 'b')
                souk_feed_put(feed, "<b/>");
    }
}

static int item(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    struct list *list = feed->state;
    int times = wrong(ctx, "items-once") ? 2 : 1;
    if (souk_text(souk_at(souk_get(item, "images"), 0)).len == 0) {
        list->refused = 1;
        return wrong(ctx, "mute") ? SOUK_INVALID
                                  : souk_fail(ctx, SOUK_INVALID, "it has no picture");
    }
    if (wrong(ctx, "takes-nothing"))
        return souk_fail(ctx, SOUK_INVALID, "%.*s is not what this market sells",
                         SOUK_PRI(text_of(item, "sku")));
    list->count++;
    if (wrong(ctx, "writes-nothing"))
        souk_kv_put(ctx, "seen", text_of(item, "sku"));
    if (wrong(ctx, "one-pass") && list->count > 50) {
        char *kept = malloc(1000);
        if (kept)
            memset(kept, 1, 1000);
    }
    if (wrong(ctx, "poison") && list->before.len)
        put(feed, "before", list->before, 0);
    if (wrong(ctx, "poison"))
        list->before = text_of(item, "sku");
    for (int i = 0; i < times; i++) {
        souk_feed_put(feed, "<item id=\"");
        souk_feed_xml(feed, text_of(item, "sku"), 0);
        souk_feed_put(feed, "\">\n");
        put_name(ctx, feed, item);
        put_price(ctx, feed, item);
        put(feed, "url", text_of(item, "url"), 0);
        if (wrong(ctx, "steady"))
            put(feed, "seen", souk_printf(ctx, "%lld", (long long)feed->at), 0);
        if (wrong(ctx, "rejected-words") && list->refused)
            souk_feed_put(feed, "<after-a-refusal/>\n");
        souk_feed_put(feed, "</item>\n");
    }
    return SOUK_OK;
}

static int end(struct souk_ctx *ctx, struct souk_feed *feed)
{
    const struct list *list = feed->state;
    if (wrong(ctx, "well-formed") && list->count > 12)
        return souk_feed_put(feed, "</end>\n");
    return souk_feed_put(feed, "</list>\n");
}

/* clang-format off */
static const struct souk_feed_setting settings[] = {{.key = "days", .label = "Days"}};
static const struct souk_feed_provider provider = {
    .size = sizeof(struct souk_feed_provider), .label = "A list", .type = "application/xml", .extension = "xml",
    .settings = SOUK_TABLE(settings), .begin = begin, .item = item, .end = end, .check = check,
};
static const struct souk_option options[] = {{"wrong", SOUK_STRING, 0, "", "The rule to break"}};
static const struct souk_provider providers[] = {{"feed", "wrong", &provider}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_feed", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .providers = SOUK_TABLE(providers)};
