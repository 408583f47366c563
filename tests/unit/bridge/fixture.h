/*
 * fixture: what the tests of the bridge share: a database in memory, a shop that speaks two
 * languages, and a plugin "t" that is a struct on the heap instead of a file, so that the inline
 * functions of the SDK can be called as from inside of it.
 *
 * Tests take all of it by BRIDGE_TEST(name). Those that need something else besides call
 * fixture_setup and fixture_teardown from their own; those that need no database fixture_begin.
 */
#ifndef BRIDGE_FIXTURE_H
#define BRIDGE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>
#include <souk.h>
#include "base/board.h"
#include "base/log.h"
#include "bridge/internal.h"
#include "shop/market.h"
#include "store/migrate.h"

#define BRIDGE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

const struct souk_api *souk_api;

static struct db *db;
static struct plugin *plugin;
static struct arena arena;

static const struct migration fixture_migrations[] = {
    {1, "guest",
     "CREATE TABLE p_t_guest (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)"},
};

static inline int fixture_consumers(void *user, struct souk_str topic, struct arena *to,
                                    const char ***names)
{
    (void)user;
    *names = arena_array(to, const char *, 1);
    (*names)[0] = "t";
    return souk_str_is(topic, "t.signed");
}

static inline struct plugin *fixture_plugin(const char *name)
{
    struct plugin *made = mem_zalloc(sizeof(*made));
    snprintf(made->name, sizeof(made->name), "%s", name);
    made->descriptor.plugin.name = made->name;
    made->descriptor.plugin.size = sizeof(struct souk_plugin);
    made->descriptor.plugin.version = "1.0.0";
    return made;
}

static inline void fixture_plugin_free(struct plugin *made)
{
    arena_free(&made->pool);
    arena_free(&made->arena);
    free(made);
}

/* A call of `of`, of its kind, in the test's arena. */
static inline struct souk_ctx fixture_call(struct plugin *of, int kind)
{
    struct souk_ctx ctx;
    struct call_start start = {.plugin = of, .db = db, .arena = &arena, .kind = kind};
    call_begin(&ctx, &start);
    return ctx;
}

static inline struct souk_ctx fixture_ctx(int kind)
{
    return fixture_call(plugin, kind);
}

/* All but the database. */
static inline void fixture_begin(void)
{
    log_setup(LOG_ERROR + 1, 0); /* what is refused here is refused on purpose */
    souk_api = bridge_api();
    if (!board_current())
        board_use(board_create());
    plugin = fixture_plugin("t");
}

static inline int fixture_setup(void **state)
{
    static const struct market_shop shop = {.name = "Test shop",
                                            .url = "https://shop.example",
                                            .currency = "EUR",
                                            .locales = {"en", "bg"},
                                            .country = "BG",
                                            .prices_include_tax = 1};
    struct db_options options = {.consumers = fixture_consumers};
    struct err err = {0};
    (void)state;
    fixture_begin();
    market_setup(&shop);
    if (db_open(&db, &options, &err) != 0 ||
        migrate_apply(db, "t", fixture_migrations, 1, &err) != 0)
        fail_msg("database: %s", err.text);
    return 0;
}

/* After fixture_begin too. */
static inline int fixture_teardown(void **state)
{
    (void)state;
    if (db) {
        db_thread_end(db);
        db_shut(db);
        db = NULL;
    }
    arena_free(&arena);
    fixture_plugin_free(plugin);
    return 0;
}

static inline const struct souk_value *fixture_json(struct souk_ctx *ctx, const char *text)
{
    struct souk_value *value = NULL;
    if (souk_json_parse(ctx, souk_str(text), &value) != SOUK_OK)
        fail_msg("%s", text);
    return value;
}

static inline int64_t fixture_int(const char *sql)
{
    int64_t number = -1;
    struct db_conn *conn = db_read_begin(db, 0);
    if (db_get_int(conn, db_intern(db, NULL, sql), &number) != 0)
        number = INT64_MIN;
    db_read_end(conn);
    return number;
}

#endif
