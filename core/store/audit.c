/*
 * audit: the chain. hash(n) = SHA-256(hash(n-1), id, at, actor, action, subject,
 * detail), each with its length; the first row stands on an empty hash. One writer
 * makes the order of ids the order of the chain.
 */
#include "store/audit.h"
#include "base/rand.h"
#include "store/audit.sql.h"
#include "store/digest.h"

struct audit_row {
    int64_t id;
    int64_t at;
    struct souk_str actor, action, subject, detail;
};

static void audit_sum(const struct audit_row *row, struct souk_str before, unsigned char *sum)
{
    struct souk_str pieces[] = {
        before,
        {(const char *)&row->id, sizeof row->id},
        {(const char *)&row->at, sizeof row->at},
        row->actor,
        row->action,
        row->subject,
        row->detail,
    };
    digest_pieces(sum, pieces, (int)(sizeof pieces / sizeof *pieces));
}

int audit_put(struct db_conn *conn, struct souk_str actor, struct souk_str action,
              struct souk_str subject, struct souk_str detail, int64_t now)
{
    struct audit_row row = {id_next(), now, actor, action, subject, detail};
    unsigned char sum[DIGEST_LEN];
    struct db_rows rows;
    int code = db_query(conn, &sql_audit_last, &rows);
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) < 0)
        return code;
    audit_sum(&row, code == 1 ? db_text(&rows, 0) : souk_str(""), sum);
    db_close(&rows);
    return db_run(conn, &sql_audit_insert, NULL, DB_INT(row.id), DB_INT(now), DB_TEXT(actor),
                  DB_TEXT(action), DB_TEXT(subject), DB_TEXT(detail),
                  DB_BLOB(((struct souk_str){(const char *)sum, sizeof sum})));
}

int audit_check(struct db_conn *conn, int64_t *broken)
{
    unsigned char before[DIGEST_LEN];
    unsigned char sum[DIGEST_LEN];
    size_t before_len = 0;
    struct db_rows rows;
    int code = db_query(conn, &sql_audit_all, &rows);
    if (code != 0)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct audit_row row = {db_int(&rows, 0),  db_int(&rows, 1),  db_text(&rows, 2),
                                db_text(&rows, 3), db_text(&rows, 4), db_text(&rows, 5)};
        audit_sum(&row, (struct souk_str){(const char *)before, before_len}, sum);
        if (!souk_str_equal(db_text(&rows, 6), (struct souk_str){(const char *)sum, sizeof sum})) {
            *broken = row.id;
            db_close(&rows);
            return SOUK_CONFLICT;
        }
        memcpy(before, sum, sizeof sum);
        before_len = sizeof sum;
    }
    return code;
}
