/*
 * webhook_inner: what the files of webhook share: asking for a receiver's job, which facts it
 * wants, the frozen body and its signature, and when it is tried again.
 */
#ifndef APP_WEBHOOK_INNER_H
#define APP_WEBHOOK_INNER_H

#include "app/webhook.h"

#define WEBHOOK_SECRET_DAY (24 * INT64_C(3600) * 1000000) /* the old secret signs this long */

/* In a write: the receiver's job runs soon. */
int webhook_ask(struct db_conn *conn, struct arena *arena, int64_t id, int64_t due, int64_t now);
int webhook_matches(const struct json *topics, struct souk_str topic);
/* The frozen body: {"type", "timestamp", "data"}. */
struct souk_str webhook_body(struct arena *arena, struct souk_str topic, int64_t at,
                             const struct json *data);
/* "v1,<base64> v1,<base64>"; `before` may be empty. SOUK_INVALID: a secret that is none. */
int webhook_sign(struct arena *arena, struct souk_str secret, struct souk_str before,
                 struct souk_str id, int64_t seconds, struct souk_str body, struct souk_str *out);
/* When the next attempt comes after `attempts` have failed; 0: no more. */
int64_t webhook_next_try(int64_t attempts, int64_t now);

/* Was the receiver's last run slow? Kept in memory. */
int webhook_is_slow(int64_t id);
void webhook_set_slow(int64_t id, int slow);

#endif
