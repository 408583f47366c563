/*
 * search_mend: what else may have been meant when nothing, or hardly anything, was found: a typo, a
 * space too few or too many, the wrong keyboard.
 *
 * The words of the index only propose (search_typo.c); what is offered has been searched for.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/search_query.h"

#define SEARCH_TRIES 12 /* ways to put candidates together */
#define SEARCH_HOLES 4
#define SEARCH_RARE  2 /* products at most whose word may be a typo of a common one */
#define SEARCH_TIMES 5 /* so much more common */

struct search_hole { /* a word to be replaced */
    int group, part;
    struct search_near near[SEARCH_NEAR];
    int count;
};

/* ---- words ---- */

/* A stem stands in the index beside its words: "bicycl". People are shown the word. */
static struct souk_str search_mend_shown(const struct search_ask *ask,
                                         const struct search_hole *hole, int chosen)
{
    struct souk_str word = hole->near[chosen].word;
    for (int i = 0; i < hole->count; i++)
        for (int l = 0; ask->locales[l] && i != chosen; l++) {
            struct souk_str other = hole->near[i].word;
            struct souk_str stem = search_words_stem(ask->arena, ask->locales[l], other, other);
            if (other.len > word.len && souk_str_equal(stem, word))
                return other;
        }
    return word;
}

static void search_mend_put(struct search_ask *ask, const struct search_hole *hole, int chosen)
{
    struct search_group *group = &ask->groups[hole->group];
    struct search_part *part = &group->parts[hole->part];
    const struct search_near *near = &hole->near[chosen];
    struct souk_str shown = search_mend_shown(ask, hole, chosen);
    part->text = near->word;
    part->unit = group->joined = STR_NULL;
    for (int i = 0; ask->locales[i]; i++)
        part->stems[i] = search_words_stem(ask->arena, ask->locales[i], near->word, near->word);
    group->same_count = 0;
    /* words that are as near may as well be meant */
    for (int i = 0; i < hole->count && group->count == 1; i++)
        if (i != chosen && hole->near[i].distance / 2 == near->distance / 2)
            group->same[group->same_count++] = hole->near[i].word;
    group->shown = group->count == 1 ? shown : group->parts[0].text;
    for (int i = 1; i < group->count; i++)
        group->shown = arena_printf(ask->arena, "%.*s-%.*s", SOUK_PRI(group->shown),
                                    SOUK_PRI(group->parts[i].text));
}

/* The words to be replaced; -1 when one of them has no neighbour. */
static int search_mend_holes(const struct search_terms *terms, const struct search_ask *ask,
                             struct search_hole *holes, int room)
{
    int count = 0;
    for (int g = 0; g < ask->count; g++) {
        const struct search_group *group = &ask->groups[g];
        for (int p = 0; p < group->count; p++) {
            int last = g == ask->count - 1 && p == group->count - 1;
            if (group->same_count || search_typo_known(terms, ask, &group->parts[p], last))
                continue;
            if (count == room)
                return -1;
            struct search_hole *hole = &holes[count++];
            hole->group = g;
            hole->part = p;
            hole->count = search_typo_near(terms, ask, group->parts[p].text, last, hole->near);
            if (hole->count == 0)
                return -1;
        }
    }
    return count;
}

int search_mend_words(struct db_conn *conn, struct search_ask *ask, search_attempt_fn *attempt,
                      void *user)
{
    struct search_hole holes[SEARCH_HOLES];
    struct search_terms *terms = search_typo_get(conn);
    int result = 0, ways = 1;
    int count = terms ? search_mend_holes(terms, ask, holes, SEARCH_HOLES) : 0;
    search_typo_drop(terms);
    for (int i = 0; i < count; i++)
        ways *= holes[i].count;
    for (int way = 0; count > 0 && way < ways && way < SEARCH_TRIES && result == 0; way++) {
        struct search_ask tried = *ask;
        int rest = way;
        for (int i = 0; i < count; i++) {
            search_mend_put(&tried, &holes[i], rest % holes[i].count);
            rest /= holes[i].count;
        }
        result = attempt(user, &tried);
        if (result > 0)
            *ask = tried;
    }
    return result;
}

