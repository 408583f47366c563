/*
 * audit: who did what, append only. Each row carries a hash over itself and the row
 * before it: an edited, deleted or inserted row breaks the chain from there on. Rows
 * cut off at the end leave no trace in the chain itself; a kept copy of the last hash
 * shows them.
 */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/db.h"

/* In a write. `detail` is JSON text, without secrets. */
int audit_put(struct db_conn *conn, struct souk_str actor, struct souk_str action,
              struct souk_str subject, struct souk_str detail, int64_t now);
/* Walks the whole chain: 0 sound; SOUK_CONFLICT and the id of the first row that does
 * not fit. */
int audit_check(struct db_conn *conn, int64_t *broken);

#endif
