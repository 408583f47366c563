/*
 * search_typo: the nearest words that some product has.
 *
 * The words of the index lie in memory, in the order of their bytes, each with the number of its
 * products and a signature: a bit for each letter it has. An edit changes at most two bits, so a
 * scan that compares lengths and signatures leaves a few words of a hundred thousand, whose
 * distance is then counted. A typo in the first letter costs no more than one in the last, and
 * nothing but the words themselves is kept.
 *
 * The words may be older than the reader's snapshot: they only propose, the index decides. They are
 * read again when the catalogue has moved on, at once when they are few.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "shop/search.sql.h"
#include "shop/search_query.h"

#define SEARCH_FEW     20000 /* words that are read again at every change */
#define SEARCH_OLD     1000  /* versions that more may be behind */
#define SEARCH_MOST    600000
#define SEARCH_NEAR    3  /* candidates for one word */
#define SEARCH_TRIES   12 /* ways to put candidates together */
#define SEARCH_LETTERS 40

struct search_term {
    uint64_t letters; /* signature */
    uint32_t at;      /* in the pool */
    uint32_t docs;
    uint8_t len;   /* bytes, without the code */
    uint8_t count; /* letters */
    uint8_t code;  /* bytes of the code before */
};

struct search_terms {
    _Atomic int users;
    const struct db *db;
    int64_t version;
    char *pool;
    VEC(struct search_term) list;
};

static pthread_mutex_t search_typo_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t search_typo_reading = PTHREAD_MUTEX_INITIALIZER;
static struct search_terms *search_typo_terms;

static void search_typo_drop(struct search_terms *terms)
{
    if (!terms || atomic_fetch_sub(&terms->users, 1) != 1)
        return;
    vec_free(&terms->list);
    free(terms->pool);
    free(terms);
}

static struct search_terms *search_typo_take(void)
{
    pthread_mutex_lock(&search_typo_mutex);
    struct search_terms *terms = search_typo_terms;
    if (terms)
        atomic_fetch_add(&terms->users, 1);
    pthread_mutex_unlock(&search_typo_mutex);
    return terms;
}

static void search_typo_publish(struct search_terms *terms)
{
    pthread_mutex_lock(&search_typo_mutex);
    struct search_terms *old = search_typo_terms;
    search_typo_terms = terms;
    pthread_mutex_unlock(&search_typo_mutex);
    search_typo_drop(old);
}

void search_end(void)
{
    search_typo_publish(NULL);
}

static int search_typo_points(struct souk_str word, uint32_t *points, int room, uint64_t *letters)
{
    int count = 0;
    *letters = 0;
    for (size_t i = 0; i < word.len && count < room; count++) {
        unsigned char c = (unsigned char)word.ptr[i];
        size_t len = c < 0x80 ? 1 : c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
        uint32_t point = len == 1 ? c : c & (0xFFU >> (len + 1));
        for (size_t k = 1; k < len && i + k < word.len; k++)
            point = point << 6 | ((unsigned char)word.ptr[i + k] & 0x3F);
        points[count] = point;
        *letters |= UINT64_C(1) << (point & 63);
        i += len;
    }
    return count;
}

/* ---- reading ---- */

static size_t search_typo_code(struct souk_str token)
{
    const struct market_shop *shop = market_shop();
    char code[SEARCH_CODE];
    if (str_starts(token, SEARCH_PLAIN))
        return strlen(SEARCH_PLAIN);
    for (int i = 0; i < MARKET_LOCALES && shop->locales[i]; i++) {
        search_words_code(shop->locales[i], code);
        if (str_starts(token, code))
            return strlen(code);
    }
    return 0;
}

static int search_typo_read(struct db_conn *conn, struct search_terms *terms)
{
    struct db_rows rows;
    VEC(char) pool = {0};
    uint32_t points[SEARCH_LETTERS];
    int code = db_get_int(conn, &sql_search_version, &terms->version);
    if (code != 0 || (code = db_query(conn, &sql_search_terms, &rows)) != 0)
        return code;
    while ((code = db_next(&rows)) == 1 && terms->list.len < SEARCH_MOST) {
        struct souk_str token = db_text(&rows, 0);
        struct search_term term = {.at = (uint32_t)pool.len};
        size_t prefix = search_typo_code(token);
        if (prefix == 0 || token.len <= prefix || token.len > 250)
            continue;
        term.code = (uint8_t)prefix;
        term.len = (uint8_t)(token.len - prefix);
        term.docs = (uint32_t)db_int(&rows, 1);
        term.count = (uint8_t)search_typo_points(str_from(token, prefix), points, SEARCH_LETTERS,
                                                 &term.letters);
        for (size_t i = 0; i < token.len; i++)
            vec_push(&pool, token.ptr[i]);
        vec_push(&terms->list, term);
    }
    db_close(&rows);
    terms->pool = pool.at;
    return code < 0 ? code : 0;
}

