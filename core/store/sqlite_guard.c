/*
 * sqlite_guard: what a statement may touch, asked by SQLite while it is being prepared.
 *
 * The idea: one callback does two things. It refuses what nobody may do after set-up
 * (ATTACH, PRAGMA, transaction control: the writer's group must stand), and, while a
 * principal is set, all but that plugin's own tables and the public views. And it notes
 * the tables that are read and written, for the caches.
 *
 * A guard rail and not a wall: plugins run in our process. It catches mistakes and
 * keeps plugins apart from the schema.
 */
#include <ctype.h>
#include <stdio.h>
#include "store/sqlite_conn.h"
#include "store/table.h"

static int sqlite_guard_refuse(struct driver_conn *conn, const char *what, const char *name)
{
    conn->refused = 1;
    if (conn->principal)
        snprintf(
            conn->words, sizeof conn->words,
            "%s may not %s %s: its own tables begin with p_%s_, and of the core's it reads the views v1_…",
            conn->principal, what, name ? name : "", conn->principal);
    else
        snprintf(conn->words, sizeof conn->words, "%s %s is not allowed in a statement", what,
                 name ? name : "");
    return SQLITE_DENY;
}

static int sqlite_guard_own(const struct driver_conn *conn, const char *name)
{
    size_t len = strlen(conn->principal);
    return name && strncmp(name, "p_", 2) == 0 && strncmp(name + 2, conn->principal, len) == 0 &&
           name[2 + len] == '_';
}

static int sqlite_guard_public(const char *name)
{
    return name && strncmp(name, "v1_", 3) == 0;
}

/* The two tables that are a value taken apart: nothing of the database can be seen through them,
 * and nobody can write to them or call a table of theirs so. */
static int sqlite_guard_unfolds(const char *name)
{
    return name && (strcmp(name, "json_each") == 0 || strcmp(name, "json_tree") == 0);
}

static void sqlite_guard_note(uint32_t *list, int *count, const char *table)
{
    uint32_t hash = table_hash(table);
    for (int i = 0; i < *count && i < DRIVER_TABLES; i++)
        if (list[i] == hash)
            return;
    if (*count < DRIVER_TABLES)
        list[*count] = hash;
    if (*count <= DRIVER_TABLES)
        ++*count;
}

static void sqlite_guard_collect(struct driver_conn *conn, int action, const char *table)
{
    struct driver_statement *to = conn->collect;
    if (!to || !table || strncmp(table, "sqlite_", 7) == 0 || sqlite_guard_unfolds(table))
        return;
    if (action == SQLITE_READ)
        sqlite_guard_note(to->reads, &to->read_count, table);
    else if (action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE)
        sqlite_guard_note(to->writes, &to->write_count, table);
}

/* Changes of the schema by a plugin: only in a migration, only of what is its own. */
static int sqlite_guard_schema(struct driver_conn *conn, int action, const char *a, const char *b)
{
    const char *name = a;
    if (action == SQLITE_ALTER_TABLE)
        name = b;
    if (!conn->scripting)
        return sqlite_guard_refuse(conn, "change the schema of", name);
    switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_DROP_TABLE:
    case SQLITE_CREATE_VIEW:
    case SQLITE_DROP_VIEW:
    case SQLITE_ALTER_TABLE:
        return sqlite_guard_own(conn, name)
                   ? SQLITE_OK
                   : sqlite_guard_refuse(conn, "create, change or drop", name);
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_DROP_TRIGGER:
        /* An index that a key makes for itself has a name of SQLite's. */
        if ((sqlite_guard_own(conn, a) || strncmp(a, "sqlite_autoindex_", 17) == 0) &&
            sqlite_guard_own(conn, b))
            return SQLITE_OK;
        return sqlite_guard_refuse(conn, "create or drop", a);
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
        if (sqlite_guard_own(conn, a) && b && strcmp(b, "fts5") == 0)
            return SQLITE_OK;
        return sqlite_guard_refuse(conn, "create or drop the virtual table", a);
    case SQLITE_REINDEX: return SQLITE_OK;
    default:
        return sqlite_guard_refuse(conn, "change temporary or other parts of the schema:", name);
    }
}

/* A table of a view whose columns are not asked for ("SELECT count(*) FROM v1_product") comes once
 * more, without a column and without the view: let pass when the view has shown it before. What it
 * could tell of it otherwise is how many rows there are. */
static int sqlite_guard_counted(const struct driver_conn *conn, const char *table,
                                const char *column)
{
    uint32_t hash = table_hash(table);
    for (int i = 0; (!column || !*column) && i < conn->viewed_count && i < DRIVER_TABLES; i++)
        if (conn->viewed[i] == hash)
            return 1;
    return 0;
}

