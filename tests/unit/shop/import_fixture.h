/*
 * import_fixture: what the tests of imports share: a database in memory, a file made of text, an
 * import of it with its report, and a round: tried, imported, imported again, exported into an
 * empty shop and out of it again.
 */
#ifndef SHOP_IMPORT_FIXTURE_H
#define SHOP_IMPORT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "shop/import.h"
#include "shop/market.h"
#include <cmocka.h>

#define IMPORT_TEST(name) cmocka_unit_test_setup_teardown(name, import_open, import_close)

static struct db *db;
static struct arena arena;
static const struct json *report;

static inline struct db *import_db(void)
{
    static const struct market_shop shop = {.name = "Test",
                                            .url = "",
                                            .currency = "EUR",
                                            .locales = {"en", "bg"},
                                            .country = "BG",
                                            .email = "",
                                            .phone = ""};
    struct db *made = NULL;
    struct db_options none = {0};
    struct err err = {0};
    log_setup(LOG_ERROR, 0);
    market_setup(&shop);
    if (db_open(&made, &none, &err) != 0)
        fail_msg("%s", err.text);
    return made;
}

static inline void import_shut(struct db *which)
{
    db_thread_end(which);
    db_shut(which);
}

static inline int import_open(void **state)
{
    (void)state;
    db = import_db();
    return 0;
}

static inline int import_close(void **state)
{
    (void)state;
    import_shut(db);
    arena_free(&arena);
    return 0;
}

static inline void import_into(struct db *to, const char *format, const char *file, int dry_run)
{
    struct err err = {0};
    struct import_options options = {.format = format, .file = file, .dry_run = dry_run};
    if (import_run(to, &arena, &options, &report, &err) != 0)
        fail_msg("%s: %s", format, err.text);
}

/* Imports a file with these bytes. */
static inline void import_bytes(const char *format, const char *text, size_t len, int dry_run)
{
    char name[64];
    snprintf(name, sizeof name, "/tmp/souk-form-%d", (int)getpid());
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fwrite(text, 1, len, file);
    fclose(file);
    import_into(db, format, name, dry_run);
    unlink(name);
}

static inline void import_text(const char *format, const char *text)
{
    import_bytes(format, text, strlen(text), 0);
}

static inline void import_fail(const char *what)
{
    struct buf text = {.arena = &arena};
    json_print(&text, report);
    fail_msg("%s: %.*s", what, (int)text.len, text.ptr);
}

/* "created updated unchanged rejected", of products and then of variants. */
static inline void import_expect(const char *products, const char *variants)
{
    const struct json *all = json_at(report, "variants");
    char text[2][64];
    for (int i = 0; i < 2; i++) {
        const struct json *of = i ? all : report;
        snprintf(text[i], sizeof text[i], "%lld %lld %lld %lld",
                 (long long)json_int(json_at(of, "created"), -1),
                 (long long)json_int(json_at(of, "updated"), -1),
                 (long long)json_int(json_at(of, "unchanged"), -1),
                 (long long)json_int(json_at(of, "rejected"), -1));
    }
    if (strcmp(text[0], products) != 0 || strcmp(text[1], variants) != 0) {
        char what[160];
        snprintf(what, sizeof what, "wanted %s and %s, not %s and %s", products, variants, text[0],
                 text[1]);
        import_fail(what);
    }
}

static inline int64_t import_query(const char *sql)
{
    int64_t number = -1;
    struct db_conn *conn = db_read_begin(db, 0);
    db_get_int(conn, db_intern(db, NULL, sql), &number);
    db_read_end(conn);
    return number;
}

static inline const char *import_word(const char *sql)
{
    struct db_rows rows;
    const char *text = "";
    struct db_conn *conn = db_read_begin(db, 0);
    if (db_query(conn, db_intern(db, NULL, sql), &rows) == 0 && db_next(&rows) == 1)
        text = arena_cstr(&arena, db_text(&rows, 0));
    db_close(&rows);
    db_read_end(conn);
    return text;
}

/* Is there a note of this kind ("warnings", "rejects") at this row with these words? */
static inline void import_noted(const char *kind, int64_t row, const char *words)
{
    json_each(item, json_at(report, kind))
    {
        if (json_int(json_at(&item->value, "row"), 0) == row &&
            strstr(arena_cstr(&arena, json_text(json_at(&item->value, "message"))), words))
            return;
    }
    import_fail(words);
}

static inline char *import_export(struct db *from, const char *format, const char *name)
{
    struct err err = {0};
    FILE *out = fopen(name, "w+");
    assert_non_null(out);
    if (export_run(from, format, out, NULL, NULL, &err) != 0)
        fail_msg("%s: %s", format, err.text);
    long len = ftell(out);
    char *text = malloc((size_t)len + 1);
    rewind(out);
    assert_int_equal(fread(text, 1, (size_t)len, out), len);
    text[len] = 0;
    fclose(out);
    return text;
}

static inline void import_same(const char *what, const char *a, const char *b)
{
    size_t i = 0;
    if (strcmp(a, b) == 0)
        return;
    while (a[i] && a[i] == b[i])
        i++;
    size_t from = i > 200 ? i - 200 : 0;
    fail_msg("%s differs at byte %zu:\n%.400s\n---\n%.400s", what, i, a + from, b + from);
}

/* Out, into an empty shop, and out again: the same bytes; in once more: nothing changes. */
static inline void import_trip(const char *format)
{
    char name[64];
    snprintf(name, sizeof name, "/tmp/souk-trip-%d", (int)getpid());
    char *first = import_export(db, format, name);
    struct db *empty = import_db();
    const struct json *before = report;
    import_into(empty, format, name, 0);
    if (json_int(json_at(report, "reject_count"), -1) != 0)
        import_fail(format);
    assert_int_equal(json_int(json_at(report, "created"), -1),
                     import_query("SELECT count(*) FROM product"));
    char *second = import_export(empty, format, name);
    import_same(format, first, second);
    import_into(empty, format, name, 0);
    if (json_int(json_at(report, "created"), -1) + json_int(json_at(report, "updated"), -1) != 0)
        import_fail(format);
    import_shut(empty);
    unlink(name);
    free(first);
    free(second);
    report = before;
}

static inline void import_trips(void)
{
    struct souk_str problems;
    assert_int_equal(db_integrity(db, &arena, &problems), 0);
    for (const char *const *to = export_formats(); *to; to++)
        import_trip(*to);
}

/* Tried, imported and imported again. */
static inline void import_twice(const char *format, const char *text, int products, int variants,
                                int refused, int refused_variants)
{
    char made[64], made_variants[64], known[64], known_variants[64];
    snprintf(made, sizeof made, "%d 0 0 %d", products, refused);
    snprintf(made_variants, sizeof made_variants, "%d 0 0 %d", variants, refused_variants);
    snprintf(known, sizeof known, "0 0 %d %d", products, refused);
    snprintf(known_variants, sizeof known_variants, "0 0 %d %d", variants, refused_variants);
    import_bytes(format, text, strlen(text), 1);
    import_expect(made, made_variants);
    assert_int_equal(import_query("SELECT count(*) FROM product"), 0);
    import_text(format, text);
    import_expect(made, made_variants);
    assert_int_equal(import_query("SELECT count(*) FROM product"), products);
    assert_int_equal(import_query("SELECT count(*) FROM variant"), variants);
    const struct json *first = report;
    import_text(format, text);
    import_expect(known, known_variants);
    report = first;
}

#endif
