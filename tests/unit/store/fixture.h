/*
 * fixture: what the tests of the store share: a database in memory with the tables of a
 * plugin "t", and a write that runs one statement.
 */
#ifndef STORE_FIXTURE_H
#define STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "base/log.h"
#include "store/db.h"
#include "store/migrate.h"

#define NOW INT64_C(1795000000000000)

static const struct migration fixture_migrations[] = {
    {1, "item",
     "CREATE TABLE p_t_item (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, data BLOB,\n"
     "  amount INTEGER NOT NULL DEFAULT 0 CHECK (amount >= 0)) STRICT;\n"
     "CREATE TABLE p_t_part (id INTEGER NOT NULL PRIMARY KEY,\n"
     "  item INTEGER NOT NULL REFERENCES p_t_item (id) ON DELETE CASCADE) STRICT;\n"
     "CREATE TABLE p_t_late (id INTEGER NOT NULL PRIMARY KEY,\n"
     "  item INTEGER NOT NULL REFERENCES p_t_item (id) DEFERRABLE INITIALLY DEFERRED) STRICT;\n"},
};

static const struct db_statement fixture_insert = {
    "item_insert", "INSERT INTO p_t_item (id, name) VALUES ($1, $2)"};
static const struct db_statement fixture_count = {"item_count", "SELECT count(*) FROM p_t_item"};

static inline struct db *fixture_open(const struct db_options *options)
{
    struct db *db = NULL;
    struct db_options none = {0};
    struct err err = {0};
    log_setup(LOG_ERROR, 0);
    if (db_open(&db, options ? options : &none, &err) != 0)
        fail_msg("open: %s", err.text);
    if (migrate_apply(db, "t", fixture_migrations, 1, &err) != 0)
        fail_msg("migrate: %s", err.text);
    return db;
}

static inline int64_t fixture_int(struct db *db, const char *sql)
{
    struct db_statement statement = {"look", sql};
    int64_t number = -1;
    struct db_conn *conn = db_read_begin(db, 0);
    if (db_get_int(conn, db_intern(db, NULL, statement.sql), &number) != 0)
        number = INT64_MIN;
    db_read_end(conn);
    return number;
}

static inline int fixture_run_text(struct db_conn *conn, void *arg)
{
    return db_run(conn, db_intern(db_of(conn), NULL, arg), NULL);
}

static inline int fixture_write(struct db *db, const char *sql, struct err *err)
{
    return db_write(db, fixture_run_text, (void *)(uintptr_t)sql, err);
}

static inline void fixture_folder(char *to, size_t size)
{
    snprintf(to, size, "/dev/shm/souk-test-XXXXXX");
    if (!mkdtemp(to)) {
        snprintf(to, size, "/tmp/souk-test-XXXXXX");
        assert_non_null(mkdtemp(to));
    }
}

static inline void fixture_remove(const char *dir)
{
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
}

#endif
