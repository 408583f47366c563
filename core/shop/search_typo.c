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
 * read again when the catalogue has moved on, at once when that is quick.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "shop/search.sql.h"
#include "shop/search_query.h"

#define SEARCH_SLOW    20000 /* us; what is read faster is read again at every change */
#define SEARCH_OLD     1000  /* versions that others may be behind */
#define SEARCH_MOST    600000
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
    int64_t took; /* us to read */
    char *pool;
    VEC(struct search_term) list;
};

static pthread_mutex_t search_typo_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t search_typo_reading = PTHREAD_MUTEX_INITIALIZER;
static struct search_terms *search_typo_terms;

void search_typo_drop(struct search_terms *terms)
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
    int64_t start = clock_mono();
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
    terms->took = clock_mono() - start;
    return code < 0 ? code : 0;
}

static int search_typo_fresh(const struct search_terms *terms, const struct db *db, int64_t version)
{
    int64_t behind = terms ? version - terms->version : 0;
    return terms && terms->db == db &&
           (behind == 0 || (behind > 0 && behind < SEARCH_OLD && terms->took > SEARCH_SLOW));
}

/* One thread reads, the others wait for it, unless they have something to work with. */
struct search_terms *search_typo_get(struct db_conn *conn)
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
    int64_t version = 0;
    struct search_terms *old = search_typo_take();
    int code = db_get_int(conn, &sql_search_version, &version);
    if (code == 0 && old && old->db == db_of(conn) && old->version >= version) {
        search_typo_drop(old);
        return;
    }
    search_typo_drop(old);
    struct search_terms *terms = mem_zalloc(sizeof *terms);
    terms->db = db_of(conn);
    atomic_store(&terms->users, 1);
    if (search_typo_read(conn, terms) == 0)
        search_typo_publish(terms);
    else
        search_typo_drop(terms);
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

static uint32_t search_typo_has(const struct search_terms *terms, const char *code,
                                struct souk_str word, int prefix)
{
    char room[SEARCH_WORD * 4 + SEARCH_CODE];
    size_t len = strlen(code) + word.len;
    if (len > sizeof room || word.len == 0)
        return 0;
    memcpy(room, code, strlen(code));
    memcpy(room + strlen(code), word.ptr, word.len);
    struct souk_str token = {room, len};
    size_t at = search_typo_place(terms, token);
    if (at >= terms->list.len)
        return 0;
    struct souk_str found = search_typo_token(terms, at);
    int has = souk_str_equal(found, token) ||
              (prefix && found.len > len && memcmp(found.ptr, token.ptr, len) == 0);
    return has ? terms->list.at[at].docs : 0;
}

uint32_t search_typo_docs(const struct search_terms *terms, const struct search_ask *ask,
                          struct souk_str word, int prefix)
{
    uint32_t most = search_typo_has(terms, SEARCH_PLAIN, word, prefix);
    for (int i = 0; ask->locales[i]; i++) {
        uint32_t docs = search_typo_has(terms, ask->codes[i], word, prefix);
        most = docs > most ? docs : most;
    }
    return most;
}

int search_typo_known(const struct search_terms *terms, const struct search_ask *ask,
                      const struct search_part *part, int prefix)
{
    prefix = prefix && utf8_length(part->text) >= 2;
    for (int i = 0; ask->locales[i]; i++)
        if (search_typo_has(terms, ask->codes[i], part->stems[i], 0))
            return 1;
    return search_typo_docs(terms, ask, part->text, prefix) > 0;
}

static int search_typo_least(int a, int b)
{
    return a < b ? a : b;
}

/* Edits from a to b (left out, put in, exchanged, neighbours swapped), or most + 1; `prefix`: to
 * the nearest beginning of b. */
static int search_typo_distance(const uint32_t *a, int a_len, const uint32_t *b, int b_len,
                                int most, int prefix)
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
    int least = last[b_len];
    for (int j = 0; prefix && j < b_len; j++)
        least = search_typo_least(least, last[j]);
    return least;
}

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

struct search_typed {
    uint32_t points[SEARCH_LETTERS];
    uint64_t letters;
    int count, most, prefix;
};

/* How far a word of the index is from what was typed, or most + 1. What only begins so is a step
 * behind what is so as a whole. */
static int search_typo_far(const struct search_terms *terms, const struct search_typed *typed,
                           size_t i)
{
    const struct search_term *term = &terms->list.at[i];
    uint32_t other[SEARCH_LETTERS];
    uint64_t letters = term->letters, most = (uint64_t)typed->most;
    int longer = term->count - typed->count, far = typed->most + 1;
    int whole = abs(longer) <= typed->most &&
                (uint64_t)__builtin_popcountll(letters ^ typed->letters) <= 2 * most;
    int begins = typed->prefix && longer > 0 &&
                 (uint64_t)__builtin_popcountll(typed->letters & ~letters) <= most;
    if (!whole && !begins)
        return far * 2;
    struct souk_str text = str_from(search_typo_token(terms, i), term->code);
    int len = search_typo_points(text, other, SEARCH_LETTERS, &letters);
    if (whole)
        far = search_typo_distance(typed->points, typed->count, other, len, typed->most, 0);
    if (far <= typed->most || !begins)
        return far * 2;
    int start = search_typo_least(len, typed->count + typed->most);
    return search_typo_distance(typed->points, typed->count, other, start, typed->most, 1) * 2 + 1;
}

int search_typo_near(const struct search_terms *terms, const struct search_ask *ask,
                     struct souk_str word, int prefix, struct search_near list[SEARCH_NEAR])
{
    struct search_typed typed = {0};
    int found = 0;
    typed.count = search_typo_points(word, typed.points, SEARCH_LETTERS, &typed.letters);
    typed.most = typed.count >= 8 ? 2 : 1;
    typed.prefix = prefix && typed.count >= 4;
    if (typed.count < 3)
        return 0;
    for (int c = -1; c < 0 || ask->locales[c]; c++) {
        const char *code = c < 0 ? SEARCH_PLAIN : ask->codes[c];
        for (size_t i = search_typo_place(terms, souk_str(code)); i < terms->list.len; i++) {
            const struct search_term *term = &terms->list.at[i];
            if (strncmp(terms->pool + term->at, code, strlen(code)) != 0)
                break;
            int far = search_typo_far(terms, &typed, i);
            struct souk_str text = str_from(search_typo_token(terms, i), term->code);
            if (far && far <= 2 * typed.most + 1)
                search_typo_note(list, &found, (struct search_near){text, term->docs, far});
        }
    }
    for (int i = 0; i < found; i++)
        list[i].word = arena_str(ask->arena, list[i].word);
    return found;
}
