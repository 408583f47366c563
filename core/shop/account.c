/*
 * account: signing in with an address and a password.
 *
 * The idea of not telling who is a customer: an unknown address is verified against a decoy that
 * costs as much, and failures are counted by the address's hash, whether it is known or not, so
 * that a lock does not tell either. What is asked for by mail (a link to set a password, word that
 * an account exists) is counted the same way: the same row is written for both, and nobody can
 * fill a stranger's mailbox.
 *
 * Ten failures lock for a minute, each further one for twice as long, at most an hour. A new
 * password by mail unlocks.
 *
 * It does not do: sessions' cookies (web/session.h); it only names a session's row after the
 * person, so that all of one's sessions can be ended.
 */
#include "shop/account.h"

#include <sodium.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/account.sql.h"
#include "shop/person.h"
#include "store/retention.h"

#define PASSWORD_MOST 200
#define FREE_TRIES    10
#define LOCK_LEAST    CLOCK_MINUTE
#define LOCK_MOST     CLOCK_HOUR
#define MAILS_A_DAY   5

/* Of random bytes that nobody has kept, at the same cost as all others. */
static const char decoy[] =
    "$argon2id$v=19$m=65536,t=2,p=1$3NkCjAf3+T1zAGjZWBnVcA$sOTToxHWpKCAp1HSk+jwQgNqeEUHw7u2XnA/fonmAq8";

/* Those of the usual lists that are long enough to be tried here. */
static const char *const common[] = {
    "1234567890",  "0123456789",    "9876543210",   "1q2w3e4r5t",   "q1w2e3r4t5",   "qwertyuiop",
    "asdfghjkl1",  "password12",    "password123",  "password1234", "passw0rd123",  "iloveyou12",
    "iloveyou123", "qwerty12345",   "qwerty123456", "1qaz2wsx3edc", "abcdefghij",   "administrator",
    "welcome123",  "letmein123",    "sunshine123",  "football123",  "baseball123",  "princess123",
    "changeme123", "superman123",   "monkey12345",  "dragon12345",  "123456789a",   "a123456789",
    "123456789q",  "qwertyuiop123", "1234qwerasdf", "zxcvbnm123",   "q1w2e3r4t5y6", "1qazxsw23edc",
};

/* ---- passwords ---- */

static int is_common(struct souk_str password)
{
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        if (str_equal_nocase(password, souk_str(common[i])))
            return 1;
    return 0;
}

/* One letter again and again, or a row of neighbours such as 12345678901. */
static int is_run(struct souk_str password)
{
    int same = 1, up = 1, down = 1;
    for (size_t i = 1; i < password.len; i++) {
        int step = password.ptr[i] - password.ptr[i - 1];
        same &= step == 0;
        up &= step == 1 || step == -9;
        down &= step == -1 || step == 9;
    }
    return same || up || down;
}

static int is_address(struct souk_str password, struct souk_str email)
{
    ptrdiff_t at = str_find(email, '@');
    return email.len && (str_equal_nocase(password, email) ||
                         (at > 0 && str_equal_nocase(password, str_make(email.ptr, (size_t)at))));
}

int account_password_check(struct souk_str password, struct souk_str email, struct err *err)
{
    size_t length = utf8_valid(password) ? utf8_length(password) : 0;
    if (length < ACCOUNT_PASSWORD_LEAST)
        return err_set(err, SOUK_INVALID, "the password is too short; use at least 10 characters");
    if (length > PASSWORD_MOST)
        return err_set(err, SOUK_INVALID, "the password is too long; use at most 200 characters");
    if (is_address(password, email))
        return err_set(err, SOUK_INVALID,
                       "the password is your e-mail address; choose something that nobody knows");
    if (is_common(password) || is_run(password))
        return err_set(err, SOUK_INVALID,
                       "this password is among the first that anybody tries; choose another");
    return SOUK_OK;
}

