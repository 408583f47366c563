/*
 * control: the command's side of the control socket, and the files of a stopped shop.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "store/db.h"

/* Calls a running shop. SOUK_UNAVAILABLE: none is running on this data directory. An answer of 4xx
 * or 5xx becomes its problem's detail in err; SOUK_BUSY: it went down before it answered, and its
 * supervisor starts it again. `body` may be NULL. */
int control_call(struct arena *arena, const char *data, const char *method, struct souk_str path,
                 const struct json *body, const struct json **answer, struct err *err);
/* "/api/v1/admin/plugins/NAME/…" with each piece percent-encoded. */
struct souk_str control_path(struct arena *arena, const char *const *pieces);

/* The database of a stopped shop (db_shut closes it); SOUK_BUSY while one runs, SOUK_NOT_FOUND when
 * there is none. */
int control_open_stopped(const char *data, struct db **out, struct err *err);

#endif
