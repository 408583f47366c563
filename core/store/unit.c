/*
 * unit: a savepoint inside a write. What the part noted for caches stays noted when it is undone:
 * they forget a little too much, never too little.
 */
#include "store/unit.h"

#include "store/conn.h"

/* The savepoint goes; what the part opened is over. */
static int end_unit(struct db_conn *conn, const struct statement *before, int code, int *destroyed)
{
    const struct driver *driver = conn->db->driver;
    statement_close_until(conn, before);
    if (!driver->in_transaction(conn->raw)) {
        *destroyed = 1;
        return code ? code : SOUK_ERROR;
    }
    int end = code == 0 ? driver->release(conn->raw) : driver->undo(conn->raw);
    *destroyed = end != 0;
    return code ? code : end;
}

int db_unit(struct db_conn *conn, db_fn fn, void *arg, int *destroyed)
{
    int before = conn->failed;
    const struct statement *open = conn->open;
    *destroyed = 0;
    if (!conn->writer)
        return SOUK_WRONG_KIND;
    if (statement_may_run(conn) != 0) {
        *destroyed = 1;
        return SOUK_UNAVAILABLE;
    }
    conn->words[0] = 0;
    conn->failed = 0;
    int code = conn->db->driver->savepoint(conn->raw);
    if (code == 0) {
        code = fn(conn, arg);
        if (code == 0)
            code = conn->failed;
        code = end_unit(conn, open, code, destroyed);
    }
    conn->failed = *destroyed ? code : before;
    return code;
}

void db_doom(struct db_conn *conn, int code)
{
    conn->failed = code;
}

int64_t db_written(const struct db_conn *conn)
{
    return conn->db->driver->written(conn->raw);
}

int db_rows_write(const struct db_rows *rows)
{
    const struct statement *statement = rows->handle;
    int count = 0;
    if (!statement || !statement->open || statement->serial != rows->slot)
        return 0;
    rows->conn->db->driver->writes(statement->raw, &count);
    return count > 0;
}