int search_mend_hint(struct db_conn *conn, struct search_ask *ask, search_attempt_fn *attempt,
                     void *user)
{
    struct search_terms *terms = search_typo_get(conn);
    struct search_hole hole = {0};
    struct search_ask tried = *ask;
    int found = 0;
    for (int g = 0; terms && g < ask->count && !found; g++) {
        const struct search_part *part = &ask->groups[g].parts[0];
        uint32_t docs = search_typo_docs(terms, ask, part->text, 0);
        if (ask->groups[g].count != 1 || docs > SEARCH_RARE)
            continue;
        hole.count = search_typo_near(terms, ask, part->text, 0, hole.near);
        hole.group = g;
        uint32_t least = (docs ? docs : 1) * SEARCH_TIMES;
        for (int i = 0; i < hole.count && !found; i++)
            if (hole.near[i].docs >= least) {
                search_mend_put(&tried, &hole, i);
                tried.groups[g].same_count = 0;
                found = 1;
            }
    }
    search_typo_drop(terms);
    int result = found ? attempt(user, &tried) : 0;
    if (result > 0)
        *ask = tried;
    return result;
}

/* ---- spaces ---- */

/* All groups as words, `g` replaced by `with`, and the next one left out if `both`. */
static struct souk_str search_mend_text(const struct search_ask *ask, int g, struct souk_str with,
                                        int both)
{
    struct buf out = {.arena = ask->arena};
    for (int i = 0; i < ask->count; i++) {
        if (both && i == g + 1)
            continue;
        if (out.len)
            buf_add_char(&out, ' ');
        buf_add_str(&out, i == g ? with : ask->groups[i].shown);
    }
    return buf_str(&out);
}

static int search_mend_try(const struct market *market, struct search_ask *ask,
                           struct souk_str text, search_attempt_fn *attempt, void *user)
{
    struct search_ask tried;
    search_query_parse(&tried, ask->arena, market, text, ask->wide);
    for (int g = 0; g < tried.count; g++) /* crumbs are in every text */
        if (tried.groups[g].count && utf8_length(tried.groups[g].parts[0].text) < 2)
            return 0;
    int result = tried.count ? attempt(user, &tried) : 0;
    if (result > 0)
        *ask = tried;
    return result;
}

/* The first place where both halves are words; empty. */
static struct souk_str search_mend_halves(const struct search_terms *terms,
                                          const struct search_ask *ask, int g)
{
    struct souk_str word = ask->groups[g].shown;
    for (size_t at = 1; ask->groups[g].count == 1 && at < word.len; at++) {
        if (((unsigned char)word.ptr[at] & 0xC0) == 0x80)
            continue;
        struct souk_str one = {word.ptr, at}, two = str_from(word, at);
        if (utf8_length(one) >= 2 && utf8_length(two) >= 2 &&
            search_typo_docs(terms, ask, utf8_fold(ask->arena, one), 0) &&
            search_typo_docs(terms, ask, utf8_fold(ask->arena, two), 0))
            return arena_printf(ask->arena, "%.*s %.*s", SOUK_PRI(one), SOUK_PRI(two));
    }
    return souk_str("");
}

int search_mend_join(const struct market *market, struct search_ask *ask,
                     search_attempt_fn *attempt, void *user)
{
    int result = 0;
    for (int g = 0; g + 1 < ask->count && result == 0; g++) {
        struct souk_str both = arena_printf(ask->arena, "%.*s%.*s", SOUK_PRI(ask->groups[g].shown),
                                            SOUK_PRI(ask->groups[g + 1].shown));
        result = search_mend_try(market, ask, search_mend_text(ask, g, both, 1), attempt, user);
    }
    return result;
}

int search_mend_split(struct db_conn *conn, const struct market *market, struct search_ask *ask,
                      search_attempt_fn *attempt, void *user)
{
    int result = 0;
    struct search_terms *terms = search_typo_get(conn);
    for (int g = 0; terms && g < ask->count && result == 0; g++) {
        struct souk_str halves = search_mend_halves(terms, ask, g);
        if (halves.len)
            result =
                search_mend_try(market, ask, search_mend_text(ask, g, halves, 0), attempt, user);
    }
    search_typo_drop(terms);
    return result;
}

/* ---- keyboards ---- */

int search_mend_keyboard(const struct market *market, struct souk_str typed, struct search_ask *ask,
                         search_attempt_fn *attempt, void *user)
{
    int result = 0;
    struct souk_str text;
    if (utf8_length(typed) < 3)
        return 0;
    for (int which = 0; result == 0 && (text = search_keyboard(ask->arena, typed, which)).ptr;
         which++)
        if (text.len)
            result = search_mend_try(market, ask, text, attempt, user);
    return result;
}
