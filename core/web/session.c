/*
 * session.c: what the shop remembers of a browser.
 *
 * The idea: the cookie is a random token of 256 bits and means nothing by itself; the
 * row is found by the token's SHA-256, so whoever reads the database (or a backup)
 * cannot use what is found. The values are one small JSON object.
 *
 * Writes may be run again by the group commit, and two requests of one browser may be
 * on their way at once. So in a write nothing that was read before counts: the row is
 * read anew from the savepoint, changed and written back. A token made by a run that
 * was undone is found nowhere and simply forgotten.
 *
 * A session that is only read must not end for want of use: once an hour the reader
 * hands the writer a note that the session was seen, and does not wait for it.
 *
 * The key of the CSRF tokens is a setting, made together with the first session. It is
 * read when a token is asked for, not kept in memory: tokens are rare, since browsers
 * say Sec-Fetch-Site.
 *
 * Threads: as request.h says, one at a time. It does not do: who is signed in and what
 * they may.
 */
#include "web/session.h"

#include <sodium.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "store/retention.h"
#include "store/setting.h"
#include "web/session.sql.h"

#define TOKEN_BYTES 32
#define TOKEN_CHARS 43 /* 32 bytes in base64 without padding */
#define DATA_LIMIT  4096
#define IDLE_LIMIT  (30 * CLOCK_DAY)
#define TOTAL_LIMIT (90 * CLOCK_DAY)
#define TOUCH_EVERY CLOCK_HOUR
#define TOUCH_OFTEN (5 * CLOCK_MINUTE)

struct own { /* what request->session points to */
    struct session session;
    struct souk_str token;
};

static const char *cookie_name(const struct request *request)
{
    return request->tls ? "__Host-souk" : "souk";
}

int session_cookie(struct request *request)
{
    return request_cookie(request, "souk").len > 0 ||
           request_cookie(request, "__Host-souk").len > 0;
}

static int token_shaped(struct souk_str token)
{
    if (token.len != TOKEN_CHARS)
        return 0;
    for (size_t i = 0; i < token.len; i++) {
        char c = token.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return 0;
    }
    return 1;
}

static void hash_token(struct souk_str token, char hash[32])
{
    crypto_hash_sha256((unsigned char *)hash, (const unsigned char *)token.ptr, token.len);
}

static struct souk_str hash_of(const struct session *session)
{
    return (struct souk_str){session->id_hash, sizeof(session->id_hash)};
}

static int64_t end_of(int64_t created, int64_t seen)
{
    int64_t idle = seen + IDLE_LIMIT;
    int64_t total = created + TOTAL_LIMIT;
    return idle < total ? idle : total;
}

static int in_write(const struct request *request)
{
    return request->conn && db_is_writer(request->conn);
}

/* ---- finding ---- */

static struct own *load(struct request *request, struct souk_str token)
{
    struct own *own = arena_new(&request->arena, struct own);
    struct db_rows rows;
    own->token = token;
    hash_token(token, own->session.id_hash);
    if (db_query(request->conn, &sql_session_find, &rows, DB_BLOB(hash_of(&own->session)),
                 DB_INT(request->now)) != 0)
        return NULL;
    if (db_next(&rows) != 1)
        return NULL;
    struct souk_str text = arena_str(&request->arena, db_text(&rows, 0));
    own->session.created = db_int(&rows, 1);
    own->session.seen = own->session.seen_before = db_int(&rows, 2);
    db_close(&rows);
    int code = json_parse(&request->arena, text, &own->session.data, NULL);
    if (code != 0 || own->session.data->kind != JSON_OBJECT)
        own->session.data = json_new(&request->arena, JSON_OBJECT);
    return own;
}

struct touch { /* a note to the writer that a session was seen; frees itself */
    struct db_write write;
    char id_hash[32];
    int64_t now, expires, every;
};

static int touch_run(struct db_conn *conn, void *arg)
{
    struct touch *touch = arg;
    return db_run(conn, &sql_session_touch, NULL,
                  DB_BLOB(((struct souk_str){touch->id_hash, sizeof(touch->id_hash)})),
                  DB_INT(touch->now), DB_INT(touch->expires),
                  DB_INT(touch->now - touch->every + 1));
}

