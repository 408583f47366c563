/*
 * unit: a savepoint inside a write. What the part noted for caches stays noted when it is undone:
 * they forget a little too much, never too little.
 */
#include "store/unit.h"

#include "store/conn.h"

int db_unit(struct db_conn *conn, db_fn fn, void *arg, int *destroyed)
{
    const struct driver *driver = conn->db->driver;
    int before = conn->failed;
    *destroyed = 0;
    if (!conn->writer)
        return SOUK_WRONG_KIND;
    conn->words[0] = 0;
    conn->failed = 0;
    int code = driver->savepoint(conn->raw);
    if (code == 0) {
        code = fn(conn, arg);
        if (code == 0)
            code = conn->failed;
        statement_close_open(conn);
        if (!driver->in_transaction(conn->raw)) {
            *destroyed = 1;
            code = code ? code : SOUK_ERROR;
        } else {
            int end = code == 0 ? driver->release(conn->raw) : driver->undo(conn->raw);
            *destroyed = end != 0;
            code = code ? code : end;
        }
    }
    conn->failed = before;
    return code;
}
