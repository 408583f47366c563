/*
 * feed: a feed provider as the rules see it: items as the core would hand them over, ordinary,
 * poor and hostile ones, and a feed of them, of which it is known which item wrote what.
 */
#ifndef HOST_FEED_H
#define HOST_FEED_H

#include "host/scene.h"

#define PIECES_MOST 64

/* How an item is made; a cleared one is ordinary. */
struct feed_want {
    int number;           /* its place: id, SKU, key and address are made of it */
    const char *currency; /* NULL: EUR */
    int64_t price;        /* 0: made of the number */
    int64_t compare_at;   /* 0: none */
    int poor;             /* 1 to FEED_POOR: what it lacks */
    int hostile;          /* 1 to FEED_HOSTILE: what its texts hold */
    struct souk_str text; /* not empty: name, summary, description and brand */
};
#define FEED_POOR    8
#define FEED_HOSTILE 9
const char *feed_poor_words(int poor);
struct souk_str feed_hostile_text(struct arena *arena, int hostile);

struct json *feed_item(struct arena *arena, const struct feed_want *want);
/* What tells this item from all others: its address, SKU and id. */
struct feed_marks {
    struct souk_str marks[3];
};
void feed_marks(struct arena *arena, const struct feed_want *want, struct feed_marks *marks);

/* ---- one feed ---- */

struct feed_out { /* of one item */
    int taken;
    struct souk_str bytes; /* what it wrote */
    struct souk_str words; /* why it was left out; empty: no words */
};
struct feed_made { /* in the scene's arena */
    int code;      /* of what ended it */
    struct err err;
    const char *where;
    struct souk_str head, tail, all;
    struct feed_out items[PIECES_MOST];
    size_t count;
    int noisy; /* how often it tried to write elsewhere */
};
struct feed_terms {
    const char *currency;    /* NULL: EUR */
    int64_t at;              /* 0: now */
    int bare;                /* no categories */
    const char *key, *value; /* a setting that is filled in otherwise; NULL: none */
};
/* begin, each item, end. */
void feed_make(struct scene *scene, const struct feed_terms *terms, const struct feed_want *wants,
               size_t count, struct feed_made *made);
/* Ends the rule when the feed was not made. */
#define FEED_MADE(scene, made)                                                                     \
    EXPECT((scene), (made)->code == SOUK_OK, "%s() gives %s: %s", (made)->where,                   \
           code_name((made)->code), (made)->err.text)
struct souk_str feed_type(const struct scene *scene);
/* The index'th key of the format's settings; NULL: no more. Lives as long as the plugin. */
const char *feed_setting_key(struct scene *scene, uint32_t index);
/* As when staff save such a feed; *key: the setting that the words name, or empty. The code. */
int feed_judge(struct scene *scene, const struct feed_terms *terms, struct souk_str *key,
               struct err *err);

/* The same for any number of items, in pieces as in a shop; *bytes: how many were written. Called
 * after each piece with what is held now. */
int feed_make_many(struct scene *scene, int64_t count, void (*piece)(void *user, int64_t done),
                   void *user, int64_t *bytes, int64_t *held, struct err *err);

#endif