static void touch_done(struct db_write *write)
{
    free(write->arg);
}

static void touch(struct request *request, struct session *session, int64_t every)
{
    if (request->now - session->seen < every)
        return;
    struct touch note = {.now = request->now, .every = every};
    memcpy(note.id_hash, session->id_hash, sizeof(note.id_hash));
    note.expires = end_of(session->created, request->now);
    session->seen = request->now;
    if (in_write(request)) {
        touch_run(request->conn, &note);
        return;
    }
    struct touch *kept = mem_alloc(sizeof(*kept));
    *kept = note;
    kept->write.fn = touch_run;
    kept->write.arg = kept;
    kept->write.done = touch_done;
    if (db_write_push(db_of(request->conn), &kept->write) != 0)
        free(kept); /* a full queue: the next request tries again */
}

struct session *session_find(struct request *request)
{
    int writing = in_write(request);
    struct own *before = (struct own *)request->session;
    struct souk_str token = request_cookie(request, cookie_name(request));
    struct own *own = NULL;
    if (request->session_known && !writing)
        return request->session;
    if ((before || token_shaped(token)) && !request_conn(request))
        return NULL;
    if (before) {
        own = load(request, before->token);
        if (own)
            own->session.fresh = before->session.fresh;
    }
    if (!own && token_shaped(token))
        own = load(request, token);
    request->session = own ? &own->session : NULL;
    request->session_known = 1;
    if (own)
        touch(request, &own->session, TOUCH_EVERY);
    return request->session;
}

void session_seen(struct request *request)
{
    struct session *session = session_find(request);
    if (session)
        touch(request, session, TOUCH_OFTEN);
}

struct souk_str session_get(struct request *request, const char *key)
{
    const struct session *session = session_find(request);
    return session ? json_text(json_at(session->data, key)) : souk_str("");
}

/* ---- the key of the CSRF tokens ---- */

/* As hex in the arena; makes one in a write when there is none yet. */
static int csrf_key(struct request *request, struct souk_str *key)
{
    struct souk_str owner = souk_str("session"), name = souk_str("key");
    int code = setting_get(request->conn, &request->arena, owner, name, key);
    if (code != SOUK_NOT_FOUND || !in_write(request))
        return code;
    unsigned char bytes[crypto_auth_hmacsha256_KEYBYTES];
    char hex[sizeof(bytes) * 2 + 1];
    rand_bytes(bytes, sizeof(bytes));
    sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    *key = arena_str(&request->arena, souk_str(hex));
    return setting_put(request->conn, owner, name, *key, request->now);
}

struct souk_str session_csrf(struct request *request)
{
    struct own *own = (struct own *)session_find(request);
    struct souk_str key;
    if (!own || !request_conn(request) || csrf_key(request, &key) != 0)
        return souk_str("");
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)"csrf:", 5);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)own->token.ptr, own->token.len);
    crypto_auth_hmacsha256_final(&state, mac);
    char *hex = arena_alloc(&request->arena, sizeof(mac) * 2 + 1);
    sodium_bin2hex(hex, sizeof(mac) * 2 + 1, mac, sizeof(mac));
    return souk_str(hex);
}

int session_csrf_valid(struct request *request, struct souk_str token)
{
    struct souk_str wanted = session_csrf(request);
    return wanted.len > 0 && str_equal_secret(wanted, token);
}

/* ---- changing ---- */

static struct own *make(struct request *request)
{
    struct own *own = arena_new(&request->arena, struct own);
    char *token = arena_alloc(&request->arena, TOKEN_BYTES * 4 / 3 + 2);
    rand_token(token, TOKEN_BYTES);
    own->token = souk_str(token);
    hash_token(own->token, own->session.id_hash);
    own->session.created = own->session.seen = request->now;
    own->session.fresh = 1;
    return own;
}

