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
    _Atomic int recycle; /* over a mark: drain and let the supervisor start a new one */
};

/* The one shop of this process; NULL before it is built. */
struct shop *shop_current(void);

/* jobs.c: the clock's turn: claims what is due and hands it to the job workers. */
void jobs_turn(struct shop *shop, int64_t mono);
void jobs_start(struct shop *shop);

/* reload.c: reads souk.lua again and applies it; problems leave everything as it was and are
 * logged. */
int shop_reload(struct shop *shop, struct problems *problems);

/* warm.c: every thread of an idle worker opens its connection to the database. */
void warm_worker(struct worker *worker, int threads, struct db *db);

/* marks.c: the clock's turn: memory and descriptors against their marks. */
void marks_turn(struct shop *shop, int64_t mono);

#endif
