/*
 * search_query: what is asked, as groups of words, and the term table that mends them. Inside of
 * search*.c only.
 */
#ifndef SHOP_SEARCH_QUERY_H
#define SHOP_SEARCH_QUERY_H

#include "base/buf.h"
#include "shop/search.h"
#include "shop/search_words.h"

#define SEARCH_GROUPS 10
#define SEARCH_PARTS  6

struct search_part {
    struct souk_str text;
    struct souk_str stems[2]; /* by the locale of the market, by the default one */
    struct souk_str unit;     /* "100ml" when this is the "ml" of "100 ml" */
};

struct search_group { /* what stood between spaces */
    struct search_part parts[SEARCH_PARTS];
    int count;
    struct souk_str joined;  /* of more than one part */
    struct souk_str shown;   /* as typed */
    struct souk_str same[8]; /* folds of words that mean the same */
    int same_count;
};

struct search_ask {
    struct arena *arena;
    const char *locales[2]; /* the market's, the default one; [1] is NULL when they are one */
    char codes[2][SEARCH_CODE];
    struct search_group groups[SEARCH_GROUPS];
    int count;
};

void search_query_parse(struct search_ask *ask, struct arena *arena, const struct market *market,
                        struct souk_str text);
/* The expression for FTS5 of all groups but `without` (-1: of all). */
struct souk_str search_query_text(const struct search_ask *ask, int prefix, int without);
/* The groups as words, without one of them. */
struct souk_str search_query_shown(const struct search_ask *ask, int without);

/* Mends words that no product has, by the nearest that some have; calls `attempt` for the likeliest
 * ways until it returns other than 0, which is returned. *ask is then what was found. */
int search_typo_mend(struct db_conn *conn, struct search_ask *ask,
                     int (*attempt)(void *user, struct search_ask *ask), void *user);

#endif
