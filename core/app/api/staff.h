/*
 * staff: the steps of `souk admin`, the same on a running shop (over the control socket) and on a
 * stopped one (by the command itself).
 */
#ifndef API_STAFF_H
#define API_STAFF_H

#include "base/json.h"
#include "store/db.h"

/* In a write: "add", "token" or "reset-totp" with what `body` says, and the audit row that `actor`
 * did it. *answer: what is told, {"id"}, {"token"} or {"done"}. */
int staff_step(struct db_conn *conn, struct arena *arena, const char *step, const struct json *body,
               struct souk_str actor, int64_t now, struct json **answer, struct err *err);

#endif
