/*
 * sqlc: a program of the build. It turns .sql files into C headers, after preparing
 * every statement against the schema that the migrations make, so that a misspelt
 * column is an error of the build and not of the night.
 *
 *   sqlc statements OUT.h IN.sql MIGRATION.sql...     each "-- name: job_claim" becomes
 * sql_job_claim sqlc migrations OUT.h MIGRATION.sql...            NNN_name.sql files
 * become core_migrations[]
 *
 * Errors are FILE:LINE: words. Parameters are $1 … $n, none left out. The output is
 * written only when all is well. It uses nothing of souk, because it is built first.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sqlite3.h>

#define SQLC_NAMES 512
#define SQLC_MARK  "-- name:"

struct sqlc {
    sqlite3 *schema;
    FILE *out;
    const char *file;
    char names[SQLC_NAMES][64];
    int count;
    int failed;
};

static int sqlc_fail(struct sqlc *sqlc, int line, const char *words, const char *more)
{
    fprintf(stderr, "%s:%d: %s%s%s\n", sqlc->file, line, words, *more ? ": " : "", more);
    sqlc->failed = 1;
    return 1;
}

static char *sqlc_read(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = NULL;
    size_t len = 0;
    size_t cap = 0;
    if (!in) {
        fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    for (;;) {
        if (len + 4096 > cap) {
            cap = cap ? cap * 2 : 16384;
            text = realloc(text, cap);
            if (!text)
                exit(1);
        }
        size_t got = fread(text + len, 1, cap - len - 1, in);
        if (got == 0)
            break;
        len += got;
    }
    text[len] = 0;
    fclose(in);
    return text;
}

static const char *sqlc_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static int sqlc_lines(const char *from, const char *to)
{
    int lines = 0;
    for (; from < to; from++)
        lines += *from == '\n';
    return lines;
}

/* One string literal a line; lines that are only a comment are left out. */
static void sqlc_literal(FILE *out, const char *text, size_t len, int keep_comments)
{
    const char *end = text + len;
    int any = 0;
    while (text < end) {
        const char *line = text;
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop ? stop : end;
        text = stop < end ? stop + 1 : end;
        const char *first = line;
        while (first < stop && isspace((unsigned char)*first))
            first++;
        if (!keep_comments && (first == stop || strncmp(first, "--", 2) == 0))
            continue;
        fputs("\n    \"", out);
        for (; line < stop; line++) {
            unsigned char c = (unsigned char)*line;
            if (c == '"' || c == '\\')
                fprintf(out, "\\%c", c);
            else if (c < 32 || c > 126)
                fprintf(out, "\\%03o", c);
            else
                fputc(c, out);
        }
        fputs("\\n\"", out);
        any = 1;
    }
    if (!any)
        fputs("\"\"", out);
}

/* $1 … $n, each used. */
static int sqlc_parameters(struct sqlc *sqlc, int line, sqlite3_stmt *statement)
{
    int count = sqlite3_bind_parameter_count(statement);
    char wanted[16];
    for (int i = 1; i <= count; i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);
        if (!name || name[0] != '$' || !isdigit((unsigned char)name[1]))
            return sqlc_fail(sqlc, line, "parameters are called $1, $2, …; this one is not",
                             name ? name : "?");
    }
    for (int i = 1; i <= count; i++) {
        snprintf(wanted, sizeof wanted, "$%d", i);
        if (sqlite3_bind_parameter_index(statement, wanted) == 0)
            return sqlc_fail(sqlc, line, "a gap in the parameters; this one is not used", wanted);
    }
    return 0;
}

/* Only blanks, comments and semicolons may follow a statement. */
static int sqlc_is_rest(const char *text)
{
    while (*text)
        if (strncmp(text, "--", 2) == 0)
            text += strcspn(text, "\n");
        else if (isspace((unsigned char)*text) || *text == ';')
            text++;
        else
            return 0;
    return 1;
}

