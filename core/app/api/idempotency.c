/*
 * idempotency.c: see the header. The digest is over method, path with query, and body.
 */
#include "app/api/idempotency.h"

#include "app/api.sql.h"
#include "base/clock.h"
#include "base/str.h"
#include "store/digest.h"
#include "web/form.h"

#define KEY_MOST 200
#define KEPT     CLOCK_DAY

static struct souk_str make_digest(struct request *request, unsigned char sum[DIGEST_LEN])
{
    struct souk_str pieces[] = {request->method, request->target, buf_str(&request->body)};
    digest_pieces(sum, pieces, 3);
    return (struct souk_str){(const char *)sum, DIGEST_LEN};
}

static int is_key(struct souk_str key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] < 0x21 || key.ptr[i] > 0x7e)
            return 0;
    return key.len > 0 && key.len <= KEY_MOST;
}

static void answer_kept(struct request *request, struct db_rows *rows)
{
    struct souk_str location = arena_str(&request->arena, db_text(rows, 2));
    answer_bytes(request, (int)db_int(rows, 1), "application/json",
                 arena_str(&request->arena, db_text(rows, 3)));
    if (location.len)
        answer_header(request, "Location", location);
    answer_header(request, "Idempotent-Replayed", souk_str("true"));
}

int idempotency_begin(struct request *request, struct souk_str principal)
{
    unsigned char sum[DIGEST_LEN];
    struct souk_str key = request_header(request, "idempotency-key");
    struct db_rows rows;
    if (!key.len)
        return 1;
    if (!is_key(key)) {
        answer_problem(request, 400, NULL,
                       "an Idempotency-Key has 1 to 200 visible ASCII characters", NULL);
        return 0;
    }
    int code = db_query(request->conn, &sql_idempotency_get, &rows, DB_TEXT(principal),
                        DB_TEXT(key), DB_INT(request->now - KEPT));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : 1;
    if (souk_str_equal(db_text(&rows, 0), make_digest(request, sum)))
        answer_kept(request, &rows);
    else
        answer_problem(request, 422, "idempotency-key-reused",
                       "this Idempotency-Key came with another request before; send a new one",
                       NULL);
    db_close(&rows);
    return 0;
}

int idempotency_end(struct request *request, struct souk_str principal)
{
    unsigned char sum[DIGEST_LEN];
    const struct answer *answer = &request->answer;
    struct souk_str key = request_header(request, "idempotency-key");
    if (!key.len || answer->status < 200 || answer->status > 299)
        return SOUK_OK;
    int code = db_run(request->conn, &sql_idempotency_sweep, NULL, DB_INT(request->now - KEPT));
    if (code != SOUK_OK)
        return code;
    return db_run(request->conn, &sql_idempotency_put, NULL, DB_TEXT(principal), DB_TEXT(key),
                  DB_BLOB(make_digest(request, sum)), DB_INT(answer->status),
                  DB_TEXT(header_list_find_nocase(&answer->headers, "location")),
                  DB_TEXT(answer->body), DB_INT(request->now));
}
