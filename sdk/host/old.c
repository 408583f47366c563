/*
 * old.c: the API table as a shop of an older minor had it, for a plugin that claims to do with
 * that: sizes end before the first function that came later, and what lies behind them is no
 * function of the shop but one that refuses and remembers. A plugin that asks with SOUK_HAS first
 * never calls it; one that does not is found out here and not in somebody's shop.
 */
#include "host/api_table.h"
#include "host/host.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char found[200];
static int claimed;

static int note(const char *area, const char *name, int since)
{
    pthread_mutex_lock(&lock);
    if (!found[0])
        snprintf(found, sizeof found,
                 "it claims ABI %d.%d and calls %s->%s, which is there since %d.%d", SOUK_ABI_MAJOR,
                 claimed, area, name, SOUK_ABI_MAJOR, since);
    pthread_mutex_unlock(&lock);
    return SOUK_UNAVAILABLE;
}

const char *old_finding(void)
{
    return found[0] ? found : NULL;
}

/* ---- what stands in place of later functions ---- */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define FAILS(area, name, since, parameters, arguments)                                            \
    static int old_##area##_##name parameters                                                      \
    {                                                                                              \
        ctx->failed = 2;                                                                           \
        return err_set(&ctx->failure, note(#area, #name, since), "this shop has no %s->%s", #area, \
                       #name);                                                                     \
    }
#define BREAKS(area, name, since, parameters, arguments)                                           \
    static int old_##area##_##name parameters                                                      \
    {                                                                                              \
        return note(#area, #name, since);                                                          \
    }
#define DOES(area, name, since, parameters, arguments)                                             \
    static void old_##area##_##name parameters                                                     \
    {                                                                                              \
        note(#area, #name, since);                                                                 \
    }
#define GIVES(type, area, name, since, parameters, arguments)                                      \
    static type old_##area##_##name parameters                                                     \
    {                                                                                              \
        note(#area, #name, since);                                                                 \
        return (type){0};                                                                          \
    }
#include "host/api_list.h"
#pragma GCC diagnostic pop

/* ---- the table ---- */

static struct api_table table;

/* A function that came after the claimed minor: its table ends before it. */
#define CUT(area, name, since)                                                                     \
    if ((since) > minor) {                                                                         \
        if (table.area.size > offsetof(struct souk_##area##_api, name))                            \
            table.area.size = offsetof(struct souk_##area##_api, name);                            \
        table.area.name = old_##area##_##name;                                                     \
    }
/* A table whose first function came later was not there: so was none behind it. */
#define CUT_AREA(area)                                                                             \
    if (table.area.size <= 2 * sizeof(uint32_t) &&                                                 \
        table.api.size > offsetof(struct souk_api, area))                                          \
        table.api.size = offsetof(struct souk_api, area);

const struct souk_api *old_table(int minor)
{
    claimed = minor;
    api_table_copy(&table, host_table());
    table.api.abi_minor = minor;
#define FAILS(area, name, since, parameters, arguments)       CUT(area, name, since)
#define BREAKS(area, name, since, parameters, arguments)      CUT(area, name, since)
#define DOES(area, name, since, parameters, arguments)        CUT(area, name, since)
#define GIVES(type, area, name, since, parameters, arguments) CUT(area, name, since)
#include "host/api_list.h"
#define AREA(name) CUT_AREA(name)
#include "host/api_list.h"
    return &table.api;
}
