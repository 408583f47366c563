/*
 * fixture: what the tests of the shop share: a database in memory, a shop that speaks five
 * languages and reckons in euro, and products saved from JSON text.
 *
 * Tests take setup and teardown by SHOP_TEST(name) and get the fixture as *state.
 */
#ifndef SHOP_FIXTURE_H
#define SHOP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "shop/category.h"
#include "shop/market.h"
#include "shop/product.h"
#include "store/db.h"
#include <cmocka.h>

#define NOW INT64_C(1795000000000000)

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

struct shop_fixture {
    struct db *db;
    struct arena arena;           /* of the test: given back at its end */
    struct err err;               /* of the last save */
    struct product_result result; /* the same */
    int64_t now;
};

static inline int fixture_setup(void **state)
{
    static const struct market_shop shop = {.name = "Test shop",
                                            .url = "https://shop.example",
                                            .currency = "EUR",
                                            .locales = {"en", "bg", "hu", "hy", "bn"},
                                            .country = "BG",
                                            .email = "shop@shop.example",
                                            .phone = "+359 2 000 0000",
                                            .prices_include_tax = 1};
    struct shop_fixture *fixture = mem_zalloc(sizeof *fixture);
    struct db_options options = {0};
    log_setup(LOG_ERROR, 0);
    market_setup(&shop);
    fixture->now = NOW;
    if (db_open(&fixture->db, &options, &fixture->err) != 0)
        fail_msg("open: %s", fixture->err.text);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct shop_fixture *fixture = *state;
    db_thread_end(fixture->db);
    db_shut(fixture->db);
    arena_free(&fixture->arena);
    free(fixture);
    return 0;
}

/* The tree of a JSON text; a wrong one fails the test. */
static inline struct json *fixture_json(struct shop_fixture *fixture, const char *text)
{
    struct json *tree = NULL;
    struct err err = {0};
    if (json_parse(&fixture->arena, souk_str(text), &tree, &err) != 0)
        fail_msg("json: %s in %s", err.text, text);
    return tree;
}

static inline const char *fixture_print(struct shop_fixture *fixture, const struct json *tree)
{
    struct buf out = {.arena = &fixture->arena};
    json_print(&out, tree);
    return out.ptr ? out.ptr : "";
}

struct fixture_save {
    struct shop_fixture *fixture;
    const struct json *doc;
};

static inline int fixture_save_run(struct db_conn *conn, void *arg)
{
    struct fixture_save *save = arg;
    struct arena arena = {0};
    save->fixture->err = (struct err){0};
    int code = product_save(conn, &arena, save->doc, "test", save->fixture->now,
                            &save->fixture->result, &save->fixture->err);
    arena_free(&arena);
    return code;
}

/* Saves a product from JSON text; the code, with fixture->err and fixture->result filled. */
static inline int fixture_try(struct shop_fixture *fixture, const char *text)
{
    struct fixture_save save = {fixture, fixture_json(fixture, text)};
    struct err err = {0};
    fixture->result = (struct product_result){0};
    int code = db_write(fixture->db, fixture_save_run, &save, &err);
    if (code != 0 && !fixture->err.text[0])
        fixture->err = err;
    return code;
}

/* The same, and it must work: the product's id. */
static inline int64_t fixture_save(struct shop_fixture *fixture, const char *text)
{
    if (fixture_try(fixture, text) != 0)
        fail_msg("save: %s (%s) in %s", fixture->err.text, fixture->result.pointer, text);
    return fixture->result.id;
}

struct fixture_write {
    int (*fn)(struct db_conn *conn, struct shop_fixture *fixture, void *arg);
    struct shop_fixture *fixture;
    void *arg;
};

static inline int fixture_write_run(struct db_conn *conn, void *arg)
{
    struct fixture_write *write = arg;
    return write->fn(conn, write->fixture, write->arg);
}

/* Runs fn in a write; its code. */
static inline int fixture_write(struct shop_fixture *fixture,
                                int (*fn)(struct db_conn *, struct shop_fixture *, void *),
                                void *arg)
{
    struct fixture_write write = {fn, fixture, arg};
    return db_write(fixture->db, fixture_write_run, &write, NULL);
}

static inline int fixture_sql_run(struct db_conn *conn, void *arg)
{
    return db_run(conn, db_intern(db_of(conn), NULL, arg), NULL);
}

/* One statement in a write: to put rows in place that no function of the test's makes. */
static inline void fixture_sql(struct shop_fixture *fixture, const char *sql)
{
    struct err err = {0};
    if (db_write(fixture->db, fixture_sql_run, (void *)(uintptr_t)sql, &err) != 0)
        fail_msg("%s: %s", sql, err.text);
}

/* The number that a query gives; INT64_MIN when it has no row. */
static inline int64_t fixture_int(struct shop_fixture *fixture, const char *sql)
{
    int64_t number = INT64_MIN;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = db_get_int(conn, db_intern(fixture->db, NULL, sql), &number);
    if (code != 0 && code != SOUK_NOT_FOUND)
        fail_msg("%s: %s", sql, db_error(conn));
    db_read_end(conn);
    return number;
}

/* The text that a query gives, "" when it has no row. */
static inline const char *fixture_text(struct shop_fixture *fixture, const char *sql)
{
    struct db_rows rows;
    const char *text = "";
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    if (db_query(conn, db_intern(fixture->db, NULL, sql), &rows) != 0)
        fail_msg("%s: %s", sql, db_error(conn));
    if (db_next(&rows) == 1)
        text = arena_cstr(&fixture->arena, db_text(&rows, 0));
    db_close(&rows);
    db_read_end(conn);
    return text;
}

/* The document of a product as it is now. */
static inline struct json *fixture_load(struct shop_fixture *fixture, int64_t id)
{
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(fixture->db, 0);
    int code = product_load(conn, &fixture->arena, id, &doc);
    db_read_end(conn);
    if (code != 0)
        fail_msg("load: %d", code);
    return doc;
}

#endif
