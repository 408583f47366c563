/*
 * settings: values of plugins' options that were set on the admin pages. They stand in the table
 * `setting` under "options:<name>", as JSON, and win over what souk.lua says.
 */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include "base/json.h"
#include "store/db.h"

/* The values of souk.lua with those of the admin pages put over them, in the arena; `values` itself
 * when there are none. */
const struct json *settings_merge(struct db *db, struct arena *arena, const struct json *values);
/* Of one plugin: {"key": value}. In a snapshot. */
int settings_of(struct db_conn *conn, struct arena *arena, const char *plugin, struct json *out);
/* In a write: `value` NULL takes it back to what souk.lua says. */
int settings_put(struct db_conn *conn, struct arena *arena, const char *plugin, const char *key,
                 const struct json *value, int64_t now);

#endif
