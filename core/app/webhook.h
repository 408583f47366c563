/*
 * webhook: facts told to other systems, as Standard Webhooks 1.0 has it: HMAC-SHA256 over id, time
 * stamp and body, a stable id, retries over days, replay, pause. Each receiver has jobs of its own
 * kind, one at a time, so that a slow one delays nobody.
 *
 * Facts about accounts (account.*) are never told: they carry what opens an account. Neither are
 * those about receivers: the address of one is nobody else's affair.
 */
#ifndef APP_WEBHOOK_H
#define APP_WEBHOOK_H

#include "base/json.h"
#include "store/job.h"
#include "store/outbox.h"

int webhook_owns(struct souk_str kind); /* "webhook:<id>" */
void webhook_run(struct db *db, const struct job *job);
int webhook_wants(struct souk_str topic); /* from memory: does anybody listen? */
int webhook_from_fact(struct db_conn *conn, struct arena *arena, const struct outbox_fact *fact,
                      int64_t now);
void webhook_begin(
    struct db *db);     /* at the start, and after each change: reads who listens to what */
void webhook_end(void); /* after the job workers, before the database is shut */

/* ---- webhook_edit.c: in a write unless it reads; call webhook_begin after the commit ---- */

/* `doc`: {"url", "topics": ["order.*"]}, and "state" ("active", "paused") of one that is there:
 * absent members stay. SOUK_INVALID: `pointer` (80 bytes) names the place. */
int webhook_create(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                   int64_t *id, char *pointer, struct err *err);
int webhook_change(struct db_conn *conn, struct arena *arena, int64_t id, const struct json *doc,
                   int64_t now, char *pointer, struct err *err);
int webhook_remove(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now);
/* A new secret; the old one signs too for a day. */
int webhook_rotate(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now);
/* Sends {"type": "webhook.test"} soon. */
int webhook_test(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now);
/* Sends again, with the same ids: the delivery `delivery`, or (0) those from `from` to `until`, of
 * `state`
 * ("": all). *count: how many. */
int webhook_replay(struct db_conn *conn, struct arena *arena, int64_t id, int64_t delivery,
                   int64_t from, int64_t until, struct souk_str state, int64_t now, int64_t *count);
/* The same for one delivery, whosever it is. */
int webhook_replay_one(struct db_conn *conn, struct arena *arena, int64_t delivery, int64_t now);
/* In many small writes: those that are older, sent or not: nobody's data is kept for a receiver
 * that is off. */
int webhook_sweep(struct db *db, int64_t before, struct err *err);
/* Reads. `secret`: with it. SOUK_NOT_FOUND. */
int webhook_show(struct db_conn *conn, struct arena *arena, int64_t id, int secret,
                 struct json **doc);
int webhook_list(struct db_conn *conn, struct arena *arena, struct json *items);
/* Newest first, those before `before` (0: from the newest). */
int webhook_deliveries(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str state,
                       int64_t before, int limit, struct json *items);

#endif
