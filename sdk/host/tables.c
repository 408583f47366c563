/*
 * tables.c: rows that stand in the plugin's tables when a rule begins: `tables` of conform.lua.
 * What staff or an import would have put there (rates, tariffs, places) cannot come from options.
 *
 * Written in the plugin's own name: the shop's tables are refused, as they are to the plugin.
 */
#include "host/host.h"

#include "base/buf.h"
#include "store/db.h"

#define COLUMNS_MOST 60

static struct db_arg value_of(const struct json *value)
{
    if (value->kind == JSON_INT || value->kind == JSON_BOOL)
        return DB_INT(value->number);
    return value->kind == JSON_STRING ? DB_TEXT(value->text) : DB_NULL;
}

static int is_name(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.ptr[i] >= 'a' && text.ptr[i] <= 'z') || text.ptr[i] == '_' ||
              (text.ptr[i] >= '0' && text.ptr[i] <= '9')))
            return 0;
    return text.len > 0;
}

static int put_row(struct db_conn *conn, struct world *world, struct souk_str table,
                   const struct json *row)
{
    struct buf sql = {0};
    struct db_arg args[COLUMNS_MOST];
    int count = 0;
    buf_printf(&sql, "INSERT INTO %.*s (", SOUK_PRI(table));
    json_each(cell, row)
    {
        if (count == COLUMNS_MOST || !is_name(cell->key)) {
            buf_free(&sql);
            return db_refuse(conn, SOUK_INVALID, "conform.lua: tables: %.*s has no column \"%.*s\"",
                             SOUK_PRI(table), SOUK_PRI(cell->key));
        }
        buf_printf(&sql, "%s%.*s", count ? ", " : "", SOUK_PRI(cell->key));
        args[count++] = value_of(&cell->value);
    }
    buf_add_cstr(&sql, ") VALUES (");
    for (int i = 0; i < count; i++)
        buf_printf(&sql, "%s$%d", i ? ", " : "", i + 1);
    buf_add_cstr(&sql, ")");
    struct arena arena = {0};
    struct souk_str text = arena_str(&arena, buf_str(&sql));
    buf_free(&sql);
    int code =
        db_run_args(conn, db_intern(world->db, world->plan->name, text.ptr), NULL, args, count);
    arena_free(&arena);
    return code;
}

static int put_all(struct db_conn *conn, void *arg)
{
    struct world *world = arg;
    struct arena arena = {0};
    const struct json *tables = script_value(world->script, &arena, "tables");
    int code = SOUK_OK;
    db_principal(conn, world->plan->name);
    json_each(table, tables)
    {
        if (code == SOUK_OK && !is_name(table->key))
            code = db_refuse(conn, SOUK_INVALID, "conform.lua: tables: \"%.*s\" is no table",
                             SOUK_PRI(table->key));
        json_each(row, &table->value)
        {
            if (code == SOUK_OK)
                code = put_row(conn, world, table->key, &row->value);
        }
    }
    db_principal(conn, NULL);
    arena_free(&arena);
    return code;
}

int tables_fill(struct world *world, struct err *err)
{
    return world->script ? db_write(world->db, put_all, world, err) : SOUK_OK;
}
