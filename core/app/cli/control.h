/*
 * control: the command's side of the control socket, and the lock that says whether a shop is
 * running.
 */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "store/db.h"

/* Calls a running shop. SOUK_UNAVAILABLE: none is running on this data directory. An answer of 4xx
 * or 5xx becomes its problem's detail in err. `body` may be NULL. */
int control_call(struct arena *arena, const char *data, const char *method, struct souk_str path,
                 const struct json *body, const struct json **answer, struct err *err);
/* "/api/v1/admin/plugins/NAME/…" with each piece percent-encoded. */
struct souk_str control_path(struct arena *arena, const char *const *pieces);

/* The database of a stopped shop, with its lock held; SOUK_CONFLICT while one runs, SOUK_NOT_FOUND
 * when there is none. */
struct stopped {
    struct db *db;
    int lock;
};
int control_open_stopped(const char *data, struct stopped *out, struct err *err);
int control_lock(const char *data, int *lock, struct err *err);
void control_close_stopped(struct stopped *stopped);

#endif
