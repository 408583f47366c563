/*
 * marks: memory and descriptors against their marks. A plugin that leaks cannot be stopped from leaking, but it can be named, and the shop can be
 * renewed before it hurts: over the mark the process drains, ends, and is started again by the supervisor, without a failed request.
 *
 * From half of a mark on, the census compares what the process holds before and after each call into a plugin; it costs too much to be on always.
 */
#include <sys/resource.h>

#include "app/shop_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "plugin/census.h"

#define LOOK           CLOCK_SECOND
#define LOOK_CLOSELY   (200 * CLOCK_MS)
#define DESCRIPTOR_CAP 80 /* percent of RLIMIT_NOFILE */

static int64_t next_look;
static int64_t grew_from; /* resident bytes when the shop had just started */

static int64_t descriptor_mark(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return INT64_MAX;
    return (int64_t)limit.rlim_cur * DESCRIPTOR_CAP / 100;
}

static void renew(struct shop *shop, const char *what, int64_t have, int64_t mark)
{
    const char *plugin = "";
    int64_t bytes = 0, descriptors = 0;
    int known = census_top(&plugin, &bytes, &descriptors);
    log_warn("shop.over_mark", LOG_S("what", what), LOG_I("have", have), LOG_I("mark", mark),
             LOG_S("plugin", known ? plugin : "unknown"), LOG_I("left_bytes", bytes),
             LOG_I("left_descriptors", descriptors),
             LOG_S("hint", "the shop is renewed; a plugin that does this often should be disabled"));
    atomic_store(&shop->recycle, 1);
}

void marks_turn(struct shop *shop, int64_t mono)
{
    if (mono < next_look)
        return;
    int64_t memory_mark = options_int(shop->config.limits, "memory");
    int64_t file_mark = descriptor_mark();
    int64_t memory = census_resident();
    int64_t files = census_descriptors();
    if (!grew_from)
        grew_from = memory;
    int close = (memory_mark && memory - grew_from > (memory_mark - grew_from) / 4) || files > file_mark / 2;
    if (close != census_watching())
        census_watch(close);
    next_look = mono + (close ? LOOK_CLOSELY : LOOK);
    if (memory_mark && memory > memory_mark)
        renew(shop, "memory", memory, memory_mark);
    else if (files > file_mark)
        renew(shop, "descriptors", files, file_mark);
}
