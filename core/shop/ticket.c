/*
 * ticket: links that work once. The token goes out in a mail; the database keeps its SHA-256 and
 * can give nothing away. Looking at the page behind a link does not use it up (programs that read
 * mail open links), sending its form does.
 */
#include "shop/account.h"

#include <sodium.h>

#include "base/rand.h"
#include "base/str.h"
#include "shop/ticket.sql.h"

#define TOKEN_BYTES 32

static struct souk_str hash_token(struct souk_str token, unsigned char to[32])
{
    crypto_hash_sha256(to, (const unsigned char *)(token.ptr ? token.ptr : ""), token.len);
    return str_make((const char *)to, 32);
}

int ticket_make(struct db_conn *conn, struct arena *arena, const char *purpose, int64_t person_id,
                int64_t contact_id, int64_t expires_at, struct souk_str *token)
{
    unsigned char hash[32];
    char *text = arena_alloc(arena, TOKEN_BYTES * 4 / 3 + 2);
    rand_token(text, TOKEN_BYTES);
    *token = souk_str(text);
    return db_run(conn, &sql_ticket_insert, NULL, DB_BLOB(hash_token(*token, hash)),
                  DB_CSTR(purpose), DB_INT(person_id), contact_id ? DB_INT(contact_id) : DB_NULL,
                  DB_INT(expires_at));
}

static int find(struct db_conn *conn, const char *purpose, struct souk_str hash, int64_t now,
                int64_t *person_id, int64_t *contact_id)
{
    struct db_rows rows;
    int code = db_first(
        db_query(conn, &sql_ticket_get, &rows, DB_BLOB(hash), DB_CSTR(purpose), DB_INT(now)),
        &rows);
    if (code != SOUK_OK)
        return code;
    *person_id = db_int(&rows, 0);
    *contact_id = db_is_null(&rows, 1) ? 0 : db_int(&rows, 1);
    db_close(&rows);
    return SOUK_OK;
}

int ticket_use(struct db_conn *conn, const char *purpose, struct souk_str token, int64_t now,
               int64_t *person_id, int64_t *contact_id)
{
    unsigned char bytes[32];
    struct souk_str hash = hash_token(token, bytes);
    int code = find(conn, purpose, hash, now, person_id, contact_id);
    return code ? code : db_run(conn, &sql_ticket_delete, NULL, DB_BLOB(hash));
}

int ticket_valid(struct db_conn *conn, const char *purpose, struct souk_str token, int64_t now)
{
    unsigned char bytes[32];
    int64_t person, contact;
    return find(conn, purpose, hash_token(token, bytes), now, &person, &contact) == SOUK_OK;
}

int ticket_drop(struct db_conn *conn, const char *purpose, int64_t person_id)
{
    return db_run(conn, &sql_ticket_drop, NULL, DB_INT(person_id), DB_CSTR(purpose));
}
