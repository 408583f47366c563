/*
 * chore: what the core does for itself, at night or when there is something to do, as jobs like any
 * other: one table.
 */
#ifndef APP_CHORE_H
#define APP_CHORE_H

#include "store/job.h"

int chore_owns(struct souk_str kind);
/* Makes sure that what comes by the calendar is planned, and that what waits is worked off. */
int chore_plan(struct db *db, struct err *err);
/* On a job worker: runs the claimed job, finishes or fails it, plans the next. */
void chore_run(struct db *db, const struct job *job);

/* The clock's turn, now and then: unpaid orders whose time is over get their job. Does not wait. */
void chore_turn(struct db *db);

#endif
