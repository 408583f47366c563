/*
 * market: the terms of a stopped shop, for commands that work on its files: language, currency and
 * name come from the configuration, which the data directory remembers.
 */
#ifndef CLI_MARKET_H
#define CLI_MARKET_H

#include "base/arena.h"
#include "base/err.h"
#include "store/db.h"

#define CLI_CONFIG                                                                                 \
    {                                                                                              \
        "--config", "FILE", "the configuration (default: the one the shop was started with)"       \
    }

/* Opens the database of a stopped shop, made when it is not there, and sets the market up. `config`
 * NULL: the remembered one, souk.lua, or none. SOUK_BUSY while the shop runs. */
int market_open_stopped(struct arena *arena, const char *data, const char *config, struct db **out,
                        struct err *err);

/* The terms alone, where there is no shop: of `config`, or the defaults. */
int market_open_none(struct arena *arena, const char *config, struct err *err);

#endif