int account_hash(struct arena *arena, struct souk_str password, struct souk_str *hash,
                 struct err *err)
{
    char text[crypto_pwhash_STRBYTES];
    int code = account_password_check(password, souk_str(""), err);
    if (code != SOUK_OK)
        return code;
    if (crypto_pwhash_str(text, password.ptr, password.len, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                          crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return err_set(err, SOUK_UNAVAILABLE, "there is no memory to hash a password; try again");
    *hash = arena_str(arena, souk_str(text));
    return SOUK_OK;
}

int account_verify(struct souk_str hash, struct souk_str password)
{
    char text[crypto_pwhash_STRBYTES] = {0};
    int known = hash.len > 0 && hash.len < sizeof text;
    str_copy(text, sizeof text, known ? hash : souk_str(decoy));
    int same = crypto_pwhash_str_verify(text, password.ptr ? password.ptr : "", password.len) == 0;
    return same && known && strcmp(text, decoy) != 0;
}

/* ---- attempts ---- */

static void attempt_hash(const char *what, struct souk_str email, unsigned char to[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)what, strlen(what));
    crypto_hash_sha256_update(&state, (const unsigned char *)":", 1);
    crypto_hash_sha256_update(&state, (const unsigned char *)email.ptr, email.len);
    crypto_hash_sha256_final(&state, to);
}
#define HASH(bytes) DB_BLOB(str_make((const char *)(bytes), 32))

int account_attempt(struct db_conn *conn, const char *what, struct souk_str key, int64_t window,
                    int64_t now, int64_t *count)
{
    unsigned char hash[32];
    attempt_hash(what, key, hash);
    int code =
        db_run(conn, &sql_account_attempt, NULL, HASH(hash), DB_INT(now), DB_INT(now - window));
    return code ? code : db_get_int(conn, &sql_account_attempt_count, count, HASH(hash));
}

int account_failed(struct db_conn *conn, struct souk_str email, int64_t now)
{
    unsigned char hash[32];
    int64_t count = 0, span = LOCK_LEAST;
    attempt_hash("signin", email, hash);
    int code = account_attempt(conn, "signin", email, CLOCK_DAY, now, &count);
    if (code != SOUK_OK || count < FREE_TRIES)
        return code;
    for (int64_t i = FREE_TRIES; i < count && span < LOCK_MOST; i++)
        span *= 2;
    return db_run(conn, &sql_account_lock, NULL, HASH(hash),
                  DB_INT(now + (span < LOCK_MOST ? span : LOCK_MOST)));
}

int account_unlock(struct db_conn *conn, struct souk_str email)
{
    unsigned char hash[32];
    attempt_hash("signin", email, hash);
    return db_run(conn, &sql_account_unlock, NULL, HASH(hash));
}

int account_may_mail(struct db_conn *conn, struct souk_str email, int64_t now, int *may)
{
    int64_t count = 0;
    int code = account_attempt(conn, "mail", email, CLOCK_DAY, now, &count);
    *may = count <= MAILS_A_DAY;
    return code;
}

/* ---- finding ---- */

int account_find(struct db_conn *conn, struct arena *arena, struct souk_str email, int64_t now,
                 int64_t *person_id, struct souk_str *hash, struct err *err)
{
    struct db_rows rows;
    unsigned char key[32];
    int64_t until;
    *person_id = 0;
    *hash = souk_str(decoy);
    attempt_hash("signin", email, key);
    int code = db_get_int(conn, &sql_account_locked, &until, HASH(key), DB_INT(now));
    if (code == SOUK_OK)
        return err_set(
            err, SOUK_BUSY,
            "too many failed tries for this address; wait an hour, or set a new password");
    if (code == SOUK_NOT_FOUND)
        code = db_query(conn, &sql_account_find, &rows, DB_TEXT(email));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code;
    *person_id = db_int(&rows, 0);
    if (db_text(&rows, 1).len)
        *hash = arena_str(arena, db_text(&rows, 1));
    db_close(&rows);
    *person_id = person_root(conn, *person_id);
    return SOUK_OK;
}

int64_t account_person(struct db_conn *conn, struct souk_str email)
{
    int64_t person;
    int code = db_get_int(conn, &sql_account_find, &person, DB_TEXT(email));
    return code == SOUK_OK ? person : 0;
}

int account_of(struct db_conn *conn, struct arena *arena, int64_t person_id, struct souk_str *email,
               struct souk_str *hash)
{
    struct db_rows rows;
    int code = db_first(
        db_query(conn, &sql_account_of, &rows, DB_INT(person_root(conn, person_id))), &rows);
    if (code != SOUK_OK)
        return code;
    *email = arena_str(arena, db_text(&rows, 0));
    *hash = arena_str(arena, db_text(&rows, 1));
    db_close(&rows);
    return SOUK_OK;
}

/* ---- changing ---- */

int account_create(struct db_conn *conn, struct arena *arena, struct souk_str email,
                   struct souk_str name, struct souk_str hash, const char *locale, int64_t now,
                   int64_t *person_id, struct err *err)
{
    struct db_rows rows;
    struct souk_str value;
    int64_t contact;
    *person_id = 0;
    int code = contact_normalize(arena, "email", email, NULL, &value, err);
    if (code == SOUK_OK)
        code = db_query(conn, &sql_account_find, &rows, DB_TEXT(value));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 0) {
        db_close(&rows);
        return code < 0 ? code : SOUK_OK;
    }
    code = person_create(conn, "lead", name, locale, now, person_id);
    if (code == SOUK_OK)
        code = contact_add(conn, arena, *person_id, "email", email, now, &contact, err);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_account_insert, NULL, DB_INT(*person_id), DB_TEXT(value),
                      DB_TEXT(hash), DB_INT(now));
    return code && !err->text[0] ? err_set(err, code, "account: it was not made") : code;
}

