/*
 * staff.c: those who run the shop: their rows, their rights, and what happens when signing in
 * fails.
 *
 * After five failures in a row somebody is locked out for a minute, then two, four … up to an hour.
 * Whoever asks is told the same words in every case, for an unknown address too, which costs the
 * same time because there is a decoy to verify against.
 *
 * It does not hash passwords (account.h) and knows nothing of sessions.
 */
#include "shop/staff.h"

#include <sodium.h>
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/staff.sql.h"

#define FAILURES_FREE 5
#define LOCK_FIRST    CLOCK_MINUTE
#define LOCK_LONGEST  CLOCK_HOUR
#define CODES         10
#define CODE_BYTES    5

/* Takes as long to verify as a real one, and nothing fits it. */
static const char decoy[] = "$argon2id$v=19$m=65536,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

static struct souk_str comparable(struct arena *arena, struct souk_str email)
{
    return utf8_lower(arena, str_trim(email));
}

static int is_address(struct souk_str email)
{
    ptrdiff_t at = str_find(email, '@');
    return at > 0 && (size_t)at + 1 < email.len && email.len <= 200 && utf8_valid(email) &&
           str_find(email, ' ') < 0 && str_find(str_from(email, (size_t)at + 1), '@') < 0;
}

int staff_create(struct db_conn *conn, struct souk_str email, struct souk_str name,
                 struct souk_str role, struct souk_str hash, int64_t now, int64_t *id,
                 struct err *err)
{
    struct arena arena = {0};
    int64_t there;
    struct souk_str address = comparable(&arena, email);
    int code = is_address(address) ? SOUK_OK : SOUK_INVALID;
    if (code)
        err_set(err, code, "\"%.*s\" is not an e-mail address", SOUK_PRI(email));
    if (!code && (name.len == 0 || name.len > 200 || !utf8_valid(name)))
        code = err_set(err, SOUK_INVALID, "give a name of at most 200 letters");
    if (!code && db_get_int(conn, &sql_staff_role_exists, &there, DB_TEXT(role)) != SOUK_OK)
        code = err_set(err, SOUK_INVALID, "there is no role \"%.*s\"; owner has all rights",
                       SOUK_PRI(role));
    if (!code) {
        *id = id_next();
        code = db_run(conn, &sql_staff_insert, NULL, DB_INT(*id), DB_TEXT(address), DB_TEXT(name),
                      DB_TEXT(hash), DB_TEXT(role), DB_INT(now));
        if (code == SOUK_CONFLICT)
            err_set(err, code, "there is somebody with the address %.*s already",
                    SOUK_PRI(address));
    }
    arena_free(&arena);
    return code;
}

/* ---- reading ---- */

static int read_staff(struct db_rows *rows, struct arena *arena, struct staff *staff,
                      int64_t *locked_until)
{
    struct json *rights = NULL;
    int code = db_next(rows);
    if (code != 1)
        return code < 0 ? code : SOUK_NOT_FOUND;
    *staff = (struct staff){.id = db_int(rows, 0),
                            .email = arena_str(arena, db_text(rows, 1)),
                            .name = arena_str(arena, db_text(rows, 2)),
                            .role = arena_str(arena, db_text(rows, 3)),
                            .totp = arena_str(arena, db_text(rows, 4)),
                            .password = arena_str(arena, db_text(rows, 5)),
                            .totp_step = db_int(rows, 6)};
    struct souk_str text = arena_str(arena, db_text(rows, 7));
    *locked_until = db_int(rows, 8);
    db_close(rows);
    if (text.len == 0 || json_parse(arena, text, &rights, NULL) != SOUK_OK)
        rights = json_new(arena, JSON_ARRAY);
    staff->rights = rights;
    return SOUK_OK;
}

int staff_get(struct db_conn *conn, struct arena *arena, int64_t id, struct staff *staff)
{
    struct db_rows rows;
    int64_t locked_until;
    int code = db_query(conn, &sql_staff_by_id, &rows, DB_INT(id));
    return code ? code : read_staff(&rows, arena, staff, &locked_until);
}

int staff_find(struct db_conn *conn, struct arena *arena, struct souk_str email, int64_t now,
               struct staff *staff, struct err *err)
{
    struct db_rows rows;
    int64_t locked_until = 0;
    int code = db_query(conn, &sql_staff_by_email, &rows, DB_TEXT(comparable(arena, email)));
    if (!code)
        code = read_staff(&rows, arena, staff, &locked_until);
    if (code == SOUK_NOT_FOUND) {
        *staff = (struct staff){.password = souk_str(decoy)};
        return SOUK_OK;
    }
    if (!code && locked_until > now)
        return err_set(err, SOUK_BUSY, "too many failures; try again in %lld minutes",
                       (long long)((locked_until - now) / CLOCK_MINUTE + 1));
    return code;
}

