/*
 * csv.c: CSV with columns of one's own, for comparisons that want a table: a line "header = value"
 * a column. A value is a member of an item (souk/catalogue.h), "attribute:code", "meta:key", a
 * fixed text in quotes; several with "|" between them: the first that is not empty.
 *
 * A text that a spreadsheet would run as a formula gets an apostrophe before it.
 *
 * RFC 4180: CRLF, quotes where they are needed and doubled within. Line breaks and other control
 * characters in values become spaces: many readers of such files count lines.
 */
#include "market.h"

#include <string.h>

#define COLUMNS_MOST 100

struct csv { /* feed->state */
    struct market_map columns;
    struct souk_str required; /* headers that may not be empty, with commas */
    char sign;
    int as_is; /* texts that a spreadsheet takes for formulas, too */
};

static int must_quote(const struct csv *csv, struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == csv->sign || text.ptr[i] == '"' || text.ptr[i] == ';' ||
            text.ptr[i] == ',')
            return 1;
    return text.len > 0 && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ');
}

static struct souk_str without_controls(struct souk_ctx *ctx, struct souk_str text)
{
    size_t at = 0;
    while (at < text.len && (unsigned char)text.ptr[at] >= 0x20 && text.ptr[at] != 0x7f)
        at++;
    if (at == text.len)
        return text;
    struct souk_str copy = souk_copy(ctx, text);
    for (char *c = (char *)(uintptr_t)copy.ptr; c < copy.ptr + copy.len; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return copy;
}

/* A spreadsheet runs what begins so, and a name may come from anybody. A number is none. */
static int is_formula(struct souk_str text)
{
    size_t at = 0;
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t'))
        at++;
    if (at == text.len || !strchr("=+-@", text.ptr[at]))
        return 0;
    if (text.ptr[at] == '=' || text.ptr[at] == '@')
        return 1;
    for (at++; at < text.len; at++)
        if (!(text.ptr[at] >= '0' && text.ptr[at] <= '9') && !strchr(".,", text.ptr[at]))
            return 1;
    return 0;
}

static void put_cell(struct souk_ctx *ctx, struct souk_feed *feed, const struct csv *csv,
                     struct souk_str text)
{
    size_t from = 0;
    text = without_controls(ctx, text);
    if (!csv->as_is && is_formula(text))
        text = souk_printf(ctx, "'%.*s", SOUK_PRI(text));
    if (!must_quote(csv, text)) {
        souk_feed_write(feed, text);
        return;
    }
    souk_feed_put(feed, "\"");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '"')
            continue;
        souk_feed_write(feed, (struct souk_str){text.ptr + from, i + 1 - from});
        from = i; /* once more: doubled */
    }
    souk_feed_write(feed, (struct souk_str){text.ptr + from, text.len - from});
    souk_feed_put(feed, "\"");
}

static struct souk_str number_text(struct souk_ctx *ctx, const struct souk_value *value)
{
    return souk_printf(ctx, "%lld", (long long)souk_int(value, 0));
}

static struct souk_str member(struct souk_ctx *ctx, const struct souk_value *item,
                              struct souk_str name)
{
    struct souk_str key = souk_copy(ctx, name);
    const struct souk_value *value = souk_get(item, key.ptr);
    switch (souk_kind(value)) {
    case SOUK_VALUE_STRING: return souk_text(value);
    case SOUK_VALUE_INT: return number_text(ctx, value);
    case SOUK_VALUE_BOOL: return souk_str(souk_true(value) ? "true" : "false");
    case SOUK_VALUE_MAP: return market_price(ctx, item, key.ptr);
    case SOUK_VALUE_LIST:
        return market_join(ctx, value, souk_str_is(name, "category_path") ? " > " : ", ");
    default: return souk_str("");
    }
}

static struct souk_str meta_text(struct souk_ctx *ctx, const struct souk_value *item,
                                 struct souk_str name)
{
    struct souk_str key = souk_copy(ctx, name);
    const struct souk_value *value = souk_get(souk_get(item, "meta"), key.ptr);
    return souk_kind(value) == SOUK_VALUE_INT ? number_text(ctx, value) : souk_text(value);
}