/* The person's own account, or that of somebody joined into them; *owner 0 when there is none. */
static int find_owner(struct db_conn *conn, int64_t person_id, int64_t *owner)
{
    struct db_rows rows;
    *owner = 0;
    int code = db_first(
        db_query(conn, &sql_account_of, &rows, DB_INT(person_root(conn, person_id))), &rows);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    *owner = db_int(&rows, 2);
    db_close(&rows);
    return SOUK_OK;
}

int account_password(struct db_conn *conn, int64_t person_id, struct souk_str hash, int64_t now)
{
    int64_t changed = 0, owner;
    int code = db_run(conn, &sql_account_set_password, &changed, DB_INT(person_id), DB_TEXT(hash),
                      DB_INT(now));
    if (code != SOUK_OK || changed)
        return code;
    code = find_owner(conn, person_id, &owner);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_account_set_password, &changed, DB_INT(owner), DB_TEXT(hash),
                      DB_INT(now));
    return code ? code : changed ? SOUK_OK : SOUK_NOT_FOUND;
}

int account_email(struct db_conn *conn, int64_t person_id, struct souk_str email, int64_t now,
                  int *changed)
{
    int64_t count = 0, owner;
    *changed = 0;
    int code = find_owner(conn, person_id, &owner);
    if (code != SOUK_OK || !owner)
        return code; /* somebody without an account may have an address all the same */
    code = db_run(conn, &sql_account_set_email, &count, DB_INT(owner), DB_TEXT(email), DB_INT(now));
    *changed = count > 0;
    return code;
}

/* ---- sessions ---- */

int account_signed_in(struct db_conn *conn, int64_t person_id, struct souk_str session)
{
    struct arena arena = {0};
    struct souk_str name = arena_printf(&arena, "person:%lld", (long long)person_id);
    int code = db_run(conn, &sql_account_session_name, NULL, DB_BLOB(session), DB_TEXT(name));
    arena_free(&arena);
    return code;
}

int account_sessions_end(struct db_conn *conn, int64_t person_id, struct souk_str but)
{
    return db_run(conn, &sql_account_sessions_end, NULL, DB_INT(person_root(conn, person_id)),
                  DB_BLOB(but));
}

int64_t account_sessions(struct db_conn *conn, int64_t person_id, int64_t now)
{
    int64_t count = 0;
    int code = db_get_int(conn, &sql_account_sessions, &count, DB_INT(person_id), DB_INT(now));
    return code == SOUK_OK ? count : 0;
}

int account_sweep(struct db *db, int64_t now, struct err *err)
{
    const struct retention_rule rules[] = {{&sql_account_sweep_attempts, now - CLOCK_DAY},
                                           {&sql_account_sweep_tickets, now}};
    return retention_sweep(db, rules, sizeof rules / sizeof *rules, err);
}
