/*
 * retention: deletes what is over, a bite in each write, so that no client waits long behind one.
 * Each rule is a statement with a time before which its rows are over and the size of the bite;
 * all are repeated until none finds a whole bite.
 */
#include "store/retention.h"
#include "base/clock.h"
#include "store/conn.h"
#include "store/retention.sql.h"

#define RETENTION_KEPT (90 * CLOCK_DAY)
#define RETENTION_BITE 500

struct retention_bite {
    const struct retention_rule *rules;
    size_t count;
    int64_t most; /* rows that one rule has removed */
};

static int retention_bite_write(struct db_conn *conn, void *arg)
{
    struct retention_bite *bite = arg;
    int code = 0;
    bite->most = 0;
    for (size_t i = 0; code == 0 && i < bite->count; i++) {
        int64_t gone = 0;
        code = db_run(conn, bite->rules[i].statement, &gone, DB_INT(bite->rules[i].before),
                      DB_INT(RETENTION_BITE));
        if (gone > bite->most)
            bite->most = gone;
    }
    return code;
}

int retention_sweep(struct db *db, const struct retention_rule *rules, size_t count,
                    struct err *err)
{
    struct retention_bite bite = {rules, count, 0};
    int code;
    do
        code = db_write(db, retention_bite_write, &bite, err);
    while (code == 0 && bite.most == RETENTION_BITE);
    return code;
}

static int retention_optimize_write(struct db_conn *conn, void *arg)
{
    (void)arg;
    return conn->db->driver->optimize(conn->raw);
}

int retention_run(struct db *db, int64_t now, struct err *err)
{
    int64_t before = now - RETENTION_KEPT;
    const struct retention_rule rules[] = {/* a dead job and its fact go in one write */
                                           {&sql_retention_inbox, before},
                                           {&sql_retention_job, before},
                                           {&sql_retention_outbox, before}};
    int code = retention_sweep(db, rules, sizeof rules / sizeof *rules, err);
    return code ? code : db_write(db, retention_optimize_write, NULL, err);
}
