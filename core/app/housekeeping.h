/*
 * housekeeping: what the core does for itself every night, as a job like any other.
 */
#ifndef APP_HOUSEKEEPING_H
#define APP_HOUSEKEEPING_H

#include "store/job.h"

int housekeeping_owns(struct souk_str kind);
/* Makes sure that the next night is planned. */
int housekeeping_plan(struct db *db, struct err *err);
/* On a job worker: runs the claimed job, finishes or fails it, plans the next. */
void housekeeping_run(struct db *db, const struct job *job);

#endif
