/*
 * search: from words to products.
 *
 * Rowids of the index follow popularity, so hits come out of FTS5 in the order in which they are
 * shown, and a common word costs no ranking. Few hits are put in order one by one: all words in the
 * name before words elsewhere, whole words before prefixes, short names before long ones, then
 * popularity.
 */
#include "shop/search.h"

#include <stdlib.h>
#include "base/str.h"
#include "base/utf8.h"
#include "shop/search.sql.h"
#include "shop/search_query.h"

#define SEARCH_RANKED 300
#define SEARCH_ADVICE 4
#define SEARCH_HINTED 2 /* products found at most for another word to be named */

/* All rowids that meet an expression. */
static int search_match(struct db_conn *conn, struct arena *arena, struct souk_str match,
                        int64_t **list, size_t *count)
{
    struct db_rows rows;
    size_t room = 256;
    int64_t *at = arena_alloc(arena, room * sizeof *at);
    *count = 0;
    *list = at;
    if (match.len == 0)
        return 0;
    int code = db_query(conn, &sql_search_match, &rows, DB_TEXT(match));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (*count == room) {
            int64_t *more = arena_alloc(arena, room * 4 * sizeof *at);
            memcpy(more, at, room * sizeof *at);
            at = more;
            room *= 4;
        }
        at[(*count)++] = db_int(&rows, 0);
    }
    *list = at;
    return code;
}

/* 1: something has it, 0: nothing; < 0 failed. */
static int search_any(struct db_conn *conn, struct souk_str match)
{
    struct db_rows rows;
    if (match.len == 0)
        return 0;
    int code = db_query(conn, &sql_search_match_some, &rows, DB_TEXT(match), DB_INT(1));
    if (code != 0)
        return code;
    code = db_next(&rows);
    db_close(&rows);
    return code;
}

/* ---- order of few ---- */

struct search_hit {
    int64_t position;
    int64_t length; /* of the name */
    int tier;
};

