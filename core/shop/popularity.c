/*
 * popularity: how much each product is wanted: its views of the last 30 days in the event log.
 * Runs in the night, in one write: three statements, whatever the size of the shop. Only products
 * whose number changed are written, and what keeps lists in memory hears of those.
 */
#include "shop/visit.h"

#include "base/clock.h"
#include "shop/popularity.sql.h"

#define SPAN (30 * CLOCK_DAY)

int visit_popularity(struct db_conn *conn, int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_popularity_log, &changed, DB_INT(now - SPAN));
    if (code != SOUK_OK || !changed)
        return code;
    code = db_run(conn, &sql_popularity_write, NULL, DB_INT(now - SPAN));
    return code ? code : db_run(conn, &sql_popularity_state, NULL);
}
