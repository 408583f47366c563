/*
 * search: words to products. Text is folded once (utf8proc), cut into words, stemmed where Snowball
 * knows the language (en, hu, hy; Bulgarian and Bengali by folding and light endings of our own
 * choice or none), and each token gets its locale's code in front. Queries go the same way; the
 * last word is a prefix. When few are found, words are replaced by neighbours of the term table
 * (one deletion, insertion, exchange or swap; two from eight letters on).
 */
#ifndef SHOP_SEARCH_H
#define SHOP_SEARCH_H

#include "base/json.h"
#include "shop/market.h"
#include "store/db.h"

/* In a write: the product's document in the index is what its rows say now; called by product_save.
 * Drafts and archived ones are taken out. */
int search_put(struct db_conn *conn, struct arena *arena, int64_t product_id);
/* In a write, by a nightly job: rowids follow popularity again, a slice at a time; *more. */
int search_reorder(struct db_conn *conn, int limit, int *more);

/* Renaming: what documents hold of a category ("category") or of an attribute's values
 * ("attribute"), as one text; and in a write, when it is no longer what it was before: the products
 * that have it are written anew, at once when they are few, else by the job "souk:reindex". */
int search_follow_names(struct db_conn *conn, struct arena *arena, const char *kind, int64_t id,
                        struct souk_str *names);
int search_follow(struct db_conn *conn, struct arena *arena, const char *kind, int64_t id,
                  struct souk_str before, int64_t now);
/* The same for those in a JSON array of ids, which have lost or got a category. */
int search_follow_products(struct db_conn *conn, struct souk_str ids, int64_t now);
/* In a write, by that job: the next `limit` of them; *more. */
int search_follow_next(struct db_conn *conn, int limit, int *more);
int search_follow_waits(struct db_conn *conn); /* 1: some are waiting */

struct search_hits {
    int64_t *positions; /* rowids of search_text, ascending: most popular first; or when `ranked`,
                           the best first */
    size_t count;
    int ranked;                /* few enough to be put in order one by one */
    struct souk_str corrected; /* what was searched instead; empty */
    struct json *suggestions;
    int64_t exact_product; /* by SKU or barcode */
};

/* Exact SKU or barcode first; then what has all the words, the last one as a prefix from two
 * letters on. When there is nothing: the nearest words that find something, and else suggestions.
 */
int search_run(struct db_conn *conn, struct arena *arena, const struct market *market,
               struct souk_str query, struct search_hits *hits);
/* Reads the words of the index for corrections, when those in memory are old; and forgets them. */
void search_terms_refresh(struct db_conn *conn);
void search_end(void);
/* Words as the index has them: for tests, synonyms and the log. */
struct souk_str search_fold(struct arena *arena, const char *locale, struct souk_str text);
/* Folded words as they stand in the names of these cards: with their accents. */
struct souk_str search_spell(struct arena *arena, const char *locale, struct souk_str words,
                             const struct json *cards);
/* Completions for a box: up to `limit` of {"text", "url"} (products and categories). */
int search_suggest(struct db_conn *conn, struct arena *arena, const struct market *market,
                   struct souk_str prefix, int limit, struct json *list);
/* In a write: notes searches for the report of what was not found:
 * [{"data": {"q", "locale"}, "found", "at"}]. */
int search_note_all(struct db_conn *conn, struct arena *arena, const struct json *searches);
/* {"query", "locale", "count", "found", "at"}, the most frequent first; `missing`: only what found
 * nothing. */
int search_log_list(struct db_conn *conn, struct arena *arena, int missing, int64_t skip, int limit,
                    struct json *list);
/* A job's: searches that nobody has made for 400 days go. */
int search_log_sweep(struct db *db, int64_t now, struct err *err);

#endif