static int sqlc_prepare(struct sqlc *sqlc, const char *text, int line)
{
    sqlite3_stmt *statement = NULL;
    const char *tail = NULL;
    if (sqlite3_prepare_v2(sqlc->schema, text, -1, &statement, &tail) != SQLITE_OK) {
        int at = sqlite3_error_offset(sqlc->schema);
        int down = at > 0 ? sqlc_lines(text, text + at) : 0;
        return sqlc_fail(sqlc, line + down, sqlite3_errmsg(sqlc->schema), "");
    }
    int failed = 0;
    if (!statement)
        failed = sqlc_fail(sqlc, line, "there is no statement below this name", "");
    else if (!sqlc_is_rest(tail))
        failed = sqlc_fail(sqlc, line + sqlc_lines(text, tail),
                           "a second statement; give it a name of its own", "");
    else
        failed = sqlc_parameters(sqlc, line, statement);
    sqlite3_finalize(statement);
    return failed;
}

static int sqlc_name(struct sqlc *sqlc, const char *from, const char *to, int line)
{
    while (from < to && isspace((unsigned char)*from))
        from++;
    while (to > from && isspace((unsigned char)to[-1]))
        to--;
    size_t len = (size_t)(to - from);
    char *name = sqlc->names[sqlc->count];
    if (len == 0 || len > 60 || sqlc->count + 1 == SQLC_NAMES)
        return sqlc_fail(sqlc, line, "a name of 1 to 60 letters is needed", "");
    memcpy(name, from, len);
    name[len] = 0;
    for (size_t i = 0; i < len; i++)
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '_')
            return sqlc_fail(sqlc, line, "names are made of a-z, 0-9 and _", name);
    for (int i = 0; i < sqlc->count; i++)
        if (strcmp(sqlc->names[i], name) == 0)
            return sqlc_fail(sqlc, line, "this name is there twice", name);
    sqlc->count++;
    return 0;
}

static char *sqlc_find_mark(char *from, const char *start)
{
    for (;;) {
        from = strstr(from, SQLC_MARK);
        if (!from || from == start || from[-1] == '\n')
            return from;
        from++;
    }
}

static void sqlc_file(struct sqlc *sqlc, char *text)
{
    char *mark = sqlc_find_mark(text, text);
    if (!mark)
        sqlc_fail(sqlc, 1, "no statement: write \"-- name: noun_verb\" above each", "");
    while (mark) {
        int line = 1 + sqlc_lines(text, mark);
        char *body = mark + strcspn(mark, "\n");
        char *next = *body ? sqlc_find_mark(body + 1, text) : NULL;
        int named = sqlc_name(sqlc, mark + strlen(SQLC_MARK), body, line) == 0;
        body += *body == '\n';
        size_t len = next ? (size_t)(next - body) : strlen(body);
        char *copy = strndup(body, len);
        if (!copy)
            exit(1);
        if (named && sqlc_prepare(sqlc, copy, line + 1) == 0) {
            while (len > 0 && (isspace((unsigned char)copy[len - 1]) || copy[len - 1] == ';'))
                len--;
            const char *name = sqlc->names[sqlc->count - 1];
            fprintf(sqlc->out,
                    "static const struct db_statement sql_%s __attribute__((unused)) = {\"%s\",",
                    name, name);
            sqlc_literal(sqlc->out, copy, len, 0);
            fputs("};\n", sqlc->out);
        }
        free(copy);
        mark = next;
    }
}

static void sqlc_migrate(struct sqlc *sqlc, char **files, int count)
{
    for (int i = 0; i < count; i++) {
        char *text = sqlc_read(files[i]);
        const char *rest = text;
        sqlc->file = files[i];
        while (rest && *rest) {
            sqlite3_stmt *statement = NULL;
            const char *tail = NULL;
            int rc = sqlite3_prepare_v2(sqlc->schema, rest, -1, &statement, &tail);
            int at = rc != SQLITE_OK ? sqlite3_error_offset(sqlc->schema) : 0;
            if (rc == SQLITE_OK && statement) {
                while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
                    ;
                rc = rc == SQLITE_DONE ? SQLITE_OK : rc;
            }
            if (rc != SQLITE_OK) {
                sqlc_fail(sqlc, 1 + sqlc_lines(text, rest + (at > 0 ? at : 0)),
                          sqlite3_errmsg(sqlc->schema), "");
                tail = NULL;
            }
            sqlite3_finalize(statement);
            rest = tail;
        }
        free(text);
    }
}

