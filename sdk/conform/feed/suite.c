/*
 * suite.c: the rules of feed providers, in the words of souk/feed.h.
 */
#include "conform/feed/rules.h"
#include "host/host.h"

static const struct rule rules[] = {
    {"well-formed", "XML parses; CSV and JSON likewise, by the provider's type", 0,
     feed_well_formed},
    {"items-once", "each item that was taken occurs once, in the order it came", 0,
     feed_items_once},
    {"price-exact", "the price written is the item's, with the currency's own digits", 0,
     feed_price_exact},
    {"hostile-text",
     "control characters, quotes, \"]]>\", tags and other scripts in texts stay text", 0,
     feed_hostile},
    {"limits-kept", "texts are cut at the format's limits, between letters", 0, feed_limits_kept},
    {"rejected-words",
     "an item that lacks what the format requires is left out with words, and leaves no trace", 0,
     feed_rejected_words},
    {"empty-feed", "without items there is a whole, valid file", 0, feed_empty},
    {"steady", "the same items give the same bytes, but for the moment at its head", 0,
     feed_steady},
    {"one-pass", "memory does not grow with the number of items", RULE_CENSUS, feed_one_pass},
    {"writes-nothing", "begin, item and end write into the feed and nowhere else", 0,
     feed_writes_nothing},
    {"settings-checked",
     "settings that begin() refuses are refused by check(), which names the setting", 0,
     feed_settings_checked},
};

const struct suite suite_feed = {"feed", rules, sizeof rules / sizeof *rules, feed_path,
                                 feed_provoke};

enum document_kind feed_kind(const struct scene *scene)
{
    return document_kind_of(feed_type(scene));
}
