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
#define SEARCH_MANY   8  /* languages that are looked in at once */
#define SEARCH_NEAR   10 /* candidates for one word */

struct search_part {
    struct souk_str text;
    struct souk_str stems[SEARCH_MANY]; /* by each of the locales */
    struct souk_str unit;               /* "100ml" when this is the "ml" of "100 ml" */
};

struct search_group { /* what stood between spaces */
    struct search_part parts[SEARCH_PARTS];
    int count;
    struct souk_str joined;   /* of more than one part */
    struct souk_str shown;    /* as typed */
    struct souk_str same[12]; /* folds of words that mean the same */
    int same_count;
};

struct search_ask {
    struct arena *arena;
    const char *locales[SEARCH_MANY + 1]; /* the market's, the default one, all others if `wide` */
    char codes[SEARCH_MANY][SEARCH_CODE]; /* no two are the same */
    int wide;
    struct search_group groups[SEARCH_GROUPS];
    int count;
};

void search_query_parse(struct search_ask *ask, struct arena *arena, const struct market *market,
                        struct souk_str text, int wide);
/* The expression for FTS5 of all groups but `without` (-1: of all). `prefix`: 1: the last word may
 * be a beginning; 0: not; -1: nor may any be met by its stem. */
struct souk_str search_query_text(const struct search_ask *ask, int prefix, int without);
/* The groups as words, without one of them. */
struct souk_str search_query_shown(const struct search_ask *ask, int without);

/* ---- the words of the index (search_typo.c) ---- */

struct search_terms;
struct search_near {
    struct souk_str word;
    uint32_t docs;
    int distance;
};
/* The words, held until they are dropped; NULL: they cannot be read. */
struct search_terms *search_typo_get(struct db_conn *conn);
void search_typo_drop(struct search_terms *terms);
/* Products that have the word in one of the languages, as a whole or, `prefix`, as a beginning. */
uint32_t search_typo_docs(const struct search_terms *terms, const struct search_ask *ask,
                          struct souk_str word, int prefix);
/* Is it known, by itself or by its stem? */
int search_typo_known(const struct search_terms *terms, const struct search_ask *ask,
                      const struct search_part *part, int prefix);
/* The nearest, the likeliest first; `prefix`: also words that begin nearly so. */
int search_typo_near(const struct search_terms *terms, const struct search_ask *ask,
                     struct souk_str word, int prefix, struct search_near list[SEARCH_NEAR]);

/* ---- mending (search_mend.c) ---- */

typedef int search_attempt_fn(void *user, struct search_ask *ask); /* 1: it found something */

/* Each calls `attempt` for the likeliest ways until it returns other than 0, which is returned;
 * *ask is then what was found. Words that no product has, by the nearest that some have. */
int search_mend_words(struct db_conn *conn, struct search_ask *ask, search_attempt_fn *attempt,
                      void *user);
/* "tea pot" as "teapot"; "teapot" as "tea pot". */
int search_mend_join(const struct market *market, struct search_ask *ask,
                     search_attempt_fn *attempt, void *user);
int search_mend_split(struct db_conn *conn, const struct market *market, struct search_ask *ask,
                      search_attempt_fn *attempt, void *user);
/* Typed with the keyboard in another language: "kfvgf" for "лампа". */
int search_mend_keyboard(const struct market *market, struct souk_str typed, struct search_ask *ask,
                         search_attempt_fn *attempt, void *user);
/* Words that few have, by neighbours that many have: what to offer beside what was found. */
int search_mend_hint(struct db_conn *conn, struct search_ask *ask, search_attempt_fn *attempt,
                     void *user);
/* What `text` would be on keyboard `which` (0, 1, …); empty: it does not fit; NULL: no more. */
struct souk_str search_keyboard(struct arena *arena, struct souk_str text, int which);

#endif
