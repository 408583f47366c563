/*
 * shop_state: what the running shop consists of, for the files of this floor that serve its control
 * routes.
 */
#ifndef APP_SHOP_STATE_H
#define APP_SHOP_STATE_H

#include <pthread.h>

#include "app/config.h"
#include "app/shop.h"
#include "base/worker.h"
#include "plugin/switch.h"
#include "store/db.h"
#include "web/push.h"
#include "web/server.h"

struct shop {
    const struct shop_start *start;
    struct board *board;
    struct arena
        arena; /* of the current configuration and everything that lives as long as the process */
    struct config config;
    pthread_mutex_t config_lock; /* one reconfiguration at a time */
    struct db *db;
    struct worker *tasks; /* TASK requests */
    struct worker *jobs;  /* jobs, deliveries, reconfiguration */
    struct switch_host *host;
    struct push_hub *push;
    struct server *server;
    int recalled; /* souk.lua is broken: an older configuration is in force; under config_lock */
    _Atomic int recycle; /* over a mark: drain and let the supervisor start a new one */
};

/* The one shop of this process; NULL before it is built. */
struct shop *shop_current(void);

/* jobs.c: the clock's turn: claims what is due and hands it to the job workers. */
void jobs_turn(struct shop *shop, int64_t mono);
void jobs_start(struct shop *shop);
/* Plans what comes by the calendar, and looks at once for what can run now; after each change of
 * the plugins. Waits for the writer. */
void jobs_plan(struct shop *shop);

/* reload.c: the configuration that is in force: read at the start (SOUK_INVALID: it has been said
 * why), its plugins configured, kept for a restart; read again, later, on SIGHUP. */
int reload_begin(struct shop *shop);
int reload_plugins(struct shop *shop);
void reload_save(struct shop *shop, const struct config *config);
void reload_later(struct shop *shop);
/* The same at once, on a task or job thread: SOUK_INVALID when nothing has changed because
 * something is wrong (the log says what). */
int reload_now(struct shop *shop);

/* warm.c: every thread of an idle worker opens its connection to the database. */
void warm_worker(struct worker *worker, int threads, struct db *db);

/* marks.c: the clock's turn: memory and descriptors against their marks. */
void marks_turn(struct shop *shop, int64_t mono);

#endif