static int search_hit_order(const void *a, const void *b)
{
    const struct search_hit *x = a, *y = b;
    if (x->tier != y->tier)
        return x->tier - y->tier;
    if (x->length != y->length)
        return x->length < y->length ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

static struct search_hit *search_hit_find(struct search_hit *hits, size_t count, int64_t position)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (hits[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && hits[low].position == position ? &hits[low] : NULL;
}

static int search_rank_tier(struct db_conn *conn, struct arena *arena, struct souk_str match,
                            struct search_hit *hits, size_t count, int tier)
{
    int64_t *found;
    size_t n;
    int code = search_match(conn, arena, match, &found, &n);
    for (size_t i = 0; code == 0 && i < n; i++) {
        struct search_hit *hit = search_hit_find(hits, count, found[i]);
        if (hit && hit->tier > tier)
            hit->tier = tier;
    }
    return code;
}

static int search_rank_lengths(struct db_conn *conn, struct arena *arena,
                               const struct market *market, struct search_hit *hits, size_t count)
{
    struct buf list = {.arena = arena};
    struct db_rows rows;
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%c%lld", i ? ',' : '[', (long long)hits[i].position);
    buf_add_char(&list, ']');
    int code = db_query(conn, &sql_search_lengths, &rows, DB_TEXT(buf_str(&list)),
                        DB_CSTR(market->locale), DB_CSTR(market_shop()->locales[0]));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct search_hit *hit = search_hit_find(hits, count, db_int(&rows, 0));
        if (hit)
            hit->length = db_int(&rows, 1);
    }
    return code;
}

static int search_rank(struct db_conn *conn, const struct search_ask *ask,
                       const struct market *market, int64_t exact, struct search_hits *out)
{
    struct arena *arena = ask->arena;
    struct search_hit *hits = arena_array(arena, struct search_hit, out->count);
    struct souk_str whole = search_query_text(ask, 0, -1), prefix = search_query_text(ask, 1, -1);
    for (size_t i = 0; i < out->count; i++)
        hits[i] = (struct search_hit){out->positions[i], 0, 4};
    const struct souk_str tiers[3] = {arena_printf(arena, "name : (%.*s)", SOUK_PRI(whole)),
                                      arena_printf(arena, "name : (%.*s)", SOUK_PRI(prefix)),
                                      whole};
    int code = 0;
    for (int i = 0; i < 3 && code == 0; i++)
        code = search_rank_tier(conn, arena, tiers[i], hits, out->count, i + 1);
    if (code != 0 || (code = search_rank_lengths(conn, arena, market, hits, out->count)) != 0)
        return code;
    struct search_hit *first = exact ? search_hit_find(hits, out->count, exact) : NULL;
    if (first)
        first->tier = 0;
    qsort(hits, out->count, sizeof *hits, search_hit_order);
    for (size_t i = 0; i < out->count; i++)
        out->positions[i] = hits[i].position;
    out->ranked = 1;
    return 0;
}

/* ---- words that mean the same ---- */

static int search_same(struct db_conn *conn, struct search_ask *ask)
{
    struct buf list = {.arena = ask->arena};
    struct db_rows rows;
    for (int i = 0; i < ask->count; i++) {
        buf_add_char(&list, i ? ',' : '[');
        json_print_string(&list, ask->groups[i].count == 1 ? ask->groups[i].parts[0].stems[0]
                                                           : ask->groups[i].joined);
    }
    buf_add_char(&list, ']');
    int code = db_query(conn, &sql_search_synonyms, &rows, DB_CSTR(ask->locales[0]),
                        DB_TEXT(buf_str(&list)));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        for (int i = 0; i < ask->count; i++) {
            struct search_group *group = &ask->groups[i];
            struct souk_str own = group->count == 1 ? group->parts[0].stems[0] : group->joined;
            if (souk_str_equal(own, db_text(&rows, 0)) && group->same_count < 12)
                group->same[group->same_count++] = arena_str(ask->arena, db_text(&rows, 1));
        }
    return code;
}

/* ---- nothing found ---- */

struct search_attempt {
    struct db_conn *conn;
    struct search_hits *hits;
};

static int search_attempt_as(const struct search_attempt *attempt, const struct search_ask *ask,
                             int prefix)
{
    int code = search_match(attempt->conn, ask->arena, search_query_text(ask, prefix, -1),
                            &attempt->hits->positions, &attempt->hits->count);
    return code ? code : attempt->hits->count > 0;
}

static int search_attempt(void *user, struct search_ask *ask)
{
    return search_attempt_as(user, ask, 1);
}

static int search_advise(struct db_conn *conn, const struct search_ask *ask,
                         const struct market *market, struct json *list)
{
    struct db_rows rows;
    int code = 0;
    for (int i = 0; i < ask->count && ask->count > 1 && list->count < SEARCH_ADVICE; i++) {
        code = search_any(conn, search_query_text(ask, 0, i));
        if (code < 0)
            return code;
        if (code)
            json_add_str(ask->arena, list, NULL, search_query_shown(ask, i));
    }
    for (int i = 0; i < ask->count && ask->count > 2 && list->count == 0; i++) {
        struct search_ask one = *ask;
        one.groups[0] = ask->groups[i];
        one.count = 1;
        code = search_any(conn, search_query_text(&one, 0, -1));
        if (code < 0)
            return code;
        if (code)
            json_add_str(ask->arena, list, NULL, ask->groups[i].shown);
    }
    if (list->count)
        return 0;
    code = db_query(conn, &sql_search_categories_top, &rows, DB_CSTR(market->locale),
                    DB_INT(SEARCH_ADVICE));
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1)
        json_add_str(ask->arena, list, NULL, arena_str(ask->arena, db_text(&rows, 0)));
    return code;
}

/* ---- the search ---- */

