/*
 * search: lists and searches over 100,000 products, beside what FTS5 does by itself on the same
 * rows.
 *
 *   search [products]
 *
 * The catalogue is made of 2,000 words of skewed frequency, as rows and through search_put. Prints
 * a line for each number: name, value, unit, and the bar where there is one. Times are medians of
 * single calls unless the name says "slowest" (the largest median) or "first".
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <malloc.h>
#include "base/board.h"
#include "base/clock.h"
#include "base/log.h"
#include "shop/listing.h"
#include "shop/search.h"

#define NOW    INT64_C(1795000000000000)
#define WORDS  2000
#define TURNS  5
#define COMMON 60

static uint64_t seed = 7;
static char words[WORDS][12];

static int64_t dice(int64_t sides)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int64_t)(seed >> 33) % sides;
}

/* Few words are in most texts, most words in few. */
static const char *any_word(void)
{
    int64_t a = dice(WORDS), b = dice(WORDS), c = dice(WORDS);
    return words[a * b / WORDS * c / WORDS];
}

static void make_words(void)
{
    static const char *const parts[] = {"ba",  "ker", "lo",  "mi", "nus", "pra", "ti", "zo",
                                        "fen", "gul", "har", "ve", "sto", "dri", "ka", "len"};
    for (int i = 0; i < WORDS; i++)
        snprintf(words[i], sizeof words[i], "%s%s%s", parts[i % 16], parts[i / 16 % 16],
                 parts[(i / 256 + i) % 16]);
}

