/*
 * setting: small named values of the shop itself, kept in the database: plugin switches, the
 * configuration's path, the last id. Also the key-value rows of plugins (owner = plugin).
 */
#ifndef STORE_SETTING_H
#define STORE_SETTING_H

#include "store/db.h"

int setting_get(struct db_conn *conn, struct arena *arena, struct souk_str owner,
                struct souk_str key, struct souk_str *value); /* SOUK_NOT_FOUND */
int setting_put(struct db_conn *conn, struct souk_str owner, struct souk_str key,
                struct souk_str value, int64_t now); /* in a write */
int setting_delete(struct db_conn *conn, struct souk_str owner, struct souk_str key);

#endif
