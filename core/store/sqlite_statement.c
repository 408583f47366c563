/*
 * sqlite_statement: the statement half of the SQLite driver: prepare, bind, step,
 * columns, and scripts of several statements.
 *
 * Parameters are $1 … $n; SQLite takes them as names, so their places are looked up
 * once, when the statement is prepared. Bound text is copied by SQLite: rows may be
 * walked after the caller's arguments are gone.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"
#include "store/sqlite_conn.h"

#define SQLITE_BULKY 4096

/* Finds the place of each $n. */
static int sqlite_statement_map(struct driver_statement *statement, struct err *err)
{
    char name[16];
    statement->params = sqlite3_bind_parameter_count(statement->raw);
    if (statement->params > SQLITE_PARAMS)
        return err_set(err, SOUK_TOO_LARGE, "a statement takes at most %d parameters",
                       SQLITE_PARAMS);
    for (int i = 1; i <= statement->params; i++) {
        snprintf(name, sizeof name, "$%d", i);
        int place = sqlite3_bind_parameter_index(statement->raw, name);
        if (place == 0)
            return err_set(err, SOUK_INVALID,
                           "parameters are called $1, $2, … without gaps; %s is missing", name);
        statement->index[i] = (uint8_t)place;
    }
    return 0;
}

static int sqlite_statement_raw(struct driver_conn *conn, const char *sql, const char *principal,
                                sqlite3_stmt **out, const char **tail)
{
    conn->preparing = 1;
    conn->viewed_count = 0;
    conn->principal = principal;
    conn->refused = 0;
    int rc = sqlite3_prepare_v3(conn->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, tail);
    conn->preparing = 0;
    conn->principal = NULL;
    return rc;
}

static int sqlite_statement_rest(const char *tail)
{
    while (*tail == ' ' || *tail == '\n' || *tail == '\t' || *tail == '\r' || *tail == ';')
        tail++;
    return *tail != 0 && strncmp(tail, "--", 2) != 0;
}

int sqlite_statement_prepare(struct driver_conn *conn, const char *sql, const char *principal,
                             struct driver_statement **out, struct err *err)
{
    const char *tail = "";
    int code = 0;
    if (principal && sqlite_guard_borrows(sql))
        return err_set(err, SOUK_DENIED,
                       "%s may not give the name of a view v1_… to a part of its query", principal);
    struct driver_statement *statement = mem_zalloc(sizeof *statement);
    statement->conn = conn;
    conn->collect = statement;
    int rc = sqlite_statement_raw(conn, sql, principal, &statement->raw, &tail);
    conn->collect = NULL;
    if (rc != SQLITE_OK)
        code = err_set(err, conn->refused ? SOUK_DENIED : sqlite_code(conn, rc), "%s",
                       sqlite_words(conn));
    else if (!statement->raw || sqlite_statement_rest(tail))
        code = err_set(err, SOUK_INVALID, "one text holds exactly one statement");
    else
        code = sqlite_statement_map(statement, err);
    if (code != 0) {
        sqlite_statement_finalize(statement);
        return code;
    }
    *out = statement;
    return 0;
}

void sqlite_statement_finalize(struct driver_statement *statement)
{
    if (!statement)
        return;
    sqlite3_finalize(statement->raw);
    free(statement);
}

int sqlite_statement_bind(struct driver_statement *statement, const struct db_arg *args, int count)
{
    if (count != statement->params)
        return SOUK_INVALID;
    for (int i = 0; i < count; i++) {
        const struct db_arg *arg = &args[i];
        int at = statement->index[i + 1];
        int rc;
        switch (arg->kind) {
        case DB_ARG_INT: rc = sqlite3_bind_int64(statement->raw, at, arg->number); break;
        case DB_ARG_TEXT:
            rc = sqlite3_bind_text64(statement->raw, at, arg->text.ptr ? arg->text.ptr : "",
                                     arg->text.len, SQLITE_TRANSIENT, SQLITE_UTF8);
            break;
        case DB_ARG_BLOB:
            rc = sqlite3_bind_blob64(statement->raw, at, arg->text.ptr ? arg->text.ptr : "",
                                     arg->text.len, SQLITE_TRANSIENT);
            break;
        default: rc = sqlite3_bind_null(statement->raw, at); break;
        }
        if (rc != SQLITE_OK)
            return sqlite_code(statement->conn, rc);
        if (arg->text.len > SQLITE_BULKY)
            statement->bulky = 1;
    }
    return 0;
}

int sqlite_statement_step(struct driver_statement *statement)
{
    statement->conn->refused = 0;
    int rc = sqlite3_step(statement->raw);
    return rc == SQLITE_ROW ? 1 : sqlite_code(statement->conn, rc);
}