static int search_exact(struct db_conn *conn, struct arena *arena, struct souk_str query,
                        int64_t *product, int64_t *position)
{
    struct db_rows rows;
    if (query.len == 0 || query.len > 100)
        return 0;
    int code = db_query(conn, &sql_search_exact, &rows, DB_TEXT(query),
                        DB_TEXT(utf8_upper(arena, query)), DB_TEXT(utf8_lower(arena, query)));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) == 1) {
        *product = db_int(&rows, 0);
        *position = db_int(&rows, 1);
    }
    db_close(&rows);
    return code < 0 ? code : 0;
}

/* Nothing was found as it stands: the other ways to read it, the surest first. A word that stands
 * so in another language is no mistake; what only begins as one is less sure than a typo. 1: found.
 */
static int search_mend(struct search_attempt *attempt, const struct market *market,
                       struct souk_str typed, struct search_ask *ask)
{
    struct db_conn *conn = attempt->conn;
    struct search_ask wide;
    int code, foreign = 1;
    search_query_parse(&wide, ask->arena, market, typed, 1);
    struct search_ask other = wide;
    if ((code = search_attempt_as(attempt, &wide, -1)) == 0) {
        foreign = 0;
        if ((code = search_mend_join(market, ask, search_attempt, attempt)) == 0)
            code = search_mend_words(conn, ask, search_attempt, attempt);
        if (code != 0)
            other = *ask;
    }
    if (code == 0) {
        code = search_attempt(attempt, &other);
        foreign = code > 0;
    }
    if (code == 0)
        code = search_mend_keyboard(market, typed, &other, search_attempt, attempt);
    if (code == 0)
        code = search_mend_split(conn, market, &other, search_attempt, attempt);
    if (code == 0)
        code = search_mend_words(conn, &other, search_attempt, attempt);
    if (code <= 0)
        return code;
    *ask = other;
    if (!foreign)
        attempt->hits->corrected = search_query_shown(ask, -1);
    return code;
}

/* Few were found: what many have is named beside them. */
static int search_hint(struct db_conn *conn, const struct search_ask *ask, struct search_hits *hits)
{
    struct search_hits other = {0};
    struct search_attempt attempt = {conn, &other};
    struct search_ask tried = *ask;
    int code = search_mend_hint(conn, &tried, search_attempt, &attempt);
    if (code > 0 && other.count > hits->count)
        json_add_str(ask->arena, hits->suggestions, NULL, search_query_shown(&tried, -1));
    return code < 0 ? code : 0;
}

int search_run(struct db_conn *conn, struct arena *arena, const struct market *market,
               struct souk_str query, struct search_hits *hits)
{
    struct search_ask ask;
    struct search_attempt attempt = {conn, hits};
    int64_t exact = 0;
    *hits = (struct search_hits){.corrected = {"", 0}};
    hits->suggestions = json_new(arena, JSON_ARRAY);
    hits->positions = arena_alloc(arena, sizeof(int64_t));
    search_query_parse(&ask, arena, market, query, 0);
    int code = search_exact(conn, arena, str_trim(query), &hits->exact_product, &exact);
    if (code != 0 || ask.count == 0 || (code = search_same(conn, &ask)) != 0)
        return code;
    if ((code = search_attempt(&attempt, &ask)) < 0)
        return code;
    if (code == 0 && exact) {
        hits->positions[0] = exact;
        hits->count = 1;
    } else if (code == 0) {
        struct search_ask typed = ask;
        if ((code = search_mend(&attempt, market, query, &ask)) < 0)
            return code;
        if (code == 0)
            return search_advise(conn, &typed, market, hits->suggestions);
    } else if (hits->count <= SEARCH_HINTED && !exact && (code = search_hint(conn, &ask, hits))) {
        return code;
    }
    return hits->count <= SEARCH_RANKED ? search_rank(conn, &ask, market, exact, hits) : 0;
}
