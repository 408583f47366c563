/*
 * inbox: what came in from outside, stored before it is answered. The unique key makes
 * a repeat harmless: it finds the first one and adds no second job. The job's payload
 * is the id of the row.
 */
#include "store/inbox.h"
#include <stdio.h>
#include "base/rand.h"
#include "store/inbox.sql.h"
#include "store/job.h"

#define INBOX_ATTEMPTS 16

int inbox_put(struct db_conn *conn, struct souk_str source, struct souk_str key,
              struct souk_str payload, const char *job, int64_t now, int64_t *id, int *fresh)
{
    char number[24];
    int64_t changed = 0;
    *id = id_next();
    *fresh = 0;
    int code = db_run(conn, &sql_inbox_insert, &changed, DB_INT(*id), DB_TEXT(source), DB_TEXT(key),
                      DB_TEXT(payload), DB_INT(now));
    if (code != 0)
        return code;
    if (changed == 0)
        return db_get_int(conn, &sql_inbox_find, id, DB_TEXT(source), DB_TEXT(key));
    *fresh = 1;
    if (!job)
        return 0;
    snprintf(number, sizeof number, "%lld", (long long)*id);
    return job_add(conn, souk_str(job), souk_str(""), souk_str(""), souk_str(number),
                   INBOX_ATTEMPTS, now, now, NULL);
}

int inbox_get(struct db_conn *conn, struct arena *arena, int64_t id, struct inbox_item *item)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_inbox_select, &rows, DB_INT(id));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    item->id = id;
    item->source = arena_str(arena, db_text(&rows, 0));
    item->key = arena_str(arena, db_text(&rows, 1));
    item->payload = arena_str(arena, db_text(&rows, 2));
    item->at = db_int(&rows, 3);
    item->done_at = db_int(&rows, 4);
    db_close(&rows);
    return 0;
}

int inbox_done(struct db_conn *conn, int64_t id, int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_inbox_finish, &changed, DB_INT(id), DB_INT(now));
    if (code != 0 || changed > 0)
        return code;
    return db_get_int(conn, &sql_inbox_exists, &changed, DB_INT(id)); /* done before: harmless */
}
