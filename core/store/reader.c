/*
 * reader: the read-only connection of each thread and its snapshot.
 *
 * The idea: a thread that reads opens one connection for itself and keeps it; a
 * snapshot costs a BEGIN at the first query and a COMMIT at the end, and a request that
 * reads nothing costs nothing. A connection that cannot be opened (out of descriptors)
 * still gives an object, whose queries say so, and is tried again by the next snapshot.
 */
#include <stdio.h>
#include <stdlib.h>
#include "store/conn.h"

static void reader_link(struct db_conn *conn)
{
    struct db *db = conn->db;
    pthread_mutex_lock(&db->readers_mutex);
    conn->next = db->readers;
    db->readers = conn;
    pthread_mutex_unlock(&db->readers_mutex);
}

static void reader_unlink(struct db_conn *conn)
{
    struct db *db = conn->db;
    pthread_mutex_lock(&db->readers_mutex);
    struct db_conn **at = &db->readers;
    while (*at && *at != conn)
        at = &(*at)->next;
    if (*at)
        *at = conn->next;
    pthread_mutex_unlock(&db->readers_mutex);
}

static void reader_free(struct db_conn *conn)
{
    statement_close_open(conn);
    statement_flush(conn);
    conn->db->driver->close(conn->raw);
    arena_free(&conn->arena);
    vec_free(&conn->dirty);
    free(conn);
}

void reader_destroy(void *arg)
{
    struct db_conn *conn = arg;
    reader_unlink(conn);
    reader_free(conn);
}

void reader_close_all(struct db *db)
{
    while (db->readers) {
        struct db_conn *gone = db->readers;
        db->readers = gone->next;
        reader_free(gone);
    }
}

struct db_conn *db_read_begin(struct db *db, int64_t deadline)
{
    struct db_conn *conn = pthread_getspecific(db->key);
    if (!conn) {
        conn = mem_zalloc(sizeof *conn);
        conn->db = db;
        conn->turn = 1;
        pthread_setspecific(db->key, conn);
        reader_link(conn);
    }
    if (conn->depth++ > 0)
        return conn;
    struct err err = {0};
    conn->deadline = deadline;
    conn->words[0] = 0;
    conn->principal[0] = 0;
    conn->seen.count = 0;
    if (!conn->raw && db->driver->open(&conn->raw, db->dir, 0, &err) != 0)
        statement_words(conn, SOUK_UNAVAILABLE, "reader", err.text);
    return conn;
}

void db_read_patient(struct db_conn *conn, int64_t budget)
{
    if (conn && !conn->writer)
        conn->budget = budget;
}

int reader_start(struct db_conn *conn)
{
    if (conn->writer || conn->begun)
        return 0;
    if (!conn->raw)
        return SOUK_UNAVAILABLE;
    statement_refresh(conn);
    seen_begin(conn);
    conn->turn++;
    int code = conn->db->driver->begin(conn->raw, 0);
    if (code != 0)
        return statement_words(conn, code, "reader", conn->db->driver->error(conn->raw));
    conn->begun = 1;
    return 0;
}

void db_read_end(struct db_conn *conn)
{
    if (!conn || conn->writer || --conn->depth > 0)
        return;
    statement_close_open(conn);
    if (conn->begun && conn->db->driver->commit(conn->raw) != 0)
        conn->db->driver->rollback(conn->raw);
    if (conn->begun && conn->budget)
        conn->db->driver->trim(conn->raw);
    conn->begun = 0;
    conn->deadline = 0;
    conn->budget = 0;
    conn->principal[0] = 0;
}

void db_thread_end(struct db *db)
{
    struct db_conn *conn = pthread_getspecific(db->key);
    if (!conn)
        return;
    pthread_setspecific(db->key, NULL);
    reader_destroy(conn);
}
