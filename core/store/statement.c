/*
 * statement: named statements on a connection: prepared once, kept, run.
 *
 * The idea: a statement is a constant, so its address is its key: a cache of prepared
 * instances hangs on each connection. When an instance is in use (a query nested in
 * itself), a second one is made and kept too. A row view knows the use that it belongs
 * to; when its snapshot or savepoint is over, it is at its end, not in somebody else's
 * rows.
 *
 * One thread at a time uses a connection; nothing here locks.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/clock.h"
#include "store/conn.h"

int statement_words(struct db_conn *conn, int code, const char *name, const char *words)
{
    snprintf(conn->words, sizeof conn->words, "%.60s: %.330s", name, words);
    return code;
}

static size_t statement_bucket(const struct db_statement *key)
{
    uint64_t bits = (uint64_t)(uintptr_t)key;
    return (size_t)((bits * UINT64_C(0x9e3779b97f4a7c15)) >> 57) % CONN_BUCKETS;
}

/* ---- the cache ---- */

static int statement_prepare(struct db_conn *conn, const struct db_statement *key,
                             struct statement **out)
{
    struct err err = {0};
    struct driver_statement *raw = NULL;
    const char *own = intern_principal(conn->db, key);
    const char *principal = own ? own : conn->principal[0] ? conn->principal : NULL;
    int code = conn->db->driver->prepare(conn->raw, key->sql, principal, &raw, &err);
    if (code != 0)
        return statement_words(conn, code, key->name, err.text);
    struct statement *made = mem_zalloc(sizeof *made);
    made->key = key;
    made->raw = raw;
    made->interned = own != NULL;
    snprintf(made->principal, sizeof made->principal, "%s", principal ? principal : "");
    struct statement **bucket = &conn->buckets[statement_bucket(key)];
    made->next = *bucket;
    *bucket = made;
    atomic_fetch_add_explicit(&conn->db->stat_prepared, 1, memory_order_relaxed);
    *out = made;
    return 0;
}

static int statement_take(struct db_conn *conn, const struct db_statement *key,
                          struct statement **out)
{
    struct statement *found = conn->buckets[statement_bucket(key)];
    while (found && !(found->key == key && !found->open &&
                      (found->interned || strcmp(found->principal, conn->principal) == 0)))
        found = found->next;
    if (!found) {
        int code = statement_prepare(conn, key, &found);
        if (code != 0)
            return code;
    }
    found->open = 1;
    found->serial++;
    found->next_open = conn->open;
    conn->open = found;
    *out = found;
    return 0;
}

static void statement_give_back(struct db_conn *conn, struct statement *statement)
{
    struct statement **at = &conn->open;
    while (*at && *at != statement)
        at = &(*at)->next_open;
    if (*at)
        *at = statement->next_open;
    conn->db->driver->reset(statement->raw);
    statement->open = 0;
}

void statement_close_until(struct db_conn *conn, const struct statement *before)
{
    while (conn->open && conn->open != before)
        statement_give_back(conn, conn->open);
}

void statement_close_open(struct db_conn *conn)
{
    statement_close_until(conn, NULL);
}

void statement_flush(struct db_conn *conn)
{
    for (int i = 0; i < CONN_BUCKETS; i++) {
        while (conn->buckets[i]) {
            struct statement *gone = conn->buckets[i];
            conn->buckets[i] = gone->next;
            conn->db->driver->finalize(gone->raw);
            free(gone);
        }
    }
}

void statement_refresh(struct db_conn *conn)
{
    uint32_t epoch = atomic_load_explicit(&conn->db->epoch, memory_order_acquire);
    if (epoch == conn->epoch)
        return;
    statement_flush(conn);
    conn->epoch = epoch;
}

/* ---- running ---- */

static void statement_note(struct db_conn *conn, struct statement *statement)
{
    int count = 0;
    if (statement->noted == conn->turn)
        return;
    statement->noted = conn->turn;
    if (conn->writer) {
        const uint32_t *tables = conn->db->driver->writes(statement->raw, &count);
        seen_note_writes(conn, tables, count);
    } else {
        const uint32_t *tables = conn->db->driver->reads(statement->raw, &count);
        seen_note_reads(conn, tables, count);
    }
}

/* What a closure does after its transaction was destroyed would be kept by itself. The words are
 * those of what destroyed it. */
int statement_may_run(struct db_conn *conn)
{
    if (!conn->closure || conn->db->driver->in_transaction(conn->raw))
        return 0;
    if (!conn->words[0])
        statement_words(conn, SOUK_UNAVAILABLE, "the write",
                        "it was undone by the database; nothing more can be changed in it");
    conn->failed = SOUK_UNAVAILABLE;
    return SOUK_UNAVAILABLE;
}