static void send_cookie(struct request *request, const struct own *own)
{
    answer_cookie(request, cookie_name(request), own->token, TOTAL_LIMIT / CLOCK_SECOND);
}

static int value_fits(struct souk_str value)
{
    return utf8_valid(value) && (value.len == 0 || !memchr(value.ptr, 0, value.len));
}

/* The object without `key`, and with it again when there is a value. */
static struct json *replaced(struct arena *arena, const struct json *data, const char *key,
                             struct souk_str value)
{
    struct json *next = json_new(arena, JSON_OBJECT);
    json_each(item, data)
    {
        if (!souk_str_is(item->key, key))
            *json_add_key(arena, next, item->key, JSON_STRING) = item->value;
    }
    if (value.len)
        json_add_str(arena, next, arena_cstr(arena, souk_str(key)), arena_str(arena, value));
    return next;
}

static int insert(struct request *request, struct own *own, struct souk_str text)
{
    struct souk_str key;
    int code = csrf_key(request, &key);
    if (code == 0) {
        code = db_run(request->conn, &sql_session_insert, NULL, DB_BLOB(hash_of(&own->session)),
                      DB_TEXT(text), DB_INT(own->session.created), DB_INT(own->session.seen),
                      DB_INT(end_of(own->session.created, own->session.seen)));
    }
    if (code == 0)
        send_cookie(request, own);
    return code;
}

int session_put(struct request *request, const char *key, struct souk_str value)
{
    if (!in_write(request))
        return SOUK_WRONG_KIND;
    if (!value_fits(value)) {
        return db_refuse(request->conn, SOUK_INVALID,
                         "session value %s: not UTF-8 text; encode it first", key);
    }
    struct own *own = (struct own *)session_find(request);
    struct souk_str now = own ? json_text(json_at(own->session.data, key)) : souk_str("");
    if (souk_str_equal(now, value))
        return 0;
    struct json *data = replaced(&request->arena, own ? own->session.data : NULL, key, value);
    struct buf text = {.arena = &request->arena};
    json_print(&text, data);
    if (text.len > DATA_LIMIT) {
        return db_refuse(request->conn, SOUK_TOO_LARGE,
                         "session value %s: a session holds at most %d bytes; keep a "
                         "key here and the data in a table",
                         key, DATA_LIMIT);
    }
    int code;
    if (own) {
        own->session.seen = request->now;
        code = db_run(request->conn, &sql_session_update, NULL, DB_BLOB(hash_of(&own->session)),
                      DB_TEXT(buf_str(&text)), DB_INT(request->now),
                      DB_INT(end_of(own->session.created, request->now)));
    } else {
        own = make(request);
        code = insert(request, own, buf_str(&text));
    }
    if (code == 0) {
        own->session.data = data;
        request->session = &own->session;
    }
    return code;
}

int session_renew(struct request *request)
{
    if (!in_write(request))
        return SOUK_WRONG_KIND;
    struct own *old = (struct own *)session_find(request);
    if (!old)
        return 0; /* the first session_put makes one with a new id anyway */
    struct own *own = make(request);
    own->session.created = old->session.created; /* the 90 days go on */
    own->session.seen = old->session.seen;
    own->session.data = old->session.data;
    int code = db_run(request->conn, &sql_session_rename, NULL, DB_BLOB(hash_of(&old->session)),
                      DB_BLOB(hash_of(&own->session)));
    if (code == 0) {
        request->session = &own->session;
        send_cookie(request, own);
    }
    return code;
}

int session_end(struct request *request)
{
    if (!in_write(request))
        return SOUK_WRONG_KIND;
    struct session *session = session_find(request);
    int code = 0;
    if (session)
        code = db_run(request->conn, &sql_session_delete, NULL, DB_BLOB(hash_of(session)));
    if (code == 0) {
        request->session = NULL;
        if (session_cookie(request))
            answer_cookie(request, cookie_name(request), souk_str(""), 0);
    }
    return code;
}

int session_sweep(struct db *db, int64_t now)
{
    const struct retention_rule rule = {&sql_session_sweep, now};
    return retention_sweep(db, &rule, 1, NULL);
}
