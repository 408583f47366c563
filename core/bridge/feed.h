/*
 * feed: one run of a provider of kind "feed": begin, items in pieces, end. What it writes is
 * gathered for one call and handed over when the call was good, so that an item which is refused
 * leaves no trace. Where the bytes go is the owner's affair.
 */
#ifndef BRIDGE_FEED_H
#define BRIDGE_FEED_H

#include <souk/feed.h>
#include "bridge/provider.h"

/* A format, out of the plugin's table and checked; views live as long as the set is pinned. */
struct feed_format {
    struct souk_str name, label, type, extension;
    const char *plugin, *version;
    struct souk_table settings;
};
/* SOUK_NOT_FOUND: no plugin that is on has it. SOUK_ERROR: its table is not usable; err says why.
 */
int feed_format(const struct plugin_set *set, struct souk_str name, struct feed_format *format,
                struct err *err);
/* The one after `before` (empty: the first), usable or not; 0 at the end. */
int feed_format_next(const struct plugin_set *set, struct souk_str before, struct souk_str *name);
/* The index'th setting: cleared members where the plugin's struct is shorter; 0: there is none. */
int feed_format_setting(const struct feed_format *format, uint32_t index,
                        struct souk_feed_setting *setting);

/* Before a feed is saved: may it be written so? `view`: name, locale, currency, country and
 * settings of the feed to come. SOUK_INVALID with words: no; *key is the setting that they name, or
 * empty. A format that is away, or that does not check: SOUK_OK. `scope` is of READ. */
int feed_check(const struct provider_scope *scope, struct souk_str format, struct souk_feed *view,
               struct souk_str *key, struct err *err);

/* Words of the format's plugin in a language. */
struct souk_str feed_format_words(const struct plugin_set *set, const struct feed_format *format,
                                  const char *locale, const char *words);

struct souk_feed_sink {
    struct buf bytes; /* of the call that runs */
    int failed;       /* sticky */
    int open;
};

struct feed_run {
    const struct provider_scope *scope; /* its arena lives to the end of the feed */
    struct souk_str format;
    struct souk_feed view; /* name, locale, currency, country, settings are the owner's to
                              fill; categories may be */
    struct souk_feed_sink sink;
    void *user;
    int (*write)(void *user, struct souk_str bytes, struct err *err);
    int (*reject)(void *user, const struct json *item, struct souk_str words);
    int64_t taken, rejected;
    int worded; /* the provider itself has said why it went no further */
    int noisy;  /* how often the provider tried to write elsewhere, and was refused */
};

/* Fills in shop, categories and currencies, and lets the provider write its head. */
int feed_run_begin(struct feed_run *run, struct err *err);
/* One piece: everything of these calls lives in `arena`. */
int feed_run_items(struct feed_run *run, struct arena *arena, const struct json *items,
                   struct err *err);
int feed_run_end(struct feed_run *run, struct err *err);
/* After the last of them, whatever came of it. */
void feed_run_free(struct feed_run *run);

#endif