static int search_typo_fresh(const struct search_terms *terms, const struct db *db, int64_t version)
{
    int64_t behind = terms ? version - terms->version : 0;
    return terms && terms->db == db &&
           (behind == 0 || (behind > 0 && behind < SEARCH_OLD && terms->list.len > SEARCH_FEW));
}

/* One thread reads, the others wait for it, unless they have something to work with. */
static struct search_terms *search_typo_get(struct db_conn *conn)
{
    int64_t version = 0;
    struct search_terms *terms = search_typo_take();
    if (db_get_int(conn, &sql_search_version, &version) != 0)
        return terms;
    if (search_typo_fresh(terms, db_of(conn), version))
        return terms;
    pthread_mutex_lock(&search_typo_reading);
    search_typo_drop(terms);
    terms = search_typo_take();
    if (!search_typo_fresh(terms, db_of(conn), version)) {
        search_typo_drop(terms);
        terms = mem_zalloc(sizeof *terms);
        terms->db = db_of(conn);
        atomic_store(&terms->users, 2);
        if (search_typo_read(conn, terms) == 0) {
            search_typo_publish(terms);
        } else {
            atomic_store(&terms->users, 1);
            search_typo_drop(terms);
            terms = NULL;
        }
    }
    pthread_mutex_unlock(&search_typo_reading);
    return terms;
}

void search_terms_refresh(struct db_conn *conn)
{
    search_typo_drop(search_typo_get(conn));
}

/* ---- looking up ---- */

static struct souk_str search_typo_token(const struct search_terms *terms, size_t i)
{
    const struct search_term *term = &terms->list.at[i];
    return (struct souk_str){terms->pool + term->at, (size_t)term->code + term->len};
}