static void sqlc_write_migrations(struct sqlc *sqlc, char **files, int count)
{
    fputs("static const struct migration core_migrations[] __attribute__((unused)) = {\n",
          sqlc->out);
    for (int i = 0; i < count; i++) {
        const char *base = sqlc_base(files[i]);
        char *text = sqlc_read(files[i]);
        char *rest = NULL;
        long number = strtol(base, &rest, 10);
        sqlc->file = files[i];
        if (rest != base + 3 || *rest != '_' || !strstr(rest, ".sql"))
            sqlc_fail(sqlc, 1, "migrations are called NNN_name.sql", base);
        else if (number != i)
            sqlc_fail(sqlc, 1, "the numbers of migrations have a gap or a double at", base);
        else
            fprintf(sqlc->out, "    {%ld, \"%.*s\",", number,
                    (int)(strstr(rest, ".sql") - rest - 1), rest + 1);
        sqlc_literal(sqlc->out, text, strlen(text), 1);
        fputs("},\n", sqlc->out);
        free(text);
    }
    fputs("};\n", sqlc->out);
}

static int sqlc_compare(const void *a, const void *b)
{
    return strcmp(sqlc_base(*(char *const *)a), sqlc_base(*(char *const *)b));
}

/* Written beside and moved, so that a failure leaves no half header. */
static int sqlc_finish(struct sqlc *sqlc, const char *aside, const char *path)
{
    fputs("\n#endif\n", sqlc->out);
    if (fclose(sqlc->out) != 0)
        sqlc->failed = 1;
    if (sqlc->failed || rename(aside, path) != 0) {
        remove(aside);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct sqlc sqlc;
    static char aside[4096];
    int statements = argc >= 4 && strcmp(argv[1], "statements") == 0;
    if (!statements && !(argc >= 4 && strcmp(argv[1], "migrations") == 0)) {
        fputs("usage: sqlc statements OUT.h IN.sql MIGRATION.sql... | sqlc migrations OUT.h "
              "MIGRATION.sql...\n",
              stderr);
        return 2;
    }
    char **files = argv + (statements ? 4 : 3);
    int count = argc - (statements ? 4 : 3);
    qsort(files, (size_t)count, sizeof *files, sqlc_compare);
    snprintf(aside, sizeof aside, "%s.new", argv[2]);
    sqlc.out = fopen(aside, "w");
    if (!sqlc.out || sqlite3_open(":memory:", &sqlc.schema) != SQLITE_OK) {
        fprintf(stderr, "sqlc: %s cannot be written\n", aside);
        return 1;
    }
    sqlite3_db_config(sqlc.schema, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
    sqlite3_db_config(sqlc.schema, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
    fprintf(sqlc.out, "/* Made by sqlc: change the .sql file instead. */\n#ifndef GEN_");
    for (const char *c = statements ? argv[3] : "migration"; *c; c++)
        fputc(isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_', sqlc.out);
    fputs("\n#define GEN_", sqlc.out);
    for (const char *c = statements ? argv[3] : "migration"; *c; c++)
        fputc(isalnum((unsigned char)*c) ? toupper((unsigned char)*c) : '_', sqlc.out);
    fprintf(sqlc.out, "\n\n#include \"store/%s.h\"\n\n", statements ? "db" : "migrate");
    sqlc_migrate(&sqlc, files, count);
    if (!sqlc.failed && statements) {
        char *text = sqlc_read(argv[3]);
        sqlc.file = argv[3];
        sqlc_file(&sqlc, text);
        free(text);
    } else if (!sqlc.failed) {
        sqlc_write_migrations(&sqlc, files, count);
    }
    sqlite3_close(sqlc.schema);
    return sqlc_finish(&sqlc, aside, argv[2]);
}
