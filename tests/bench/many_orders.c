/*
 * many_orders: makes a shop with many orders out of one with a few: every row that belongs to an
 * order (cart, lines, payments, parcels, returns, messages, people, audit) is written again and
 * again under ids and times further back, so that the orders stand one after another over years as
 * if they had been placed. Sums of stock are put right and the audit's chain is made anew: `souk
 * verify` finds nothing.
 *
 *     many_orders FILE COPIES [MINUTES]
 *
 * FILE is the database of a stopped shop; MINUTES lie between two copies (90). Prints how many
 * orders there are.
 */
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS_SHIFT 22 /* of ids: see core/base/rand.c */

static sqlite3 *db;

static void must(int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "many_orders: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(const char *sql)
{
    must(sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

/* In the order of their references. `unique`: texts that get a number behind them. */
static const struct source {
    const char *table, *where, *unique;
} sources[] = {
    {"person", "id IN (SELECT person_id FROM shop_order)", " "},
    {"contact", "person_id IN (SELECT person_id FROM shop_order)", " value written "},
    {"cart", "id IN (SELECT cart_id FROM shop_order)", " token "},
    {"cart_line", "cart_id IN (SELECT cart_id FROM shop_order)", " "},
    {"shop_order", "1", " number token email name "},
    {"order_line", "1", " "},
    {"reservation", "1", " "},
    {"order_note", "1", " "},
    {"payment", "1", " reference "},
    {"payment_move", "1", " reference "},
    {"payment_match", "1", " reference "},
    {"shipment", "1", " number tracking "},
    {"shipment_line", "1", " "},
    {"shipment_event", "1", " "},
    {"order_return", "1", " number token "},
    {"order_return_line", "1", " "},
    {"message", "1", " key recipient "},
    {"webhook_delivery", "1", " "},
    {"inbox", "done_at IS NOT NULL", " key "},
    {"stock_move", "reason IN ('order', 'return')", " "},
    {"audit", "subject LIKE 'order:%'", " "},
};

/* What goes back with the copies, as times do; all other columns stay as they are. */
static const char ids[] =
    " id order_id cart_id person_id payment_id shipment_id line_id return_id refund_move fact ";

static int is_time(const char *name)
{
    size_t len = strlen(name);
    return strcmp(name, "at") == 0 || (len > 3 && strcmp(name + len - 3, "_at") == 0);
}

static void add_column(const struct source *source, const char *name, char *into, size_t size)
{
    char wanted[80];
    size_t len = strlen(into);
    snprintf(wanted, sizeof wanted, " %s ", name);
    const char *comma = len ? ", " : "";
    if (strstr(ids, wanted))
        snprintf(into + len, size - len, "%s\"%s\" - ?1", comma, name);
    else if (is_time(name))
        snprintf(into + len, size - len, "%s\"%s\" - ?2", comma, name);
    else if (strstr(source->unique, wanted))
        snprintf(into + len, size - len,
                 "%sCASE \"%s\" WHEN '' THEN '' ELSE \"%s\" || 'x' || ?3 END", comma, name, name);
    else if (strcmp(name, "subject") == 0)
        snprintf(
            into + len, size - len,
            "%sCASE WHEN subject LIKE 'order:%%' THEN 'order:' || (substr(subject, 7) - ?1) "
            "WHEN subject LIKE 'shipment:%%' THEN 'shipment:' || (substr(subject, 10) - ?1) ELSE subject END",
            comma);
    else
        snprintf(into + len, size - len, "%s\"%s\"", comma, name);
}

static sqlite3_stmt *make_copy(const struct source *source)
{
    char columns[4000] = "", sql[6000];
    sqlite3_stmt *info = NULL, *copy = NULL;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", source->table);
    must(sqlite3_prepare_v2(db, sql, -1, &info, NULL), sql);
    while (sqlite3_step(info) == SQLITE_ROW)
        add_column(source, (const char *)sqlite3_column_text(info, 0), columns, sizeof columns);
    sqlite3_finalize(info);
    snprintf(sql, sizeof sql, "CREATE TEMP TABLE first_%s AS SELECT * FROM main.%s WHERE %s",
             source->table, source->table, source->where);
    run(sql);
    snprintf(sql, sizeof sql, "INSERT INTO main.%s SELECT %s FROM first_%s", source->table, columns,
             source->table);
    must(sqlite3_prepare_v2(db, sql, -1, &copy, NULL), sql);
    return copy;
}

/* ---- the audit's chain ---- */

static void add_piece(crypto_hash_sha256_state *state, const void *bytes, size_t count)
{
    unsigned char len[8];
    for (int i = 0; i < 8; i++)
        len[i] = (unsigned char)((unsigned long long)count >> (8 * i));
    crypto_hash_sha256_update(state, len, sizeof len);
    crypto_hash_sha256_update(state, bytes ? bytes : "", count);
}

static void make_chain(void)
{
    unsigned char chain[32];
    size_t before = 0;
    sqlite3_stmt *rows = NULL, *put = NULL;
    must(sqlite3_prepare_v2(db,
                            "SELECT id, at, actor, action, subject, detail FROM audit ORDER BY id",
                            -1, &rows, NULL),
         "audit");
    must(sqlite3_prepare_v2(db, "UPDATE audit SET chain = ?2 WHERE id = ?1", -1, &put, NULL),
         "audit");
    while (sqlite3_step(rows) == SQLITE_ROW) {
        crypto_hash_sha256_state state;
        sqlite3_int64 id = sqlite3_column_int64(rows, 0), at = sqlite3_column_int64(rows, 1);
        crypto_hash_sha256_init(&state);
        add_piece(&state, chain, before);
        add_piece(&state, &id, sizeof id);
        add_piece(&state, &at, sizeof at);
        for (int i = 2; i < 6; i++)
            add_piece(&state, sqlite3_column_text(rows, i), (size_t)sqlite3_column_bytes(rows, i));
        crypto_hash_sha256_final(&state, chain);
        before = sizeof chain;
        sqlite3_bind_int64(put, 1, id);
        sqlite3_bind_blob(put, 2, chain, sizeof chain, SQLITE_TRANSIENT);
        must(sqlite3_step(put), "audit");
        sqlite3_reset(put);
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(put);
}

static void copy_all(int copies, sqlite3_int64 minutes)
{
    enum { COUNT = sizeof sources / sizeof *sources };
    sqlite3_stmt *statements[COUNT];
    for (int i = 0; i < COUNT; i++)
        statements[i] = make_copy(&sources[i]);
    for (int n = 1; n <= copies; n++) {
        for (int i = 0; i < COUNT; i++) {
            sqlite3_bind_int64(statements[i], 1, n * minutes * 60000 << MS_SHIFT);
            sqlite3_bind_int64(statements[i], 2, n * minutes * 60000000);
            sqlite3_bind_int(statements[i], 3, n);
            must(sqlite3_step(statements[i]), sources[i].table);
            sqlite3_reset(statements[i]);
        }
    }
    for (int i = 0; i < COUNT; i++)
        sqlite3_finalize(statements[i]);
}

int main(int count, char **words)
{
    if (count < 3 || sqlite3_open(words[1], &db) != SQLITE_OK) {
        fprintf(stderr, "usage: many_orders FILE COPIES [MINUTES]\n");
        return 2;
    }
    run("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -200000; BEGIN");
    copy_all((int)strtol(words[2], NULL, 10), count > 3 ? (int)strtol(words[3], NULL, 10) : 90);
    run("UPDATE stock SET reserved = (SELECT coalesce(sum(r.quantity), 0) FROM reservation r WHERE r.variant_id = stock.variant_id), "
        "on_hand = (SELECT coalesce(sum(m.delta), 0) FROM stock_move m WHERE m.variant_id = stock.variant_id)");
    make_chain();
    run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
    sqlite3_stmt *many = NULL;
    must(sqlite3_prepare_v2(db, "SELECT count(*) FROM shop_order", -1, &many, NULL), "count");
    must(sqlite3_step(many), "count");
    printf("%lld\n", (long long)sqlite3_column_int64(many, 0));
    sqlite3_finalize(many);
    sqlite3_close(db);
    return 0;
}