static void die(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* ---- rows ---- */

static const struct db_statement make_once[] = {
    {"b1",
     "INSERT INTO category (id, key, parent_id, changed_at) WITH RECURSIVE n (i) AS (SELECT 1 "
     "UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, 'c' || i, CASE WHEN i > 20 THEN i "
     "% 20 + 1 END, 0 FROM n"},
    {"b2",
     "INSERT INTO brand (id, name, fold) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + "
     "1 FROM n WHERE i < 500) SELECT i, 'Brand ' || i, 'brand ' || i FROM n"},
    {"b3",
     "INSERT INTO attribute (id, code, type, position) WITH RECURSIVE n (i) AS (SELECT 1 UNION "
     "ALL SELECT i + 1 FROM n WHERE i < 8) SELECT i, 'a' || i, 'choice', i FROM n"},
    {"b4", "INSERT INTO attribute_value (id, attribute_id, code, position) WITH RECURSIVE n (i) AS "
           "(SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 399) SELECT (i / 50 + 1) * 100 + i % "
           "50, i / 50 + 1, 'v' || (i % 50), i % 50 FROM n"},
};
static const struct db_statement make_product = {
    "make_product",
    "INSERT INTO product (id, key, type, status, visibility, brand_id, popularity, created_at, "
    "changed_at) VALUES ($1, 'p' || $1, 'simple', 'active', 'both', $2, $3, $4, 0)"};
static const struct db_statement make_text = {
    "make_text",
    "INSERT INTO product_text (product_id, locale, name, description) VALUES ($1, 'en', "
    "$2, $3)"};
static const struct db_statement make_category = {
    "make_category",
    "INSERT INTO product_category (product_id, category_id, position) VALUES ($1, $2, 0)"};
static const struct db_statement make_value = {
    "make_value", "INSERT INTO product_attribute (product_id, position, attribute_id, value_id) "
                  "VALUES ($1, $2, $3 / 100, $3)"};
static const struct db_statement make_variant = {
    "make_variant", "INSERT INTO variant (id, product_id, position, sku, value_ids, availability) "
                    "VALUES ($1, $1, 0, 'SKU-' || $1, '', $2)"};
static const struct db_statement make_price = {
    "make_price", "INSERT INTO price (id, variant_id, list_id, amount) VALUES ($1, $1, 1, $2)"};

struct batch {
    int64_t from, to, total;
    int64_t search; /* us in search_put */
};

static int make_one(struct db_conn *conn, struct arena *arena, int64_t id, struct batch *batch)
{
    struct buf name = {.arena = arena}, body = {.arena = arena};
    for (int i = 0; i < 4; i++)
        buf_printf(&name, "%s%s", i ? " " : "", any_word());
    for (int i = 0; i < 30; i++)
        buf_printf(&body, "%s%s", i ? " " : "", any_word());
    int code = db_run(conn, &make_product, NULL, DB_INT(id), DB_INT(1 + dice(500)),
                      DB_INT(batch->total - id), DB_INT(dice(1000)));
    code |= db_run(conn, &make_text, NULL, DB_INT(id), DB_TEXT(buf_str(&name)),
                   DB_TEXT(buf_str(&body)));
    code |= db_run(conn, &make_category, NULL, DB_INT(id), DB_INT(1 + dice(200)));
    for (int i = 0; i < 5; i++)
        code |= db_run(conn, &make_value, NULL, DB_INT(id), DB_INT(i),
                       DB_INT((1 + i) * 100 + dice(50)));
    code |= db_run(conn, &make_variant, NULL, DB_INT(id), DB_CSTR(dice(3) ? "in" : "out"));
    code |= db_run(conn, &make_price, NULL, DB_INT(id), DB_INT(100 + dice(90000)));
    int64_t start = clock_mono();
    code |= search_put(conn, arena, id);
    batch->search += clock_mono() - start;
    return code;
}

static int make_batch(struct db_conn *conn, void *arg)
{
    struct batch *batch = arg;
    struct arena arena = {0};
    int code = 0;
    for (size_t i = 0; batch->from == 1 && i < 4 && code == 0; i++)
        code = db_run(conn, &make_once[i], NULL);
    for (int64_t id = batch->from; id < batch->to && code == 0; id++) {
        code = make_one(conn, &arena, id, batch);
        arena_reset(&arena);
    }
    arena_free(&arena);
    return code;
}

static int touch(struct db_conn *conn, void *arg)
{
    static const struct db_statement note = {
        "touch_note", "INSERT INTO catalogue_change SELECT version + 1, $1 FROM catalogue_state"};
    static const struct db_statement bump = {"touch_bump",
                                             "UPDATE catalogue_state SET version = version + 1"};
    int code = db_run(conn, &note, NULL, DB_INT(*(int64_t *)arg));
    return code ? code : db_run(conn, &bump, NULL);
}

/* ---- measuring ---- */

static int64_t processor(void) /* us that this thread has had */
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static int order(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

struct run {
    struct db *db;
    struct listing_query query;
    const char *match; /* set: FTS5 by itself */
    int only_search;
    int64_t found;
};

static int64_t once(struct run *run, struct arena *arena)
{
    static const struct db_statement ranked = {
        "bench_ranked",
        "SELECT rowid FROM search_text WHERE search_text MATCH $1 ORDER BY rank LIMIT 20"};
    struct market market = market_at("en", NOW);
    struct listing_result result = {0};
    struct search_hits hits;
    struct err err = {0};
    int code;
    struct db_conn *conn = db_read_begin(run->db, 0);
    int64_t start = clock_mono();
    if (run->match) {
        code = db_run(conn, &ranked, NULL, DB_CSTR(run->match));
    } else if (run->only_search) {
        code = search_run(conn, arena, &market, run->query.q, &hits);
        result.total = (int64_t)hits.count;
    } else {
        code = listing_run(conn, arena, &market, &run->query, &result, &err);
    }
    int64_t spent = clock_mono() - start;
    db_read_end(conn);
    if (code != 0)
        die("run", err.text);
    run->found = result.total;
    arena_reset(arena);
    return spent;
}

static int64_t median(struct run *run, struct arena *arena)
{
    int64_t times[TURNS];
    for (int i = 0; i < TURNS; i++)
        times[i] = once(run, arena);
    qsort(times, TURNS, sizeof *times, order);
    return times[TURNS / 2];
}

static void show(const char *name, int64_t thousandths, const char *unit, const char *bar)
{
    printf("%s\t%lld.%03lld\t%s\t%s\n", name, (long long)(thousandths / 1000),
           (long long)(thousandths % 1000), unit, bar);
}

/* Bytes that malloc has handed out: the pages of the database file that are mapped do not count. */
static int64_t handed_out(void)
{
    struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

/* Every word among the most common, ours and FTS5's in turns. */
static void measure_words(struct db *db, struct arena *arena)
{
    int64_t slowest = 0, first = 0, search = 0, own = 0, hits = 0;
    char match[40];
    for (int i = 0; i < COMMON; i++) {
        struct run list = {.db = db, .query = {.q = souk_str(words[i]), .page = 1, .limit = 20}};
        struct run fts = {.db = db, .match = match};
        struct run bare = list;
        bare.only_search = 1;
        snprintf(match, sizeof match, "\"en%s\"", words[i]);
        int64_t cold = once(&list, arena), warm = median(&list, arena);
        int64_t ranked = median(&fts, arena), found = median(&bare, arena);
        slowest = warm > slowest ? warm : slowest;
        first = cold > first ? cold : first;
        search = found > search ? found : search;
        own = ranked > own ? ranked : own;
        hits = list.found > hits ? list.found : hits;
    }
    show("search.hits_most", hits * 1000, "products", "");
    show("search.fts5_rank_slowest", own, "ms", "");
    show("search.list_slowest", slowest, "ms", "");
    show("search.list_first_slowest", first, "ms", "");
    show("search.words_slowest", search, "ms", "");
    show("search.slowest_against_rank", slowest * 1000 / (own ? own : 1), "of FTS5", "<= 0.1");
    show("search.first_against_rank", first * 1000 / (own ? own : 1), "of FTS5", "");
}

static void measure_lists(struct db *db, struct arena *arena)
{
    struct run category = {.db = db, .query = {.category_id = 3, .page = 1, .limit = 24}};
    struct run all = {.db = db, .query = {.page = 1, .limit = 24, .sort = souk_str("price")}};
    struct run named = {.db = db, .query = {.page = 1, .limit = 24, .sort = souk_str("name")}};
    struct run typo = {.db = db, .query = {.page = 1, .limit = 24}};
    char wrong[16];
    show("search.category_page", median(&category, arena), "ms", "");
    show("search.all_facets_by_price", median(&all, arena), "ms", "");
    /* the first list by name in a language is the background's to prepare */
    int64_t worked = processor();
    listing_refresh(db);
    show("search.names_processor", processor() - worked, "ms", "");
    show("search.names_first", once(&named, arena), "ms", "");
    show("search.by_name", median(&named, arena), "ms", "");
    snprintf(wrong, sizeof wrong, "x%.10s", words[1500] + 1);
    typo.query.q = souk_str(wrong);
    show("search.typo_first", once(&typo, arena), "ms", "");
    show("search.typo", median(&typo, arena), "ms", "<= 50");
    for (int64_t i = 1; i <= 500; i++) {
        int64_t id = i * 7;
        if (i <= 3 || i == 50 || i == 500) {
            if (db_write(db, touch, &id, NULL) != 0)
                die("touch", "refused");
            if (i == 1) {
                worked = processor();
                show("search.after_one_edit", once(&category, arena), "ms", "");
                show("search.after_one_edit_processor", processor() - worked, "ms", "<= 10");
            }
            if (i == 50) {
                worked = processor();
                show("search.after_50_edits", once(&category, arena), "ms", "");
                show("search.after_50_edits_processor", processor() - worked, "ms", "<= 10");
            }
        } else if (db_write(db, touch, &id, NULL) != 0) {
            die("touch", "refused");
        }
    }
    show("search.after_500_edits", once(&category, arena), "ms", "");
    show("search.after_500_edits_again", median(&category, arena), "ms", "");
}

int main(int argc, char **argv)
{
    static const struct market_shop shop = {
        .name = "Bench", .url = "", .currency = "EUR", .locales = {"en", "bg"}, .country = "BG"};
    struct batch batch = {.total = argc > 1 ? atoll(argv[1]) : 100000};
    struct arena arena = {0};
    struct db_options options = {0};
    struct db *db = NULL;
    struct err err = {0};
    board_use(board_create());
    log_setup(LOG_ERROR, 0);
    market_setup(&shop);
    make_words();
    if (db_open(&db, &options, &err) != 0)
        die("open", err.text);
    for (batch.from = 1; batch.from <= batch.total; batch.from = batch.to) {
        batch.to = batch.from + 500 > batch.total + 1 ? batch.total + 1 : batch.from + 500;
        if (db_write(db, make_batch, &batch, &err) != 0)
            die("fill", err.text);
    }
    show("search.put", batch.search * 1000 / batch.total, "us", "<= 120");
    int64_t before = handed_out(), start = clock_mono(), worked = processor();
    if (listing_setup(db, &err) != 0)
        die("columns", err.text);
    show("search.columns_built", clock_mono() - start, "ms", "");
    show("search.columns_processor", processor() - worked, "ms", "<= 400");
    show("search.columns_memory", (handed_out() - before) * 1000 / 1048576, "MiB", "<= 40");
    measure_words(db, &arena);
    measure_lists(db, &arena);
    listing_end();
    arena_free(&arena);
    db_thread_end(db);
    db_shut(db);
    return 0;
}
