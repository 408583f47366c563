/*
 * shop: the process that serves: configuration, database, plugins, HTTP. Its main thread is the
 * clock. It ends by SIGTERM (orderly), or dies and is started again by the supervisor.
 */
#ifndef APP_SHOP_H
#define APP_SHOP_H

#include "app/supervisor.h"
#include "base/board.h"

/* The shop's main; the exit code of the process. */
int shop_run(const struct shop_start *start, struct board *board);

#endif