static int statement_begin(struct db_conn *conn, const struct db_statement *key,
                           const struct db_arg *args, int count, struct statement **out)
{
    char words[80];
    if (!key)
        return statement_words(
            conn, SOUK_TOO_LARGE, "statement",
            "too many different texts; keep the SQL constant and use parameters");
    const struct driver *driver = conn->db->driver;
    int code = reader_start(conn);
    if (code == 0)
        code = statement_may_run(conn);
    if (code != 0)
        return code;
    /* before preparing: to read the schema takes steps too, and the last budget may be used up */
    int64_t limit = clock_mono() + (conn->budget > 0 ? conn->budget : conn->db->budget);
    driver->deadline(conn->raw, conn->deadline && conn->deadline < limit ? conn->deadline : limit);
    if ((code = statement_take(conn, key, out)) != 0)
        return code;
    code = driver->bind((*out)->raw, args, count);
    if (code != 0) {
        snprintf(words, sizeof words, "%d parameters were given; look at the $n of the text",
                 count);
        statement_words(conn, code, key->name,
                        code == SOUK_INVALID ? words : driver->error(conn->raw));
        statement_give_back(conn, *out);
        return code;
    }
    return 0;
}

/* A row: 1. The end or a failure: given back. */
static int statement_step(struct db_conn *conn, struct statement *statement)
{
    int code = conn->db->driver->step(statement->raw);
    if (code == 1)
        return 1;
    if (code == SOUK_TIMEOUT)
        statement_words(conn, code, statement->key->name, "took longer than it may");
    else if (code < 0)
        statement_words(conn, code, statement->key->name, conn->db->driver->error(conn->raw));
    if (code == SOUK_CONFLICT)
        atomic_fetch_add_explicit(&conn->db->stat_conflicts, 1, memory_order_relaxed);
    statement_give_back(conn, statement);
    return code;
}

int db_run_args(struct db_conn *conn, const struct db_statement *key, int64_t *changed,
                const struct db_arg *args, int count)
{
    struct statement *statement = NULL;
    int writes = 0;
    if (changed)
        *changed = 0;
    int code = statement_begin(conn, key, args, count, &statement);
    if (code != 0)
        return code;
    const struct driver *driver = conn->db->driver;
    int64_t before = driver->written(conn->raw);
    driver->writes(statement->raw, &writes);
    do
        code = statement_step(conn, statement);
    while (code == 1);
    /* a write that found nothing to change leaves every cache in place */
    if (!conn->writer || driver->written(conn->raw) != before)
        statement_note(conn, statement);
    if (code == 0 && changed && writes > 0)
        *changed = driver->changes(conn->raw);
    return code;
}

int db_query_args(struct db_conn *conn, const struct db_statement *key, struct db_rows *rows,
                  const struct db_arg *args, int count)
{
    struct statement *statement = NULL;
    *rows = (struct db_rows){.conn = conn};
    int code = statement_begin(conn, key, args, count, &statement);
    if (code != 0)
        return code;
    statement_note(conn, statement);
    rows->handle = statement;
    rows->slot = statement->serial;
    rows->columns = conn->db->driver->columns(statement->raw);
    return 0;
}

/* The instance, while it is still this view's. */
static struct statement *statement_of(const struct db_rows *rows)
{
    struct statement *statement = rows->handle;
    return statement && statement->open && statement->serial == rows->slot ? statement : NULL;
}

int db_next(struct db_rows *rows)
{
    struct statement *statement = statement_of(rows);
    if (!statement) {
        rows->handle = NULL;
        return 0;
    }
    int code = statement_step(rows->conn, statement);
    if (code != 1)
        rows->handle = NULL;
    return code;
}

int db_first(int code, struct db_rows *rows)
{
    if (code != 0)
        return code;
    code = db_next(rows);
    return code == 1 ? 0 : code ? code : SOUK_NOT_FOUND;
}

void db_close(struct db_rows *rows)
{
    struct statement *statement = statement_of(rows);
    if (statement)
        statement_give_back(rows->conn, statement);
    rows->handle = NULL;
}

int64_t db_int(struct db_rows *rows, int column)
{
    struct statement *statement = statement_of(rows);
    return statement ? rows->conn->db->driver->column_int(statement->raw, column) : 0;
}

struct souk_str db_text(struct db_rows *rows, int column)
{
    struct statement *statement = statement_of(rows);
    return statement ? rows->conn->db->driver->column_text(statement->raw, column) : souk_str("");
}

int db_is_null(struct db_rows *rows, int column)
{
    struct statement *statement = statement_of(rows);
    return !statement || rows->conn->db->driver->column_is_null(statement->raw, column);
}

const char *db_column_name(struct db_rows *rows, int column)
{
    struct statement *statement = statement_of(rows);
    return statement ? rows->conn->db->driver->column_name(statement->raw, column) : "";
}

int db_get_int_args(struct db_conn *conn, const struct db_statement *key, int64_t *out,
                    const struct db_arg *args, int count)
{
    struct db_rows rows;
    int code = db_query_args(conn, key, &rows, args, count);
    if (code != 0)
        return code;
    code = db_next(&rows);
    if (code == 1)
        *out = db_int(&rows, 0);
    db_close(&rows);
    if (code == 0)
        return statement_words(conn, SOUK_NOT_FOUND, key->name, "there is no such row");
    return code == 1 ? 0 : code;
}

const char *db_error(const struct db_conn *conn)
{
    return conn->words;
}
