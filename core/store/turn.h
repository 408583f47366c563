/*
 * turn: what the clock has done in the database now and then: one write at a time of its kind, not
 * waited for, and only when a look says that there is something to do. Static, with the first four
 * members set.
 *
 * Threads: turn_take is called by one thread, always the same; `waits` runs there, in a snapshot of
 * its own, `fn` on the writer. From the push until its result is told the write is the writer's,
 * and turn_take does nothing: neither does it look. What fn needs from outside of the database it
 * asks for itself (clock_now).
 *
 * A write that is not taken (the queue is full, the database is being shut) or fails is nothing
 * lost: a later turn looks again. db_shut runs what was taken and waits for it, so a turn has to
 * outlive its database.
 */
#ifndef STORE_TURN_H
#define STORE_TURN_H

#include "store/db.h"

struct turn {
    int (*waits)(struct db_conn *conn); /* is there something to do? NULL: look in fn */
    int (*fn)(struct db_conn *conn);    /* a closure as of db_write: it may be run again */
    const char *failed;                 /* the event in the log when fn, or its commit, fails */
    int64_t every; /* us between two looks at the least; 0: whenever turn_take is called */
    int64_t next;  /* turn.c's, as all below */
    struct db_write write;
    _Atomic int busy;
};

/* 1: a write has been begun. */
int turn_take(struct db *db, struct turn *turn);

#endif