static int sqlite_guard_read(struct driver_conn *conn, const char *table, const char *column,
                             const char *inner)
{
    /* "SELECT count(*)" reads no column, and a table without a name is one of the query's own. */
    if (!table || !*table || sqlite_guard_own(conn, table) || sqlite_guard_public(table) ||
        sqlite_guard_unfolds(table))
        return SQLITE_OK;
    if (sqlite_guard_public(inner)) {
        sqlite_guard_note(conn->viewed, &conn->viewed_count, table);
        return SQLITE_OK;
    }
    if (sqlite_guard_counted(conn, table, column))
        return SQLITE_OK;
    if (conn->scripting && (strncmp(table, "sqlite_", 7) == 0 || strncmp(table, "pragma_", 7) == 0))
        return SQLITE_OK;
    return sqlite_guard_refuse(conn, "read", table);
}

static int sqlite_guard_plugin(struct driver_conn *conn, int action, const char *a, const char *b,
                               const char *inner)
{
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION:
        if (b && (strcmp(b, "load_extension") == 0 || strcmp(b, "fts3_tokenizer") == 0))
            return sqlite_guard_refuse(conn, "call", b);
        return SQLITE_OK;
    case SQLITE_READ: return sqlite_guard_read(conn, a, b, inner);
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
        /* Writes of the schema table come with every change of the schema; direct ones
         * DEFENSIVE refuses. */
        if (sqlite_guard_own(conn, a) || (conn->scripting && strncmp(a, "sqlite_", 7) == 0))
            return SQLITE_OK;
        return sqlite_guard_refuse(conn, "write to", a);
    default: return sqlite_guard_schema(conn, action, a, b);
    }
}

int sqlite_guard_authorize(void *arg, int action, const char *a, const char *b, const char *schema,
                           const char *inner)
{
    struct driver_conn *conn = arg;
    (void)schema;
    if (conn->trusted)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH: return sqlite_guard_refuse(conn, "attach", a);
    case SQLITE_PRAGMA:
        /* Full-text search and ALTER TABLE ask these two themselves. */
        if (a &&
            (strcmp(a, "data_version") == 0 || (conn->scripting && strcmp(a, "quick_check") == 0)))
            return SQLITE_OK;
        return sqlite_guard_refuse(conn, "PRAGMA", a);
    default: break;
    }
    if (!conn->preparing) /* SQLite prepares again after a change of the schema, and for
                             its own tables */
        return SQLITE_OK;
    if (action == SQLITE_TRANSACTION || action == SQLITE_SAVEPOINT)
        return sqlite_guard_refuse(conn, "transaction control", a);
    sqlite_guard_collect(conn, action, a);
    if (!conn->principal)
        return SQLITE_OK;
    return sqlite_guard_plugin(conn, action, a, b, inner);
}

/* ---- names in WITH ---- */

static const char *sqlite_guard_skip(const char *at)
{
    for (;;) {
        if (isspace((unsigned char)*at)) {
            at++;
        } else if (at[0] == '-' && at[1] == '-') {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else {
            return at;
        }
    }
}

static int sqlite_guard_letter(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (c & 0x80);
}

/* The end of the word or quoted text at `at`; *word points behind an opening quote. */
static const char *sqlite_guard_word(const char *at, const char **word)
{
    char close = *at == '[' ? ']' : *at;
    *word = at;
    if (sqlite_guard_letter(*at)) {
        while (sqlite_guard_letter(*at))
            at++;
        return at;
    }
    if (*at != '"' && *at != '\'' && *at != '`' && *at != '[')
        return at + (*at != 0);
    *word = ++at;
    while (*at && (*at != close || (close != ']' && at[1] == close)))
        at += *at == close ? 2 : 1;
    return at + (*at != 0);
}

static int sqlite_guard_is(const char *word, const char *text)
{
    size_t len = strlen(text);
    return strncasecmp(word, text, len) == 0 && !sqlite_guard_letter(word[len]);
}

int sqlite_guard_borrows(const char *sql)
{
    const char *word;
    for (const char *at = sqlite_guard_skip(sql); *at; at = sqlite_guard_skip(at)) {
        at = sqlite_guard_word(at, &word);
        if (strncasecmp(word, "v1_", 3) != 0)
            continue;
        const char *after = sqlite_guard_skip(at);
        if (*after == '(')
            return 1;
        if (!sqlite_guard_is(after, "as"))
            continue;
        after = sqlite_guard_skip(after + 2);
        if (*after == '(' || sqlite_guard_is(after, "materialized") ||
            sqlite_guard_is(after, "not"))
            return 1;
    }
    return 0;
}