int staff_count(struct db_conn *conn, int64_t *count)
{
    return db_get_int(conn, &sql_staff_all, count);
}

int staff_may(const struct json *rights, struct souk_str right)
{
    json_each(item, rights)
    {
        struct souk_str held = json_text(&item->value);
        if (souk_str_is(held, "*") || (held.len && souk_str_equal(held, right)))
            return 1;
        if (str_ends(held, ".*") && right.len >= held.len - 1 &&
            memcmp(held.ptr, right.ptr, held.len - 1) == 0)
            return 1;
    }
    return 0;
}

/* ---- failing and succeeding ---- */

int staff_failed(struct db_conn *conn, int64_t id, int64_t now)
{
    return db_run(conn, &sql_staff_fail, NULL, DB_INT(id), DB_INT(now), DB_INT(FAILURES_FREE),
                  DB_INT(LOCK_FIRST), DB_INT(LOCK_LONGEST));
}

int staff_signed_in(struct db_conn *conn, int64_t id, int64_t now)
{
    (void)now;
    return db_run(conn, &sql_staff_succeed, NULL, DB_INT(id));
}

int staff_password_set(struct db_conn *conn, int64_t id, struct souk_str hash, int64_t now)
{
    return db_run(conn, &sql_staff_password, NULL, DB_INT(id), DB_TEXT(hash), DB_INT(now));
}

/* ---- the second factor ---- */

int staff_totp_set(struct db_conn *conn, int64_t id, struct souk_str secret, int64_t step,
                   int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_staff_totp_store, &changed, DB_INT(id), DB_TEXT(secret),
                      DB_INT(step), DB_INT(now));
    return code ? code : changed ? SOUK_OK : SOUK_CONFLICT;
}

int staff_totp_used(struct db_conn *conn, int64_t id, int64_t step)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_staff_totp_step, &changed, DB_INT(id), DB_INT(step));
    return code ? code : changed ? SOUK_OK : SOUK_CONFLICT;
}

int staff_totp_reset(struct db_conn *conn, struct souk_str email, int64_t now, struct err *err)
{
    struct arena arena = {0};
    int64_t changed = 0, id = 0;
    struct souk_str address = comparable(&arena, email);
    int code = db_run(conn, &sql_staff_recovery_clear, NULL, DB_INT(0), DB_TEXT(address));
    if (!code)
        code = db_run(conn, &sql_staff_totp_clear, &changed, DB_TEXT(address), DB_INT(now));
    if (!code && changed)
        code = db_get_int(conn, &sql_staff_id_by_email, &id, DB_TEXT(address));
    if (!code && changed)
        code = staff_sessions_end(conn, id, souk_str(""), 1);
    if (!code && !changed)
        code = err_set(err, SOUK_NOT_FOUND, "there is nobody with the address %.*s",
                       SOUK_PRI(address));
    arena_free(&arena);
    return code;
}

static void code_hash(int64_t id, struct souk_str code, unsigned char hash[32])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)&id, sizeof id);
    for (size_t i = 0; i < code.len; i++) {
        unsigned char c = (unsigned char)code.ptr[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            crypto_hash_sha256_update(&state, &c, 1);
    }
    crypto_hash_sha256_final(&state, hash);
}

int staff_recovery_make(struct db_conn *conn, struct arena *arena, int64_t id, struct json *codes)
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789x"; /* 32, easy to tell apart */
    int code = db_run(conn, &sql_staff_recovery_clear, NULL, DB_INT(id), DB_TEXT(souk_str("")));
    for (int i = 0; i < CODES && !code; i++) {
        unsigned char bytes[2 * CODE_BYTES], hash[32];
        char text[2 * CODE_BYTES + 1];
        rand_bytes(bytes, sizeof bytes);
        for (int k = 0; k < 2 * CODE_BYTES; k++)
            text[k + (k >= CODE_BYTES)] = letters[bytes[k] & 31];
        text[CODE_BYTES] = '-';
        struct souk_str shown = arena_str(arena, str_make(text, sizeof text));
        code_hash(id, shown, hash);
        json_add_str(arena, codes, NULL, shown);
        code = db_run(conn, &sql_staff_recovery_insert, NULL, DB_INT(id),
                      DB_BLOB(str_make((const char *)hash, sizeof hash)));
    }
    return code;
}

int staff_recovery_use(struct db_conn *conn, int64_t id, struct souk_str code, int64_t now)
{
    unsigned char hash[32];
    int64_t changed = 0;
    code_hash(id, code, hash);
    int result = db_run(conn, &sql_staff_recovery_spend, &changed, DB_INT(id),
                        DB_BLOB(str_make((const char *)hash, sizeof hash)), DB_INT(now));
    return result ? result : changed ? SOUK_OK : SOUK_NOT_FOUND;
}
