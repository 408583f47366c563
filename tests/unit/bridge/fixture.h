/*
 * fixture: what the tests of the bridge share: a database in memory, and a plugin that
 * is a struct on the heap instead of a file, so that the inline functions of the SDK
 * can be called as from inside of it.
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
#include "store/migrate.h"

const struct souk_api *souk_api;

static const struct migration fixture_migrations[] = {
    {1, "guest",
     "CREATE TABLE p_t_guest (id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE)"},
};

static inline int fixture_consumers(void *user, struct souk_str topic, struct arena *arena,
                                    const char ***names)
{
    (void)user;
    *names = arena_array(arena, const char *, 1);
    (*names)[0] = "t";
    return souk_str_is(topic, "t.signed");
}

static inline struct db *fixture_open(void)
{
    struct db *db = NULL;
    struct db_options options = {.consumers = fixture_consumers};
    struct err err = {0};
    log_setup(LOG_ERROR, 0);
    souk_api = bridge_api();
    if (!board_current())
        board_use(board_create());
    if (db_open(&db, &options, &err) != 0 ||
        migrate_apply(db, "t", fixture_migrations, 1, &err) != 0)
        fail_msg("database: %s", err.text);
    return db;
}

static inline struct plugin *fixture_plugin(const char *name)
{
    struct plugin *plugin = mem_zalloc(sizeof(*plugin));
    snprintf(plugin->name, sizeof(plugin->name), "%s", name);
    plugin->descriptor.plugin.name = plugin->name;
    plugin->descriptor.plugin.size = sizeof(struct souk_plugin);
    plugin->descriptor.plugin.version = "1.0.0";
    return plugin;
}

static inline void fixture_plugin_free(struct plugin *plugin)
{
    arena_free(&plugin->pool);
    arena_free(&plugin->arena);
    free(plugin);
}

static inline struct souk_ctx fixture_ctx(struct plugin *plugin, struct db *db, struct arena *arena,
                                          int kind)
{
    struct souk_ctx ctx;
    struct call_start start = {.plugin = plugin, .db = db, .arena = arena, .kind = kind};
    call_begin(&ctx, &start);
    return ctx;
}

static inline int64_t fixture_int(struct db *db, const char *sql)
{
    int64_t number = -1;
    struct db_conn *conn = db_read_begin(db, 0);
    if (db_get_int(conn, db_intern(db, NULL, sql), &number) != 0)
        number = INT64_MIN;
    db_read_end(conn);
    return number;
}

#endif
