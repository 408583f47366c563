/*
 * import_task: the one place that imports run from in a running shop, whoever asked: the command
 * over the control socket, or a page of the administration. One at a time, on a job thread; how far
 * it is stands in the database (shop/import.h) and, finer, here.
 *
 * A shop that stops cancels the run; a run that was cut (the database says that it works, and
 * nobody works on it) is "cancelled" too. Started again with the same file and options, it goes on.
 */
#ifndef APP_IMPORT_TASK_H
#define APP_IMPORT_TASK_H

#include "shop/import.h"

struct import_ask {
    const char *format, *file; /* an absolute path, or below the data directory */
    const char *map, *save_map, *clear, *locale, *rejects; /* each may be NULL */
    int dry_run;
    int uploaded; /* the file is a copy of ours: nothing lies beside it, and it goes when it is done
                   */
};

/* Returns when the run has its number. Task thread. SOUK_CONFLICT: another one is running;
 * SOUK_BUSY: it waits for a job thread and is in the list when it has begun. */
int import_task_start(const struct import_ask *ask, int64_t *id, struct err *err);
/* import_look with "state" as it is now, "done" in thousandths while it works, "error" when it has
 * failed. */
int import_task_look(struct db_conn *conn, struct arena *arena, int64_t id, struct json **run);
/* The latest, with their states as they are now. */
int import_task_list(struct db_conn *conn, struct arena *arena, int limit, struct json *items);
/* Asks it to end after what it is at. SOUK_NOT_FOUND: it is not running. */
int import_task_cancel(int64_t id, struct err *err);

#endif
