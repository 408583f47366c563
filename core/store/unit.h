/*
 * unit: a part of a write that may fail alone. A long write (an import) works off many things, and
 * one of them that is refused must not undo the others.
 */
#ifndef STORE_UNIT_H
#define STORE_UNIT_H

#include "store/db.h"

/* In a write: runs fn in a savepoint of its own. 0: kept; anything else: undone, and the write goes
 * on. *destroyed is 1 when the whole transaction is gone (a full disk): the write fails then,
 * whatever its closure gives back, and no further statement runs in it. Rows that are read stay
 * open; none of a statement that writes (INSERT … RETURNING) may be: nothing is run then. Units may
 * be nested. */
int db_unit(struct db_conn *conn, db_fn fn, void *arg, int *destroyed);
/* In a write: it fails with this code, whatever its closure gives back. */
void db_doom(struct db_conn *conn, int code);
/* A number that grows with each row that the connection changes. */
int64_t db_written(const struct db_conn *conn);
/* Are these open rows of a statement that writes? */
int db_rows_write(const struct db_rows *rows);

#endif
