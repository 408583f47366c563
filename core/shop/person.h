/*
 * person: one record from visitor to lead, subscriber, buyer, regular; its contacts and consents.
 * The same address confirmed by two records joins them, and the merge can be taken back for 30
 * days.
 */
#ifndef SHOP_PERSON_H
#define SHOP_PERSON_H

#include "base/json.h"
#include "store/db.h"

#define PERSON_UNDO_DAYS 30

/* All of these in a write unless they read. */
int person_create(struct db_conn *conn, const char *stage, struct souk_str name, const char *locale,
                  int64_t now, int64_t *id);
/* Only upwards on visitor < lead < subscriber < buyer < regular; dormant and lost by the nightly
 * job. A change is the fact "person.moved" {"from", "to"}. */
int person_raise(struct db_conn *conn, int64_t id, const char *stage, int64_t now);
int person_load(struct db_conn *conn, struct arena *arena, int64_t id,
                struct json **doc); /* with contacts, consents, addresses */
int person_set_profile(struct db_conn *conn, int64_t id, struct souk_str name, const char *locale,
                       int64_t now);
int64_t person_root(struct db_conn *conn, int64_t id); /* follows merges */

/* The record that remains of the id; *known 0: there never was one, or it is erased. */
int person_known(struct db_conn *conn, int64_t id, int64_t *root, int *known);

/* In the form that compares: an address in lower case (local part too), a phone as E.164 with the
 * country's prefix. SOUK_INVALID with words. */
int contact_normalize(struct arena *arena, const char *kind, struct souk_str written,
                      const char *country, struct souk_str *value, struct err *err);
int contact_add(struct db_conn *conn, struct arena *arena, int64_t person_id, const char *kind,
                struct souk_str written, int64_t now, int64_t *id, struct err *err);
/* SOUK_NOT_FOUND. */
int contact_get(struct db_conn *conn, struct arena *arena, int64_t contact_id,
                struct souk_str *value, int *confirmed);
/* Confirms; when somebody else has it confirmed, joins this person into that one and *person_id is
 * who remains. */
int contact_confirm(struct db_conn *conn, struct arena *arena, int64_t contact_id, int64_t now,
                    int64_t *person_id, struct err *err);
/* The newest record that left this address (normalized) without proof and without an account; 0. */
int64_t contact_lead(struct db_conn *conn, const char *kind, struct souk_str value);

/* In a write: the record of somebody who left a name and an address or number, without proof: the
 * one that left it before, or a new one of the stage "lead". SOUK_INVALID: words as "/email: …". */
struct lead {
    struct souk_str name, email, phone; /* as written; empty: not given */
    struct souk_str source;             /* where it was left: "popup", "fair 2026" */
    const char *locale;                 /* one of the shop's */
};
int contact_make_lead(struct db_conn *conn, struct arena *arena, const struct lead *lead,
                      int64_t now, int64_t *person_id, struct err *err);
/* The person who has proved to be behind this address or number (normalized); 0: nobody. */
int64_t contact_owner(struct db_conn *conn, const char *kind, struct souk_str value);
/* Where a person is reached on this channel: the latest proven one, else the latest; empty: none.
 */
struct souk_str contact_of(struct db_conn *conn, struct arena *arena, int64_t person_id,
                           const char *kind);

struct inquiry { /* a letter to the shop */
    struct souk_str name, email, text, path;
    const char *locale;
};
int contact_inquiry(struct db_conn *conn, int64_t person_id, const struct inquiry *inquiry,
                    int64_t now, int64_t *id);

int person_merge(struct db_conn *conn, struct arena *arena, int64_t from, int64_t into, int64_t now,
                 struct err *err);
int person_unmerge(struct db_conn *conn, struct arena *arena, int64_t merge_id, int64_t now,
                   struct err *err);

int consent_set(struct db_conn *conn, int64_t person_id, const char *channel, int granted,
                struct souk_str source, struct souk_str wording, int64_t now);
int consent_held(struct db_conn *conn, int64_t person_id,
                 const char *channel); /* 1, 0; -1: never asked */

/* Everything the shop knows of a person, and its removal: names, contacts, addresses and events go,
 * what the books need stays without a name. */
int person_export(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc);
int person_erase(struct db_conn *conn, int64_t id, int64_t now, struct err *err);

#endif
