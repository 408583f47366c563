/*
 * bare_orders: the reference for checkouts: SQLite alone commits the rows of one order of the shop
 * again and again, in groups of 32, with everything that the shop's own file has: schema, indexes,
 * triggers, WAL, synchronous=FULL. Nothing is read, priced or checked.
 *
 *     bare_orders FILE SECONDS
 *
 * FILE is a copy of a shop's database that has at least one order; the rows of its latest order are
 * read into memory (order, lines, reservation, payment, the guest's record, cart, cart's lines,
 * event, audit) and written under new ids and unique texts, with the series, the stock, and the
 * fact in the outbox with its job. Prints how many orders were committed and the seconds it took.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define GROUP   32
#define ROWS    32
#define COLUMNS 64

static sqlite3 *db;

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void must(int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "bare_orders: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement = NULL;
    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static void run(sqlite3_stmt *statement)
{
    must(sqlite3_step(statement), sqlite3_sql(statement));
    sqlite3_reset(statement);
}

/* What is copied: `unique` are the texts that get a number behind them, `ids` the numbers that
 * move. */
static const struct source {
    const char *table, *where, *unique, *ids;
} sources[] = {
    {"person", "id = (SELECT person_id FROM shop_order WHERE id = $1)", " ", " id "},
    {"contact", "person_id = (SELECT person_id FROM shop_order WHERE id = $1)", " value ",
     " id person_id "},
    {"cart", "id = (SELECT cart_id FROM shop_order WHERE id = $1)", " token ", " id "},
    {"cart_line", "cart_id = (SELECT cart_id FROM shop_order WHERE id = $1)", " ", " id cart_id "},
    {"shop_order", "id = $1", " number token ", " id cart_id "},
    {"order_line", "order_id = $1", " ", " id order_id "},
    {"reservation", "order_id = $1", " ", " order_id "},
    {"payment", "order_id = $1", " ", " id order_id "},
    {"event", "subject = 'order:' || $1", " subject ", " id "},
    {"audit", "subject = 'order:' || $1", " subject ", " id "},
};

struct row {
    const struct source *source;
    sqlite3_stmt *insert;
    int columns;
    sqlite3_value *values[COLUMNS];
    char unique[COLUMNS], moves[COLUMNS];
};

static struct row rows[ROWS];
static int row_count;

static int listed(const char *list, const char *name)
{
    char word[80];
    snprintf(word, sizeof word, " %s ", name);
    return strstr(list, word) != NULL;
}

static void prepare_insert(struct row *row)
{
    char sql[1024];
    int len = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (", row->source->table);
    for (int i = 0; i < row->columns; i++)
        len += snprintf(sql + len, sizeof sql - (size_t)len, "%s?", i ? ", " : "");
    snprintf(sql + len, sizeof sql - (size_t)len, ")");
    row->insert = prepare(sql);
}

static void read_rows(const struct source *source, sqlite3_int64 order)
{
    char sql[512];
    snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE %s", source->table, source->where);
    sqlite3_stmt *select = prepare(sql);
    sqlite3_bind_int64(select, 1, order);
    while (sqlite3_step(select) == SQLITE_ROW && row_count < ROWS) {
        struct row *row = &rows[row_count++];
        row->source = source;
        row->columns = sqlite3_column_count(select);
        for (int i = 0; i < row->columns; i++) {
            const char *name = sqlite3_column_name(select, i);
            row->values[i] = sqlite3_value_dup(sqlite3_column_value(select, i));
            row->unique[i] = (char)listed(source->unique, name);
            row->moves[i] = (char)listed(source->ids, name);
        }
        prepare_insert(row);
    }
    sqlite3_finalize(select);
}

static void insert_row(const struct row *row, sqlite3_int64 step)
{
    char text[256];
    for (int i = 0; i < row->columns; i++) {
        if (row->moves[i]) {
            sqlite3_bind_int64(row->insert, i + 1,
                               sqlite3_value_int64(row->values[i]) + step * 4096);
        } else if (row->unique[i]) {
            snprintf(text, sizeof text, "%s-%lld", (const char *)sqlite3_value_text(row->values[i]),
                     (long long)step);
            sqlite3_bind_text(row->insert, i + 1, text, -1, SQLITE_TRANSIENT);
        } else {
            sqlite3_bind_value(row->insert, i + 1, row->values[i]);
        }
    }
    run(row->insert);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: bare_orders FILE SECONDS\n");
        return 2;
    }
    must(sqlite3_open(argv[1], &db), argv[1]);
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=OFF",
                      NULL, NULL, NULL),
         "pragma");
    sqlite3_stmt *latest = prepare("SELECT max(id) FROM shop_order");
    must(sqlite3_step(latest), "no order");
    sqlite3_int64 order = sqlite3_column_int64(latest, 0);
    sqlite3_finalize(latest);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        read_rows(&sources[i], order);
    sqlite3_stmt *begin = prepare("BEGIN IMMEDIATE"), *commit = prepare("COMMIT"),
                 *series = prepare("UPDATE series SET last = last + 1 WHERE name = 'order'"),
                 *stock = prepare("UPDATE stock SET reserved = reserved + 1 WHERE variant_id IN "
                                  "(SELECT variant_id FROM order_line WHERE order_id = ?)");
    sqlite3_stmt *
        fact = prepare(
           "INSERT INTO outbox (id, topic, subject, payload, at) VALUES (?1, 'order.placed', "
           "'order:' || ?1, '{\"order\":' || ?1 || ',\"number\":\"1001\",\"total\":1500}', ?1)"),
       *job = prepare(
           "INSERT INTO job (id, kind, key, subject, payload, outbox, state, due, attempt, "
           "attempts, fence, lease_until, why, created_at, changed_at) VALUES (?1, 'event:souk', '', "
           "'order:' || ?1, '', ?1, 'waiting', ?1, 0, 12, 0, 0, '', ?1, ?1)");
    sqlite3_bind_int64(stock, 1, order);
    double start = now(), seconds = strtod(argv[2], NULL);
    sqlite3_int64 made = 0;
    while (now() - start < seconds) {
        run(begin);
        for (int i = 0; i < GROUP; i++) {
            made++;
            for (int j = 0; j < row_count; j++)
                insert_row(&rows[j], made);
            sqlite3_bind_int64(fact, 1, order + made * 4096);
            run(fact);
            sqlite3_bind_int64(job, 1, order + made * 4096);
            run(job);
            run(series);
            run(stock);
        }
        run(commit);
    }
    printf("%lld %.6f %d\n", (long long)made, now() - start, row_count + 4);
    return 0;
}
