/*
 * Feeds: the table of a provider that writes the catalogue down in somebody's format: Google
 * Merchant, YML, a CSV of a price comparison. The core walks the items, filters them as the feed is
 * set up, streams what the provider makes of each into a file that takes the old one's place when
 * it is whole, serves it under /feeds/<name> (gzip, ETag), writes it anew within a minute of a
 * change, and shows staff what was left out and why. The provider only knows the format.
 *
 * A feed is a row that staff (or `souk feed`) make: name, format, language, currency, country,
 * filters (categories, availability, price), what is appended to addresses (utm_source=…). Its
 * `settings` are the format's own.
 *
 * Prices are those of the page, JSON-LD and the API for the same variant: item "price" is to be
 * written as it stands, with souk_decimal_text().
 *
 * Rules (souk-host checks each by its name):
 *   well-formed        XML parses; CSV and JSON likewise, by the provider's type
 *   items-once         each item that was taken occurs once, in the order it came
 *   price-exact        the price written is the item's, with the currency's own digits
 *   hostile-text       control characters, quotes, "]]>", tags and other scripts in texts stay text
 *   limits-kept        texts are cut at the format's limits, between letters
 *   rejected-words     an item that lacks what the format requires is SOUK_INVALID with words, and
 *                      leaves no trace in the file
 *   empty-feed         without items there is a whole, valid file
 *   steady             the same items give the same bytes, but for the moment at its head
 *   one-pass           memory does not grow with the number of items
 *   writes-nothing     begin, item and end write into the feed and nowhere else
 *   settings-checked   settings that begin() refuses are refused by check(), and what check() says
 *                      begins with a setting's key
 */
#ifndef SOUK_FEED_H
#define SOUK_FEED_H

#include <souk/catalogue.h>
#include <souk/text.h>

#ifdef __cplusplus
extern "C" {
#endif

struct souk_feed_sink; /* where bytes go: souk_feed_write */

struct souk_feed { /* host-allocated: the feed that is being written */
    uint32_t size;
    int32_t reserved;
    int64_t id;
    int64_t at; /* the moment of its head */
    struct souk_str name;
    struct souk_str locale, currency, country;
    struct souk_str shop_name, shop_company, shop_url; /* "https://shop.example" */
    const struct souk_value *settings;   /* of the format: a map of texts; never NULL */
    const struct souk_value *categories; /* those of the items, as souk_categories() has them */
    const struct souk_value *currencies; /* list of codes */
    struct souk_feed_sink *sink;
    void *state; /* begin() may leave memory of souk_alloc here; it lives to the end of the feed */
};

/* A setting that staff may fill in for a feed of this format. */
#define SOUK_FEED_LINES 1 /* a text of several lines: a mapping, "key = value" a line */

struct souk_feed_setting {
    const char *key;
    const char *label;   /* message id */
    const char *initial; /* may be NULL */
    const char *hint;    /* may be NULL */
    int32_t flags;       /* SOUK_FEED_LINES */
    int32_t reserved;
};

struct souk_feed_provider {
    uint32_t size;
    int32_t flags;
    const char *label;          /* "Google Merchant" */
    const char *type;           /* "application/xml", "text/csv", "application/json" */
    const char *extension;      /* "xml" */
    struct souk_table settings; /* struct souk_feed_setting */
    /* All as TASK, one after another. They may query; whatever else writes (the database, keys,
     * files, facts, jobs, letters) is SOUK_WRONG_KIND here. An error of begin or end ends the feed:
     * the old file stays, staff see the words. A feed is written anew also when the plugin's
     * version is another than that which wrote it. */
    int (*begin)(struct souk_ctx *ctx, struct souk_feed *feed);
    /* SOUK_OK: taken. SOUK_INVALID with souk_fail's words: left out, and what this call wrote is
     * taken back. Other codes end the feed. */
    int (*item)(struct souk_ctx *ctx, struct souk_feed *feed, const struct souk_value *item);
    int (*end)(struct souk_ctx *ctx, struct souk_feed *feed);
    /* since 0.2 */
    /* READ. May be NULL. When staff save a feed, so that they hear at once what begin() would say
     * at night: settings, locale, currency and country are those to come; categories are empty, and
     * nothing can be written. SOUK_INVALID with words: nothing is saved; souk_fail's text names the
     * setting as "key: words". */
    int (*check)(struct souk_ctx *ctx, const struct souk_feed *feed);
};

struct souk_feed_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*write)(struct souk_feed_sink *sink, struct souk_str bytes);
    int (*write_xml)(struct souk_feed_sink *sink, struct souk_str text, uint32_t most);
};

/* clang-format off */

/* Appends bytes as they are. After an error every further step gives it again. [TASK; 0.2] */
static inline int souk_feed_write(struct souk_feed *feed, struct souk_str bytes) { return souk_api->feed->write(feed->sink, bytes); }
/* The same for a constant: souk_feed_put(feed, "<offer>"). [TASK; 0.2] */
static inline int souk_feed_put(struct souk_feed *feed, const char *text) { return souk_api->feed->write(feed->sink, souk_str(text)); }
/* Text for element content or a quoted attribute: & < > " ' escaped, what XML 1.0 does not allow left out, cut to `most` letters (0: all). [TASK; 0.2] */
static inline int souk_feed_xml(struct souk_feed *feed, struct souk_str text, uint32_t most) { return souk_api->feed->write_xml(feed->sink, text, most); }

/* clang-format on */

/* Text for a cell of a CSV file, in quotes, which are doubled within; control characters, line
 * breaks among them, become blanks; cut to `most` letters (0: all). What stands between cells and
 * lines is yours. [TASK; 0.2] */
static inline int souk_feed_csv(struct souk_feed *feed, struct souk_str text, uint32_t most)
{
    size_t from = 0;
    text = souk_cut(text, most);
    souk_feed_put(feed, "\"");
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        struct souk_str before = {text.ptr + from, i - from};
        if (c != '"' && c >= ' ' && c != 0x7f)
            continue;
        souk_feed_write(feed, before);
        souk_feed_put(feed, c == '"' ? "\"\"" : " ");
        from = i + 1;
    }
    text.ptr += from;
    text.len -= from;
    souk_feed_write(feed, text);
    return souk_feed_put(feed, "\"");
}

#ifdef __cplusplus
}
#endif

#endif
