/*
 * account: signing in. Passwords are Argon2id (libsodium, interactive limits); the slow part runs
 * on a task thread, never in a write. Answers do not tell whether an address is known: both ways
 * take the same steps and the same time. Ten failures lock for a time that grows.
 */
#ifndef SHOP_ACCOUNT_H
#define SHOP_ACCOUNT_H

#include "base/json.h"
#include "store/db.h"

#define ACCOUNT_PASSWORD_LEAST 10 /* characters; at most 200 */

/* Too short, too common, the address itself (normalized; may be empty): SOUK_INVALID with words. */
int account_password_check(struct souk_str password, struct souk_str email, struct err *err);
/* On a task thread: slow. */
int account_hash(struct arena *arena, struct souk_str password, struct souk_str *hash,
                 struct err *err); /* checks again, without the address */
int account_verify(struct souk_str hash, struct souk_str password); /* 1 or 0 */

/* In a read, by the normalized address: the hash to verify against; for an unknown address a decoy
 * that takes as long, and *person_id 0. SOUK_BUSY with words while locked, known or not. */
int account_find(struct db_conn *conn, struct arena *arena, struct souk_str email, int64_t now,
                 int64_t *person_id, struct souk_str *hash, struct err *err);
int64_t account_person(struct db_conn *conn,
                       struct souk_str email); /* whose row it is, locked or not; 0 */
/* Of a person: SOUK_NOT_FOUND without an account. */
int account_of(struct db_conn *conn, struct arena *arena, int64_t person_id, struct souk_str *email,
               struct souk_str *hash);
/* In a write: a failure of this address, which an account may have or not; and its end. */
int account_failed(struct db_conn *conn, struct souk_str email, int64_t now);
int account_unlock(struct db_conn *conn, struct souk_str email);
/* In a write: one more of this key; the count begins anew after a quiet `window`. */
int account_attempt(struct db_conn *conn, const char *what, struct souk_str key, int64_t window,
                    int64_t now, int64_t *count);
/* In a write, before each mail that a stranger can ask for: *may is 0 after five in a day. */
int account_may_mail(struct db_conn *conn, struct souk_str email, int64_t now, int *may);
/* In a write: names the session's row (its id_hash) after the person. */
int account_signed_in(struct db_conn *conn, int64_t person_id, struct souk_str session);
/* In a write: ends the person's sessions, all or all but this one. */
int account_sessions_end(struct db_conn *conn, int64_t person_id, struct souk_str but);
int64_t account_sessions(struct db_conn *conn, int64_t person_id, int64_t now); /* how many */
/* A job's: drops old attempts and links that have ended. */
int account_sweep(struct db *db, int64_t now, struct err *err);
/* Registers: makes person, contact (unconfirmed) and account. When the address has an account
 * already nothing is changed and *person_id is 0: the answer must be the same. */
int account_create(struct db_conn *conn, struct arena *arena, struct souk_str email,
                   struct souk_str name, struct souk_str hash, const char *locale, int64_t now,
                   int64_t *person_id, struct err *err);
int account_password(struct db_conn *conn, int64_t person_id, struct souk_str hash, int64_t now);
/* The address to sign in with becomes this confirmed one; *changed 0: it was already, or another
 * account has it. */
int account_email(struct db_conn *conn, int64_t person_id, struct souk_str email, int64_t now,
                  int *changed);
/* One-time links: the token goes out (in a fact, for the mail), its hash stays. */
int ticket_make(struct db_conn *conn, struct arena *arena, const char *purpose, int64_t person_id,
                int64_t contact_id, int64_t expires_at, struct souk_str *token);
int ticket_use(struct db_conn *conn, const char *purpose, struct souk_str token, int64_t now,
               int64_t *person_id, int64_t *contact_id); /* gone afterwards; SOUK_NOT_FOUND */
/* In a read: would it work? 1 or 0. */
int ticket_valid(struct db_conn *conn, const char *purpose, struct souk_str token, int64_t now);
int ticket_drop(struct db_conn *conn, const char *purpose, int64_t person_id); /* all of a person */

/* SOUK_INVALID with words; *wrong is the field's name. */
int address_check(struct arena *arena, const struct json *doc, const char **wrong, struct err *err);
int address_save(struct db_conn *conn, struct arena *arena, int64_t person_id, int64_t address_id,
                 const struct json *doc, int64_t now, int64_t *id, struct err *err);
int address_remove(struct db_conn *conn, int64_t person_id, int64_t address_id);
int address_first(struct db_conn *conn, int64_t person_id, int64_t address_id, int64_t now);
int address_list(struct db_conn *conn, struct arena *arena, int64_t person_id, struct json *list);

#endif
