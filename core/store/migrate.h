/*
 * migrate: schema changes, forward only: numbered, each in a transaction, its checksum kept. The
 * core's are core/store/migration/NNN_name.sql; a plugin's stand in its descriptor and are run
 * under its name (only its own tables). A changed text of an applied migration is refused. Before
 * anything is applied to a database with data a copy is made: <dir>/before-<schema>-<number>.db.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/db.h"

struct migration {
    int number;
    const char *name;
    const char *sql;
};

/* Applies what is missing of `owner` ("souk" or a plugin). Blocks on the writer; not on the writer
 * thread. All or nothing. */
int migrate_apply(struct db *db, const char *owner, const struct migration *migrations, int count,
                  struct err *err);
/* Drops all tables of a plugin and forgets its migrations. */
int migrate_purge(struct db *db, const char *owner, struct err *err);

#endif
