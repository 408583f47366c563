/*
 * verify: the invariants of the store as queries; every broken row is named. Modules of the domain
 * add theirs.
 */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include "base/json.h"
#include "store/db.h"

struct verify_check {
    const char *id;                    /* "I-7" */
    const char *rule;                  /* in words */
    const struct db_statement *broken; /* selects the key of each broken row, as text or integer */
};

void verify_add(const struct verify_check *checks,
                int count); /* at start; the array outlives the process */
/* {"ok": bool, "checks": [{"id", "rule", "ok", "rows": […]}]}; at most 100 rows a check. Opens a
 * snapshot of this thread: none may be open. */
const struct json *verify_run(struct db *db, struct arena *arena);

#endif
