/*
 * unit: a part of a write that may fail alone. A long write (an import) works off many things, and
 * one of them that is refused must not undo the others.
 */
#ifndef STORE_UNIT_H
#define STORE_UNIT_H

#include "store/db.h"

/* In a write: runs fn in a savepoint of its own. 0: kept; anything else: undone, and the write goes
 * on. *destroyed is 1 when the whole transaction is gone (a full disk): the write must fail then.
 * No rows may be open. Units may be nested. */
int db_unit(struct db_conn *conn, db_fn fn, void *arg, int *destroyed);

#endif
