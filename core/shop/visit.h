/*
 * visit: the event log of visitors. Views are gathered in memory and written once a second; a crash
 * loses that second. Robots are left out; who refuses (consent "analytics", Sec-GPC, DNT) is
 * counted without being told apart.
 *
 * The anonymous id: a visitor with a session has one that stays in it and is joined to the person
 * at sign-in; without, it is a hash of address, agent and a secret that is new each day, so nobody
 * can be followed from one day to the next and no cookie is needed.
 */
#ifndef SHOP_VISIT_H
#define SHOP_VISIT_H

#include "base/json.h"
#include "store/db.h"

struct visit {
    int64_t at;
    const char *kind;  /* a constant: "product.viewed" */
    int64_t visitor;   /* 0: nobody */
    int64_t person_id; /* 0: not signed in */
    char subject[120]; /* "product:17", or a slug to be resolved: "/p/hoodie" */
    char data[400];    /* JSON or "" */
    int64_t told;      /* of a search: how many were found, + 1; 0: not to be noted */
};

int visit_is_robot(struct souk_str user_agent); /* 1 for crawlers, libraries, empty */
/* At the start, before anybody is served: takes up the secret of the day, or makes it. */
int visit_key_begin(struct db *db, int64_t now, struct err *err);
/* The clock's turn: a new day's secret replaces the one in the database; does not wait. */
void visit_key_turn(struct db *db, int64_t now);
int64_t visit_anonymous(struct souk_str address, struct souk_str user_agent, int64_t now);
void visit_note(const struct visit *visit); /* any thread, never blocks; over 10,000 waiting are
                                               lost and counted */
/* The clock's turn, as often as it likes: once a second (sooner when many wait) hands what has
 * gathered to the writer and does not wait. How many. */
int visit_flush(struct db *db);
void visit_flush_last(struct db *db); /* at the end; waits */
/* In a write: an event that must not be lost (cart, order, message). */
int event_put(struct db_conn *conn, const char *kind, int64_t visitor, int64_t person_id,
              struct souk_str subject, const struct json *data, int64_t now);
/* In a write, at sign-in: what the anonymous did was done by the person. */
int event_join(struct db_conn *conn, int64_t visitor, int64_t person_id);
/* In a write, nightly: product.popularity becomes the views of the last 30 days. Only what changed
 * is written, and the catalogue's state grows once then. */
int visit_popularity(struct db_conn *conn, int64_t now);
/* A job's: events are kept for 400 days. */
int event_sweep(struct db *db, int64_t now, struct err *err);
/* Newest first; `before` is the id of the last one seen, 0: from the newest. */
int event_list(struct db_conn *conn, struct arena *arena, int64_t person_id, int64_t before,
               int limit, struct json *list);

/* Of everybody, with visitor and person; `kind` empty: all kinds. */
int event_recent(struct db_conn *conn, struct arena *arena, struct souk_str kind, int64_t before,
                 int limit, struct json *list);
/* As event_recent, of one person. */
int event_recent_of(struct db_conn *conn, struct arena *arena, struct souk_str kind,
                    int64_t person_id, int64_t before, int limit, struct json *list);
/* In a write: "cart.added" and "cart.removed" of a product's units. One that is gone leaves none.
 */
int event_put_goods(struct db_conn *conn, struct arena *arena, const char *kind, int64_t visitor,
                    int64_t person_id, int64_t variant_id, int64_t quantity, int64_t now);

#endif
