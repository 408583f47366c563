/*
 * search_words: text to words, the same way for the index and for what is asked. Inside of
 * search*.c only.
 */
#ifndef SHOP_SEARCH_WORDS_H
#define SHOP_SEARCH_WORDS_H

#include "base/arena.h"

#define SEARCH_WORD  60 /* bytes of a word at most; what is longer is cut between letters */
#define SEARCH_CODE  4
#define SEARCH_PLAIN "zz" /* the code of what has no language: brands, SKUs, barcodes */

enum search_word_kind {
    SEARCH_WHOLE,  /* a run of letters and digits */
    SEARCH_PART,   /* "usb" of "usb-c" */
    SEARCH_HALF,   /* "100" of "100ml" */
    SEARCH_JOINED, /* "usbc" of "usb-c", "100ml" of "100 ml" */
};

struct search_word {
    struct souk_str lower; /* as written, in lower case */
    struct souk_str text;  /* folded */
    struct souk_str stem;  /* folded; the same as text where nothing was cut off */
    int kind;
    int chunk; /* number of the run between spaces that it came from */
};

/* Calls `take` for each word, in order; words live in `arena`. */
void search_words_cut(struct arena *arena, const char *locale, struct souk_str text,
                      void (*take)(void *user, const struct search_word *word), void *user);
/* "en" of "en-GB": what tokens of the locale begin with. */
void search_words_code(const char *locale, char code[SEARCH_CODE]);
/* The stem of one lower-case word, folded. */
struct souk_str search_words_stem(struct arena *arena, const char *locale, struct souk_str lower,
                                  struct souk_str folded);

#endif