static struct souk_str value_of(struct souk_ctx *ctx, const struct souk_value *item,
                                struct souk_str name)
{
    struct souk_str kind, rest = name;
    if (name.len >= 2 && name.ptr[0] == '"' && name.ptr[name.len - 1] == '"') {
        struct souk_str fixed = {name.ptr + 1, name.len - 2};
        return fixed;
    }
    if (souk_str_is(name, "currency"))
        return market_text(souk_get(item, "price"), "currency");
    if (souk_str_is(name, "image"))
        return souk_text(souk_at(souk_get(item, "images"), 0));
    if (souk_split(&rest, ':', &kind) && rest.len) {
        if (souk_str_is(kind, "attribute") || souk_str_is(kind, "option"))
            return market_values(ctx, item, rest, ", ");
        if (souk_str_is(kind, "meta"))
            return meta_text(ctx, item, rest);
    }
    return member(ctx, item, name);
}

static struct souk_str first_of(struct souk_ctx *ctx, const struct souk_value *item,
                                struct souk_str names)
{
    struct souk_str name, text = souk_str("");
    while (text.len == 0 && souk_split(&names, '|', &name))
        text = value_of(ctx, item, souk_trim(name));
    return text;
}

static int read_settings(struct souk_ctx *ctx, const struct souk_feed *feed, struct csv *csv)
{
    struct souk_str sign = market_setting(feed, "sign");
    csv->sign = souk_str_is(sign, "tab") ? '\t' : sign.len ? sign.ptr[0] : ',';
    csv->as_is = souk_str_is(market_setting(feed, "formulas"), "yes");
    csv->required = market_setting(feed, "required");
    market_map_read(ctx, market_setting(feed, "columns"), &csv->columns);
    if (csv->columns.count == 0 || csv->columns.count > COLUMNS_MOST)
        return souk_fail(ctx, SOUK_INVALID,
                         "columns: are lines \"header = value\", at least one, at most %d",
                         COLUMNS_MOST);
    if (!strchr(",;\t|", csv->sign))
        return souk_fail(ctx, SOUK_INVALID, "sign: is , ; | or tab");
    return SOUK_OK;
}

static int check_settings(struct souk_ctx *ctx, const struct souk_feed *feed)
{
    struct csv csv;
    return read_settings(ctx, feed, &csv);
}

static int begin(struct souk_ctx *ctx, struct souk_feed *feed)
{
    struct csv *csv = souk_alloc(ctx, sizeof *csv);
    int code = read_settings(ctx, feed, csv);
    feed->state = csv;
    if (code != SOUK_OK)
        return code;
    for (uint32_t i = 0; i < csv->columns.count; i++) {
        if (i)
            souk_feed_write(feed, (struct souk_str){&csv->sign, 1});
        put_cell(ctx, feed, csv, csv->columns.at[i].key);
    }
    return souk_feed_put(feed, "\r\n");
}

static int item(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item)
{
    const struct csv *csv = feed->state;
    for (uint32_t i = 0; i < csv->columns.count; i++) {
        const struct market_pair *column = &csv->columns.at[i];
        struct souk_str text = first_of(ctx, item, column->value);
        if (souk_trim(text).len == 0 && souk_in_list(csv->required, column->key))
            return souk_fail(ctx, SOUK_INVALID, "it has nothing for the column %.*s",
                             SOUK_PRI(column->key));
        if (i)
            souk_feed_write(feed, (struct souk_str){&csv->sign, 1});
        put_cell(ctx, feed, csv, text);
    }
    return souk_feed_put(feed, "\r\n");
}

static int end(struct souk_ctx *ctx, struct souk_feed *feed)
{
    (void)ctx, (void)feed;
    return SOUK_OK;
}

static const struct souk_feed_setting settings[] = {
    {"columns", "Columns",
     "id = sku\nname = name\nprice = price\ncurrency = currency\nold_price = compare_at\n"
     "url = url\nimage = image\ncategory = category_path\nbrand = brand\nbarcode = barcode\n"
     "availability = availability\ndescription = description | summary",
     "header = value, a line each: a member of the offer, attribute:code, meta:key or \"text\"",
     SOUK_FEED_LINES, 0},
    {"sign", "Sign between columns", ",", ", ; | or tab", 0, 0},
    {"formulas", "Texts that begin like formulas stay as they are", "no",
     "no: an apostrophe before = + - @, so that spreadsheets do not run them; yes or no", 0, 0},
    {"required", "Columns that must be filled", "", "headers divided by commas", 0, 0},
};

const struct souk_feed_provider csv_provider = {
    sizeof(struct souk_feed_provider),
    0,
    "CSV with columns of one's own",
    "text/csv; charset=utf-8",
    "csv",
    SOUK_TABLE(settings),
    begin,
    item,
    end,
    check_settings,
};
