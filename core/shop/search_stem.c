/*
 * search_stem: words without their endings.
 *
 * English, Hungarian and Armenian go through Snowball, before folding, because its rules look at
 * accents. A stemmer is not to be shared: each thread keeps those that it has used. Bulgarian and
 * Bengali have none there; of these the most common endings are cut off by two short lists of our
 * own: articles and plurals in Bulgarian, classifiers and cases in Bengali. The index holds whole
 * words beside their stems, so an ending cut off wrongly never hides the word itself.
 */
#include <libstemmer.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/str.h"
#include "base/utf8.h"
#include "shop/search_words.h"

#define SEARCH_STEMMERS 16

static const struct search_language {
    char code[SEARCH_CODE];
    const char *algorithm;
} search_languages[] = {
    {"en", "english"}, {"hu", "hungarian"}, {"hy", "armenian"}, {"de", "german"},
    {"fr", "french"},  {"es", "spanish"},   {"it", "italian"},  {"pt", "portuguese"},
    {"ru", "russian"}, {"nl", "dutch"},     {"ro", "romanian"}, {"el", "greek"},
    {"sv", "swedish"}, {"tr", "turkish"},   {"sr", "serbian"},  {"da", "danish"},
};

struct search_stemmers { /* of one thread */
    struct sb_stemmer *made[SEARCH_STEMMERS];
};

static pthread_once_t search_stem_once = PTHREAD_ONCE_INIT;
static pthread_key_t search_stem_key;

static void search_stem_free(void *arg)
{
    struct search_stemmers *own = arg;
    for (int i = 0; i < SEARCH_STEMMERS; i++)
        sb_stemmer_delete(own->made[i]);
    free(own);
}

/* The main thread does not run a key's destructor at exit. */
static void search_stem_exit(void)
{
    struct search_stemmers *own = pthread_getspecific(search_stem_key);
    pthread_setspecific(search_stem_key, NULL);
    if (own)
        search_stem_free(own);
}

static void search_stem_start(void)
{
    pthread_key_create(&search_stem_key, search_stem_free);
    atexit(search_stem_exit);
}

static struct sb_stemmer *search_stem_of(const char *code)
{
    size_t at = 0;
    const size_t count = sizeof search_languages / sizeof *search_languages;
    while (at < count && strcmp(search_languages[at].code, code) != 0)
        at++;
    if (at == count)
        return NULL;
    pthread_once(&search_stem_once, search_stem_start);
    struct search_stemmers *own = pthread_getspecific(search_stem_key);
    if (!own) {
        own = mem_zalloc(sizeof *own);
        pthread_setspecific(search_stem_key, own);
    }
    if (!own->made[at])
        own->made[at] = sb_stemmer_new(search_languages[at].algorithm, "UTF_8");
    return own->made[at];
}

/* ---- endings of our own: the longest first, in folded (decomposed) letters ---- */

static const char *const search_stem_bg_long[] = {"ищата", "овете", "евете", "ищте", "ият", "ите",
                                                  "ата",   "ята",   "ото",   "ето",  "ове", "еве",
                                                  "ища",   "ът",    "ят",    "те",   "ия",  NULL};
static const char *const search_stem_bg_short[] = {"а", "я", "о", "е", "и", NULL};
static const char *const search_stem_bn_long[] = {
    "\u0997\u09c1\u09b2\u09c7\u09be\u09b0" /* gulor */,
    "\u0997\u09c1\u09b2\u09bf\u09b0" /* gulir */,
    "\u0997\u09c1\u09b2\u09c7\u09be" /* gulo */,
    "\u0997\u09c1\u09b2\u09bf" /* guli */,
    "\u099f\u09bf\u09b0" /* tir */,
    "\u099f\u09be\u09b0" /* tar */,
    "\u09a6\u09c7\u09b0" /* der */,
    "\u099f\u09bf" /* ti */,
    "\u099f\u09be" /* ta */,
    "\u0995\u09c7" /* ke */,
    "\u09a4\u09c7" /* te */,
    "\u09c7\u09b0" /* er */,
    "\u09b0" /* r */,
    NULL};

static struct souk_str search_stem_cut(struct souk_str word, const char *const *endings,
                                       size_t least)
{
    for (size_t i = 0; endings[i]; i++) {
        struct souk_str rest = word;
        size_t len = strlen(endings[i]);
        if (!str_ends(word, endings[i]))
            continue;
        rest.len -= len;
        if (utf8_length(rest) >= least)
            return rest;
    }
    return word;
}

struct souk_str search_words_stem(struct arena *arena, const char *locale, struct souk_str lower,
                                  struct souk_str folded)
{
    char code[SEARCH_CODE];
    search_words_code(locale, code);
    if (strcmp(code, "bg") == 0)
        return search_stem_cut(search_stem_cut(folded, search_stem_bg_long, 3),
                               search_stem_bg_short, 3);
    if (strcmp(code, "bn") == 0)
        return search_stem_cut(folded, search_stem_bn_long, 3);
    struct sb_stemmer *stemmer = search_stem_of(code);
    if (!stemmer || lower.len < 3)
        return folded;
    const sb_symbol *cut = sb_stemmer_stem(stemmer, (const sb_symbol *)lower.ptr, (int)lower.len);
    struct souk_str stem = {(const char *)cut, cut ? (size_t)sb_stemmer_length(stemmer) : 0};
    if (stem.len == 0 || souk_str_equal(stem, folded))
        return folded;
    stem = utf8_fold(arena, stem);
    return souk_str_equal(stem, folded) ? folded : arena_str(arena, stem);
}
