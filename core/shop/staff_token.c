/*
 * staff_token.c: tokens of programs: "souk_" and 32 random bytes as URL-safe base64. The database
 * keeps a SHA-256; who reads it cannot use what he finds.
 */
#include "shop/staff.h"

#include <sodium.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/staff.sql.h"

#define TOKEN_BYTES 32
#define TOKEN_CHARS 43
#define PREFIX      "souk_"
#define USED_EVERY  CLOCK_MINUTE

static void hash_token(struct souk_str token, unsigned char hash[32])
{
    crypto_hash_sha256(hash, (const unsigned char *)token.ptr, token.len);
}

int token_make(struct db_conn *conn, struct arena *arena, struct souk_str name,
               const struct json *scopes, int64_t expires_at, int64_t now, struct souk_str *token)
{
    unsigned char hash[32];
    char random[TOKEN_BYTES * 4 / 3 + 3];
    struct buf text = {.arena = arena};
    rand_token(random, TOKEN_BYTES);
    *token = arena_printf(arena, PREFIX "%s", random);
    hash_token(*token, hash);
    json_print(&text, scopes);
    return db_run(conn, &sql_staff_token_insert, NULL, DB_INT(id_next()),
                  DB_BLOB(str_make((const char *)hash, sizeof hash)), DB_TEXT(name),
                  DB_TEXT(buf_str(&text)), DB_INT(now), expires_at ? DB_INT(expires_at) : DB_NULL);
}

struct used { /* a note to the writer; frees itself */
    struct db_write write;
    int64_t id, now;
};

static int used_run(struct db_conn *conn, void *arg)
{
    const struct used *used = arg;
    return db_run(conn, &sql_staff_token_used, NULL, DB_INT(used->id), DB_INT(used->now));
}

static void used_done(struct db_write *write)
{
    free(write->arg);
}

/* A full queue is no matter: the next use is noted. */
static void note_used(struct db_conn *conn, int64_t id, int64_t before, int64_t now)
{
    if (now - before < USED_EVERY)
        return;
    if (db_is_writer(conn)) {
        db_run(conn, &sql_staff_token_used, NULL, DB_INT(id), DB_INT(now));
        return;
    }
    struct used *used = mem_zalloc(sizeof *used);
    used->id = id;
    used->now = now;
    used->write.fn = used_run;
    used->write.arg = used;
    used->write.done = used_done;
    if (db_write_push(db_of(conn), &used->write) != SOUK_OK)
        free(used);
}

int token_find(struct db_conn *conn, struct arena *arena, struct souk_str token, int64_t now,
               int64_t *id, const struct json **scopes)
{
    unsigned char hash[32];
    struct db_rows rows;
    struct json *list = NULL;
    if (!str_starts(token, PREFIX) || token.len != sizeof PREFIX - 1 + TOKEN_CHARS)
        return SOUK_NOT_FOUND;
    hash_token(token, hash);
    int code = db_query(conn, &sql_staff_token_find, &rows,
                        DB_BLOB(str_make((const char *)hash, sizeof hash)), DB_INT(now));
    if (code || (code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    *id = db_int(&rows, 0);
    struct souk_str text = arena_str(arena, db_text(&rows, 1));
    int64_t used = db_int(&rows, 2);
    db_close(&rows);
    if (json_parse(arena, text, &list, NULL) != SOUK_OK)
        return SOUK_NOT_FOUND;
    *scopes = list;
    note_used(conn, *id, used, now);
    return SOUK_OK;
}

int token_remove(struct db_conn *conn, int64_t id)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_staff_token_delete, &changed, DB_INT(id));
    return code ? code : changed ? SOUK_OK : SOUK_NOT_FOUND;
}