void sqlite_statement_reset(struct driver_statement *statement)
{
    sqlite3_reset(statement->raw);
    if (statement->bulky) {
        sqlite3_clear_bindings(statement->raw);
        statement->bulky = 0;
    }
}

int64_t sqlite_statement_int(struct driver_statement *statement, int column)
{
    return sqlite3_column_int64(statement->raw, column);
}

struct souk_str sqlite_statement_text(struct driver_statement *statement, int column)
{
    struct souk_str text = {"", 0};
    int blob = sqlite3_column_type(statement->raw, column) == SQLITE_BLOB;
    const void *bytes = blob ? sqlite3_column_blob(statement->raw, column)
                             : (const void *)sqlite3_column_text(statement->raw, column);
    if (bytes) {
        text.ptr = bytes;
        text.len = (size_t)sqlite3_column_bytes(statement->raw, column);
    }
    return text;
}

int sqlite_statement_is_null(struct driver_statement *statement, int column)
{
    return sqlite3_column_type(statement->raw, column) == SQLITE_NULL;
}

const char *sqlite_statement_column(struct driver_statement *statement, int column)
{
    const char *name = sqlite3_column_name(statement->raw, column);
    return name ? name : "";
}

int sqlite_statement_columns(struct driver_statement *statement)
{
    return sqlite3_column_count(statement->raw);
}

const uint32_t *sqlite_statement_reads(struct driver_statement *statement, int *count)
{
    *count = statement->read_count;
    return statement->reads;
}

const uint32_t *sqlite_statement_writes(struct driver_statement *statement, int *count)
{
    *count = statement->write_count;
    return statement->writes;
}

/* ---- scripts ---- */

static int sqlite_statement_line(const char *from, const char *to)
{
    int line = 1;
    for (; from < to && *from; from++)
        line += *from == '\n';
    return line;
}

int sqlite_statement_script(struct driver_conn *conn, const char *sql, const char *principal,
                            struct err *err)
{
    const char *rest = sql;
    int code = 0;
    if (principal && sqlite_guard_borrows(sql))
        return err_set(err, SOUK_DENIED,
                       "%s may not give the name of a view v1_… to anything of its own", principal);
    conn->deadline = 0;
    conn->scripting = 1;
    while (code == 0 && *rest) {
        sqlite3_stmt *raw = NULL;
        const char *tail;
        rest += strspn(rest, " \t\r\n"); /* so that an error without a place names the
                                            statement's line */
        tail = rest;
        int rc = sqlite_statement_raw(conn, rest, principal, &raw, &tail);
        int at = rc == SQLITE_OK ? 0 : sqlite3_error_offset(conn->handle);
        if (rc == SQLITE_OK && raw) {
            while ((rc = sqlite3_step(raw)) == SQLITE_ROW)
                ;
            rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
        }
        if (rc != SQLITE_OK)
            code =
                err_set(err, conn->refused ? SOUK_DENIED : sqlite_code(conn, rc), "line %d: %s",
                        sqlite_statement_line(sql, rest + (at > 0 ? at : 0)), sqlite_words(conn));
        sqlite3_finalize(raw);
        rest = tail;
    }
    conn->scripting = 0;
    return code;
}

/* The next table or view to drop: virtual tables first (they take their shadows along),
 * then the newest, so that what refers to others goes before them. */
static int sqlite_statement_droppable(struct driver_conn *conn, const char *prefix,
                                      sqlite3_stmt **out)
{
    return sqlite3_prepare_v2(
               conn->handle,
               "SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND "
               "substr(name, 1, length($1)) = $1 "
               "ORDER BY type = 'view' DESC, rootpage = 0 DESC, rowid DESC",
               -1, out, NULL) == SQLITE_OK
               ? sqlite3_bind_text(*out, 1, prefix, -1, SQLITE_STATIC)
               : SQLITE_ERROR;
}

int sqlite_statement_drop(struct driver_conn *conn, const char *prefix,
                          int (*spare)(void *user, const char *table), void *user, struct err *err)
{
    for (;;) {
        sqlite3_stmt *list = NULL;
        char *drop = NULL;
        int rc = sqlite_statement_droppable(conn, prefix, &list);
        while (rc == SQLITE_OK && !drop && sqlite3_step(list) == SQLITE_ROW) {
            const char *name = (const char *)sqlite3_column_text(list, 0);
            if (!spare(user, name))
                drop = sqlite3_mprintf("DROP %s \"%w\"", sqlite3_column_text(list, 1), name);
        }
        sqlite3_finalize(list);
        if (rc == SQLITE_OK && !drop)
            return 0;
        if (rc == SQLITE_OK)
            rc = sqlite_trusted(conn, drop);
        sqlite3_free(drop);
        if (rc != SQLITE_OK)
            return err_set(err, sqlite_code(conn, rc), "a table cannot be dropped: %s",
                           sqlite3_errmsg(conn->handle));
    }
}
