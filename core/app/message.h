/*
 * message: what the shop writes to people. A table says which fact makes which message; the fact's
 * job makes a row (one for one occasion: the key is unique), the message's job renders it in the
 * receiver's language from templates/mail/<kind>.html and .txt and gives it to the notify provider
 * of its channel, again and again until it went out or was refused for good.
 */
#ifndef APP_MESSAGE_H
#define APP_MESSAGE_H

#include "bridge/provider.h"
#include "store/outbox.h"

int message_owns(struct souk_str kind); /* "souk:message", "souk:letter" */
/* For jobs_claim: is there a plugin that sends, and room on the threads that do? Without one
 * messages wait, and nothing is lost. */
int message_ready(struct souk_str kind);
void message_run(struct db *db, const struct job *job); /* hands it to threads of their own */
void message_end(void);                   /* after the job workers, before the plugins end */
int message_wants(struct souk_str topic); /* does this fact make a message? */
/* In a write, by the job that delivers facts to the core. */
int message_from_fact(struct db_conn *conn, struct arena *arena, const struct outbox_fact *fact,
                      int64_t now);
/* In a write: a plugin's letter; for bridge_letter_use. */
int message_letter(struct db_conn *conn, struct arena *arena, const struct letter *letter,
                   int64_t now, int64_t *id, struct err *err);
/* Whose "no" a link to leave brings, and by which channel; SOUK_NOT_FOUND: it is none of ours. */
int message_leave_read(struct arena *arena, struct souk_str token, int64_t *person,
                       const char **channel);
/* In a write: once more, to the same address unless `recipient` names another; the address is
 * written to again from now on. SOUK_CONFLICT: it waits, or its link was for one use. */
int message_resend(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str recipient,
                   int64_t now, struct err *err);
/* Reads: an order to show how its messages look; SOUK_NOT_FOUND: there is none yet. */
int message_latest_order(struct db_conn *conn, int64_t *id);
int message_count_waiting(struct db_conn *conn, int64_t *count);
/* In many small writes: old ones, and before `waiting_before` those that never went out. */
int message_sweep(struct db *db, int64_t before, int64_t waiting_before, struct err *err);
/* TASK: what it would look like: {"subject", "text", "html"}; for an order (0: an example). */
int message_preview(const struct provider_scope *scope, struct souk_str kind, int64_t order_id,
                    const char *locale, struct json *preview, struct err *err);
/* The kinds there are: [{"kind", "label"}]. */
void message_kinds(struct arena *arena, struct json *list);

#endif
