/*
 * turn.c: see turn.h. `busy` alone is shared between the clock and the store; clearing it is the
 * last that done() does, since the clock may take the turn again in the same moment.
 */
#include "store/turn.h"

#include <stdatomic.h>
#include "base/clock.h"
#include "base/log.h"

static int run(struct db_conn *conn, void *arg)
{
    const struct turn *turn = arg;
    return turn->fn(conn);
}

static void done(struct db_write *write)
{
    struct turn *turn = write->arg;
    if (write->result != SOUK_OK)
        log_warn(turn->failed, LOG_S("code", err_name(write->result)));
    atomic_store(&turn->busy, 0);
}

static int is_wanted(struct db *db, const struct turn *turn)
{
    if (!turn->waits)
        return 1;
    struct db_conn *conn = db_read_begin(db, 0);
    int wanted = conn && turn->waits(conn);
    if (conn)
        db_read_end(conn);
    return wanted;
}

int turn_take(struct db *db, struct turn *turn)
{
    int64_t mono = clock_mono();
    if (atomic_load(&turn->busy) || mono < turn->next)
        return 0;
    turn->next = mono + turn->every;
    if (!is_wanted(db, turn))
        return 0;
    atomic_store(&turn->busy, 1);
    turn->write = (struct db_write){.fn = run, .arg = turn, .done = done};
    if (db_write_push(db, &turn->write) == SOUK_OK)
        return 1;
    atomic_store(&turn->busy, 0);
    return 0;
}