/* The first term that is not before `token`. */
static size_t search_typo_place(const struct search_terms *terms, struct souk_str token)
{
    size_t low = 0, high = terms->list.len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (str_compare(search_typo_token(terms, middle), token) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int search_typo_has(const struct search_terms *terms, const char *code, struct souk_str word,
                           int prefix)
{
    char room[SEARCH_WORD * 4 + SEARCH_CODE];
    size_t len = strlen(code) + word.len;
    if (len > sizeof room)
        return 0;
    memcpy(room, code, strlen(code));
    memcpy(room + strlen(code), word.ptr, word.len);
    struct souk_str token = {room, len};
    size_t at = search_typo_place(terms, token);
    if (at >= terms->list.len)
        return 0;
    struct souk_str found = search_typo_token(terms, at);
    return souk_str_equal(found, token) ||
           (prefix && found.len > len && memcmp(found.ptr, token.ptr, len) == 0);
}

static int search_typo_known(const struct search_terms *terms, const struct search_ask *ask,
                             const struct search_part *part, int prefix)
{
    prefix = prefix && utf8_length(part->text) >= 2;
    for (int i = 0; i < 2 && ask->locales[i]; i++)
        if (search_typo_has(terms, ask->codes[i], part->text, prefix) ||
            search_typo_has(terms, ask->codes[i], part->stems[i], 0))
            return 1;
    return search_typo_has(terms, SEARCH_PLAIN, part->text, prefix);
}

static int search_typo_least(int a, int b)
{
    return a < b ? a : b;
}

/* Edits from a to b (left out, put in, exchanged, neighbours swapped), or most + 1. */
static int search_typo_distance(const uint32_t *a, int a_len, const uint32_t *b, int b_len,
                                int most)
{
    int rows[3][SEARCH_LETTERS + 1];
    int *old = rows[0], *last = rows[1], *row = rows[2];
    for (int j = 0; j <= b_len; j++)
        last[j] = j;
    for (int i = 1; i <= a_len; i++) {
        int best = row[0] = i;
        for (int j = 1; j <= b_len; j++) {
            int cost = search_typo_least(last[j] + 1, row[j - 1] + 1);
            cost = search_typo_least(cost, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                cost = search_typo_least(cost, old[j - 2] + 1);
            row[j] = cost;
            best = search_typo_least(best, cost);
        }
        if (best > most)
            return most + 1;
        int *spare = old;
        old = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

struct search_near {
    struct souk_str word;
    uint32_t docs;
    int distance;
};

static void search_typo_note(struct search_near *list, int *count, struct search_near near)
{
    int at = *count;
    for (int i = 0; i < *count; i++)
        if (souk_str_equal(list[i].word, near.word)) {
            if (list[i].docs < near.docs)
                list[i].docs = near.docs;
            return;
        }
    while (at > 0 && (near.distance < list[at - 1].distance ||
                      (near.distance == list[at - 1].distance && near.docs > list[at - 1].docs)))
        at--;
    if (at == SEARCH_NEAR)
        return;
    int moved = search_typo_least(*count, SEARCH_NEAR - 1) - at;
    memmove(&list[at + 1], &list[at], (size_t)moved * sizeof *list);
    list[at] = near;
    *count = search_typo_least(*count + 1, SEARCH_NEAR);
}

static int search_typo_near(const struct search_terms *terms, const struct search_ask *ask,
                            struct souk_str word, struct search_near *list)
{
    uint32_t points[SEARCH_LETTERS], other[SEARCH_LETTERS];
    uint64_t letters, ignored;
    int found = 0;
    int count = search_typo_points(word, points, SEARCH_LETTERS, &letters);
    int most = count >= 8 ? 2 : 1;
    const char *codes[3] = {ask->codes[0], ask->locales[1] ? ask->codes[1] : NULL, SEARCH_PLAIN};
    if (count < 3)
        return 0;
    for (int c = 0; c < 3; c++) {
        if (!codes[c])
            continue;
        for (size_t i = search_typo_place(terms, souk_str(codes[c])); i < terms->list.len; i++) {
            const struct search_term *term = &terms->list.at[i];
            if (strncmp(terms->pool + term->at, codes[c], strlen(codes[c])) != 0)
                break;
            if (abs((int)term->count - count) > most ||
                __builtin_popcountll(term->letters ^ letters) > 2 * most)
                continue;
            struct souk_str text = str_from(search_typo_token(terms, i), term->code);
            int len = search_typo_points(text, other, SEARCH_LETTERS, &ignored);
            int distance = search_typo_distance(points, count, other, len, most);
            if (distance && distance <= most)
                search_typo_note(list, &found, (struct search_near){text, term->docs, distance});
        }
    }
    for (int i = 0; i < found; i++)
        list[i].word = arena_str(ask->arena, list[i].word);
    return found;
}

/* ---- mending ---- */

struct search_hole { /* a word to be replaced */
    int group, part;
    struct search_near near[SEARCH_NEAR];
    int count;
};

static void search_typo_put(struct search_ask *ask, const struct search_hole *hole,
                            const struct search_near *near)
{
    struct search_group *group = &ask->groups[hole->group];
    struct search_part *part = &group->parts[hole->part];
    part->text = near->word;
    part->unit = group->joined = STR_NULL;
    for (int i = 0; i < 2 && ask->locales[i]; i++)
        part->stems[i] = search_words_stem(ask->arena, ask->locales[i], near->word, near->word);
    group->same_count = 0;
    group->shown = group->parts[0].text;
    for (int i = 1; i < group->count; i++)
        group->shown = arena_printf(ask->arena, "%.*s-%.*s", SOUK_PRI(group->shown),
                                    SOUK_PRI(group->parts[i].text));
}

/* The words to be replaced; -1 when one of them has no neighbour. */
static int search_typo_holes(const struct search_terms *terms, const struct search_ask *ask,
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
            hole->count = search_typo_near(terms, ask, group->parts[p].text, hole->near);
            if (hole->count == 0)
                return -1;
        }
    }
    return count;
}

int search_typo_mend(struct db_conn *conn, struct search_ask *ask,
                     int (*attempt)(void *user, struct search_ask *ask), void *user)
{
    struct search_hole holes[4];
    struct search_terms *terms = search_typo_get(conn);
    int result = 0, ways = 1;
    int count = terms ? search_typo_holes(terms, ask, holes, 4) : 0;
    search_typo_drop(terms);
    for (int i = 0; i < count; i++)
        ways *= holes[i].count;
    for (int way = 0; count > 0 && way < ways && way < SEARCH_TRIES && result == 0; way++) {
        struct search_ask tried = *ask;
        int rest = way;
        for (int i = 0; i < count; i++) {
            search_typo_put(&tried, &holes[i], &holes[i].near[rest % holes[i].count]);
            rest /= holes[i].count;
        }
        result = attempt(user, &tried);
        if (result > 0)
            *ask = tried;
    }
    return result;
}
