/*
 * promo_task: simulations of a running shop: one at a time, on a job thread, looked at by its
 * number. What it found is kept until the next one begins; a restart forgets it.
 */
#ifndef APP_PROMO_TASK_H
#define APP_PROMO_TASK_H

#include "app/promotion.h"

/* What is asked for: {"scripts": [{"path", "text"}], "alone": bool (only these, instead of together
 * with those that serve), "orders": n | "since": time}. SOUK_INVALID: err, or `errors` what is
 * wrong with the texts. SOUK_CONFLICT: another one is running. On a thread that may wait. */
int promo_task_start(struct arena *arena, const struct json *body, int64_t now, int64_t *id,
                     struct json *errors, struct err *err);
/* {"id", "state": "working" | "done" | "cancelled" | "failed", "done", "total", "error", "report":
 * null | …}. SOUK_NOT_FOUND. */
int promo_task_look(struct arena *arena, int64_t id, struct json **task, struct err *err);
int promo_task_cancel(int64_t id, struct err *err);

/* The two sides of a simulation, for commands on a stopped shop too: the rules that serve, and
 * those with the draft. Unpin both. */
int promo_task_sides(struct arena *arena, const struct json *scripts, int alone,
                     struct promo_live **before, struct promo_live **after, struct json *errors,
                     struct err *err);
/* "orders" or "since" of a body; neither: the last 1,000. */
int promo_task_range(const struct json *body, int64_t *orders, int64_t *since, struct err *err);

#endif
