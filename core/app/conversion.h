/*
 * conversion: orders that a partner's click led to, and what the partner is told of them.
 *
 * A landing with a parameter that a track provider declares is a click: a row, and a first-party
 * cookie with an unguessable name for it. Whoever is signed in is found by their person as well,
 * and a front end may name the click with its cart. The order that is placed belongs to the last
 * click that still counts; its conversion is written in the order's own transaction.
 *
 * State and amount are worked out anew from the order's rows each time something has happened to it
 * (conversion_judge), so facts may come in any order, twice, or late. What the partner ought to
 * know and what it was told stand side by side; while they differ a job "conversion:<provider>"
 * is alive.
 */
#ifndef APP_CONVERSION_H
#define APP_CONVERSION_H

#include "base/json.h"
#include "store/job.h"
#include "store/outbox.h"
#include "web/request.h"

struct cart;

/* ---- conversion_click.c: catching ---- */

/* Hooks of the web floor, on I/O threads (see web/server.h). */
const void *conversion_asked(struct request *request);
void conversion_answered(struct request *request);
/* TASK, before an order's write: clicks of this browser that are on their way are on disk. */
void conversion_catch_up(struct request *request);
/* In a write, at sign-in: the browser's click is the person's. */
int conversion_join(struct request *request, int64_t person_id);
/* In a write: the browser (and who is signed in) refuses: its click goes, and the cookie. */
int conversion_forget(struct request *request);
/* What a front end has sent with a cart: {"param", "value"}. SOUK_INVALID: `pointer` (24 bytes)
 * and err say where and why. Whatever no plugin takes, or who refuses, is left alone. */
int conversion_of_cart(struct request *request, struct db_conn *conn, const struct json *click,
                       int64_t cart_id, char *pointer, struct err *err);
void conversion_begin(struct db *db); /* at the start */
void conversion_flush(struct db *db); /* at the end; waits */
/* In many small writes: clicks whose window is over. */
int conversion_sweep(struct db *db, int64_t now, struct err *err);

/* ---- conversion.c: making and moving ---- */

/* In the write that has placed the order. */
int conversion_place(struct request *request, struct db_conn *conn, const struct cart *cart,
                     int64_t order_id, int64_t now);
int conversion_wants(struct souk_str topic);
int conversion_from_fact(struct db_conn *conn, struct arena *arena, const struct outbox_fact *fact,
                         int64_t now);
/* In a write: state and amount of one as they follow from its order now. */
int conversion_settle(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now);
/* The clock's turn: clicks to be written, times that are over. Does not wait. */
void conversion_turn(struct db *db);

/* ---- conversion_send.c: telling ---- */

int conversion_owns(struct souk_str kind);
int conversion_ready(struct souk_str kind); /* its provider is on, and there is room */
void conversion_run(struct db *db, const struct job *job);
void conversion_end(void);

/* ---- conversion_list.c: for staff ---- */

struct conversion_filter {
    int64_t order_id, before; /* 0: all */
    struct souk_str state, telling, provider;
    int limit;
};
int conversion_list(struct db_conn *conn, struct arena *arena,
                    const struct conversion_filter *filter, struct json *items);
/* In a write: what it is now is told once more. SOUK_NOT_FOUND. */
int conversion_again(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now);

#endif
