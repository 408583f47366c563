/*
 * person_fixture: what the tests of people and the event log share: the store's fixture with a
 * database and an arena for each test, and writes of a few lines.
 */
#ifndef SHOP_PERSON_FIXTURE_H
#define SHOP_PERSON_FIXTURE_H

#include "shop/visit.h"

#include "../store/fixture.h"

#define PERSON_TEST(name) cmocka_unit_test_setup_teardown(name, person_open, person_close)

static struct db *db;
static struct arena arena;

static inline int person_open(void **state)
{
    (void)state;
    db = fixture_open(NULL);
    return 0;
}

static inline int person_close(void **state)
{
    (void)state;
    visit_flush_last(db);
    db_shut(db);
    arena_free(&arena);
    return 0;
}

static inline void write_ok(const char *sql)
{
    struct err err = {0};
    if (fixture_write(db, sql, &err) != SOUK_OK)
        fail_msg("%s: %s", sql, err.text);
}

/* A write by a function of no arguments beyond the connection. */
static int (*person_body)(struct db_conn *conn);

static inline int person_call(struct db_conn *conn, void *arg)
{
    (void)arg;
    return person_body(conn);
}

static inline int in_write(int (*fn)(struct db_conn *conn))
{
    struct err err = {0};
    person_body = fn;
    int code = db_write(db, person_call, NULL, &err);
    if (code != SOUK_OK)
        print_message("%s\n", err.text);
    return code;
}

#endif
