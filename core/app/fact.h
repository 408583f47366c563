/*
 * fact: what the core itself does when something has happened: it writes messages to people and
 * tells the receivers of webhooks. It is a consumer of the outbox like any plugin, named "souk": a
 * fact that nobody wants leaves no row.
 */
#ifndef APP_FACT_H
#define APP_FACT_H

#include "store/job.h"

#define FACT_CONSUMER "souk"

int fact_wants(struct souk_str topic);
int fact_owns(struct souk_str kind); /* "event:souk" */
/* On a job worker: one fact, in one write with the end of its job. */
void fact_run(struct db *db, const struct job *job);

#endif
