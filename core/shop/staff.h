/*
 * staff: those who run the shop: password (Argon2id, as account.h) and a second factor (TOTP, RFC
 * 6238: SHA-1, 30 s, 6 digits, one step of tolerance, each code once), roles as lists of rights,
 * and tokens for programs.
 *
 * A right is "product.edit"; "product.*" and "*" hold more. Plugins' rights begin with their name.
 */
#ifndef SHOP_STAFF_H
#define SHOP_STAFF_H

#include "base/json.h"
#include "store/db.h"

struct staff {
    int64_t id;
    struct souk_str email, name, role, totp, password;
    const struct json *rights;
    int64_t totp_step;
};

/* The first one, or another: `souk admin add`. In a write; `hash` from account_hash. */
int staff_create(struct db_conn *conn, struct souk_str email, struct souk_str name,
                 struct souk_str role, struct souk_str hash, int64_t now, int64_t *id,
                 struct err *err);
int staff_get(struct db_conn *conn, struct arena *arena, int64_t id,
              struct staff *staff); /* SOUK_NOT_FOUND also when switched off */
int staff_find(struct db_conn *conn, struct arena *arena, struct souk_str email, int64_t now,
               struct staff *staff, struct err *err); /* a decoy for the unknown: id 0 */
int staff_failed(struct db_conn *conn, int64_t id, int64_t now);
int staff_count(struct db_conn *conn, int64_t *count);
int staff_may(const struct json *rights, struct souk_str right); /* 1 or 0 */

/* In a write: the failures before are forgotten. */
int staff_signed_in(struct db_conn *conn, int64_t id, int64_t now);
int staff_password_set(struct db_conn *conn, int64_t id, struct souk_str hash, int64_t now);
/* In a write: the second factor is to be set up anew at the next sign-in; recovery codes and
 * sessions go. */
int staff_totp_reset(struct db_conn *conn, struct souk_str email, int64_t now, struct err *err);
/* In a write: ten one-time codes "abcd-efgh" into `codes` (array of strings), in place of older
 * ones; only their hashes stay. staff_recovery_use: SOUK_NOT_FOUND when wrong or used. */
int staff_recovery_make(struct db_conn *conn, struct arena *arena, int64_t id, struct json *codes);
int staff_recovery_use(struct db_conn *conn, int64_t id, struct souk_str code, int64_t now);

/* 20 random bytes as base32; the URI is otpauth://totp/… for the QR code. */
struct souk_str totp_secret(struct arena *arena);
struct souk_str totp_uri(struct arena *arena, struct souk_str secret, struct souk_str account,
                         struct souk_str issuer);
/* *step: of the code, to be stored by staff_totp_used in a write that refuses a step again. */
int totp_check(struct souk_str secret, struct souk_str code, int64_t now, int64_t *step);
int totp_code(struct souk_str secret, int64_t now, char code[7]);
int staff_totp_set(struct db_conn *conn, int64_t id, struct souk_str secret, int64_t step,
                   int64_t now);
int staff_totp_used(struct db_conn *conn, int64_t id, int64_t step); /* SOUK_CONFLICT: used */

/* Tokens: "souk_" and 43 characters, shown once. */
int token_make(struct db_conn *conn, struct arena *arena, struct souk_str name,
               const struct json *scopes, int64_t expires_at, int64_t now, struct souk_str *token);
/* In a read: the scopes of a valid one; notes at most once a minute that it was used, without
 * waiting. */
int token_find(struct db_conn *conn, struct arena *arena, struct souk_str token, int64_t now,
               int64_t *id, const struct json **scopes);
int token_remove(struct db_conn *conn, int64_t id); /* in a write */

/* In a write: this session (its id_hash) is one that the staff member is signed in with. */
int staff_session_note(struct db_conn *conn, int64_t id, struct souk_str hash,
                       struct souk_str origin, int64_t now);
/* Sessions (web/session.h) in which somebody is signed in: [{"session", "since", "seen", "from"}],
 * the last used first; "session" is the row's id_hash as hex. Only those signed in since `since`
 * and used since `used`. */
int staff_sessions(struct db_conn *conn, struct arena *arena, int64_t id, int64_t since,
                   int64_t used, struct json *list);
/* In a write: signs out of one session, or (`others`) of all but this one; the browser stays what
 * it is as a shopper. `hash`: 32 bytes; empty with `others`: all. */
int staff_sessions_end(struct db_conn *conn, int64_t id, struct souk_str hash, int others);

#endif
