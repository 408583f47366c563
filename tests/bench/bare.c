/*
 * bare: the reference for writes: SQLite alone, WAL, synchronous=FULL, one row a
 * commit, statements prepared once.
 *
 *     bare FILE SECONDS
 *
 * Makes FILE, inserts the row that the WRITE route of bench_shop inserts, one
 * transaction each, for SECONDS, and prints how many were committed and the seconds
 * that it took. No HTTP, no threads, nothing else.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void must(sqlite3 *db, int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "bare: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    must(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), sql);
    return statement;
}

static void step(sqlite3 *db, sqlite3_stmt *statement)
{
    must(db, sqlite3_step(statement), sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static long insert_for(sqlite3 *db, double seconds, double *took)
{
    sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT"),
                 *insert = prepare(
                     db, "INSERT INTO p_bench_shop_row (id, name, made_at) VALUES ($1, $2, $3)");
    double start = now();
    long rows = 0;
    while (now() - start < seconds) {
        step(db, begin);
        sqlite3_bind_int64(insert, 1, 1000000 + rows);
        sqlite3_bind_text(insert, 2, "Ada Lovelace", -1, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 3, (sqlite3_int64)(now() * 1e6));
        step(db, insert);
        step(db, commit);
        rows++;
    }
    *took = now() - start;
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_finalize(insert);
    return rows;
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    double took = 0;
    if (argc != 3) {
        fprintf(stderr, "usage: bare FILE SECONDS\n");
        return 2;
    }
    must(db, sqlite3_open(argv[1], &db), argv[1]);
    must(db,
         sqlite3_exec(db,
                      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
                      "CREATE TABLE p_bench_shop_row (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                      " made_at INTEGER NOT NULL) STRICT",
                      NULL, NULL, NULL),
         "create");
    long rows = insert_for(db, strtod(argv[2], NULL), &took);
    printf("%ld %.6f\n", rows, took);
    sqlite3_close(db);
    return 0;
}
