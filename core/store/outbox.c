/*
 * outbox: facts that must reach somebody. The fact is one row, and every consumer gets
 * a job of kind "event:<consumer>" with the fact's subject, so order, retries and dead
 * letters are those of jobs. The row goes with its last job (job.c).
 *
 * Who consumes a topic is asked while the fact is being written: a plugin that comes
 * later hears of later facts.
 */
#include "store/outbox.h"
#include "base/rand.h"
#include "store/conn.h"
#include "store/job_row.h"
#include "store/outbox.sql.h"

#define OUTBOX_ATTEMPTS 16 /* the last comes after two and a half days */

static int outbox_add_jobs(struct db_conn *conn, int64_t fact, struct souk_str subject,
                           const char **names, int count, int64_t now)
{
    for (int i = 0; i < count; i++) {
        struct job_row row = {
            .kind = arena_printf(&conn->arena, "event:%s", names[i]),
            .key = souk_str(""),
            .subject = subject,
            .payload = souk_str(""),
            .outbox = fact,
            .attempts = OUTBOX_ATTEMPTS,
            .due = now,
            .now = now,
        };
        int code = job_row_add(conn, &row, NULL);
        if (code != 0)
            return code;
    }
    return 0;
}

int outbox_put(struct db_conn *conn, struct souk_str topic, struct souk_str subject,
               struct souk_str payload, int64_t now, int64_t *id)
{
    const char **names = NULL;
    int64_t fact = id_next();
    int count = 0;
    if (id)
        *id = fact;
    if (!conn->writer)
        return db_refuse(conn, SOUK_WRONG_KIND, "a fact is put in a write");
    if (conn->db->consumers)
        count = conn->db->consumers(conn->db->user, topic, &conn->arena, &names);
    if (count <= 0)
        return 0;
    int code = db_run(conn, &sql_outbox_insert, NULL, DB_INT(fact), DB_TEXT(topic),
                      DB_TEXT(subject), DB_TEXT(payload), DB_INT(now));
    return code ? code : outbox_add_jobs(conn, fact, subject, names, count, now);
}

int outbox_get(struct db_conn *conn, struct arena *arena, int64_t id, struct outbox_fact *fact)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_outbox_select, &rows, DB_INT(id));
    if (code != 0)
        return code;
    if ((code = db_next(&rows)) != 1)
        return code ? code : SOUK_NOT_FOUND;
    fact->id = id;
    fact->at = db_int(&rows, 0);
    fact->topic = arena_str(arena, db_text(&rows, 1));
    fact->subject = arena_str(arena, db_text(&rows, 2));
    fact->payload = arena_str(arena, db_text(&rows, 3));
    db_close(&rows);
    return 0;
}
