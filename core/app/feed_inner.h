/*
 * feed_inner: what the files of feeds share: the way to their files, and what a feed wants of the
 * catalogue. Included by feed*.c and their tests only.
 */
#ifndef APP_FEED_INNER_H
#define APP_FEED_INNER_H

#include "app/feed.h"
#include "web/file_write.h"

/* ---- feed.c ---- */

/* The settings that the format declares, as the feed has them or as they begin. */
struct feed_format;
struct json *feed_settings(struct arena *arena, const struct feed_format *format,
                           const struct json *doc);

/* ---- feed_file.c ---- */

int feed_file_begin(struct file_write **file, int64_t id, struct err *err);
void feed_file_remove(int64_t id);

/* ---- feed_filter.c: what the feed wants ---- */

struct feed_filter;
/* `doc` as feed_show has it; `categories` as souk_categories() has them: both outlive it. */
struct feed_filter *feed_filter_new(struct arena *arena, const struct json *doc,
                                    const struct json *categories);
void feed_filter_free(struct feed_filter *filter); /* harmless for NULL */
int feed_filter_takes(const struct feed_filter *filter, const struct json *item);
/* The index'th of the wanted categories that are not there; 0: no more. `key` stays then. */
int feed_filter_gone(const struct feed_filter *filter, size_t index, struct souk_str *key);
/* The suffix goes to the item's address. */
void feed_filter_address(const struct feed_filter *filter, struct arena *arena, struct json *item);

#endif
