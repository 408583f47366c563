/*
 * marks: memory and descriptors against their marks. A plugin that leaks cannot be stopped from
 * leaking, but it can be named, and the shop can be renewed before it hurts: over the mark the
 * process drains, ends, and is started again by the supervisor, without a failed request.
 *
 * From a quarter of the way to a mark on, the census compares what the process holds before and
 * after each call into a plugin; that costs too much to be on always. A leak so fast that nobody
 * was named yet gets a moment more.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/shop_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "plugin/census.h"

#define NAMING (250 * CLOCK_MS)

struct mark {
    const char *what;
    int64_t have, start, mark; /* start: what the shop held when it was new */
};

static struct mark memory = {.what = "memory"};
static struct mark descriptors = {.what = "descriptors"};
static int64_t over_since;

/* The lowest free number stands for how many are taken: one system call, where reading /proc costs
 * one for each. */
static int64_t descriptors_taken(void)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return INT32_MAX; /* none is left */
    close(fd);
    return fd;
}

static int64_t descriptor_mark(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return (int64_t)limit.rlim_cur / 5 * 4;
}

static void look(struct mark *mark, int64_t have, int64_t limit)
{
    mark->have = have;
    mark->mark = limit;
    if (!mark->start)
        mark->start = have;
}

static int is_close(const struct mark *mark)
{
    return mark->mark && mark->have - mark->start > (mark->mark - mark->start) / 4;
}

static int is_over(const struct mark *mark)
{
    return mark->mark && mark->have > mark->mark;
}

/* Over a mark: names who left most, and renews; a quarter of a second more when nobody is known
 * yet. */
static void renew(struct shop *shop, const struct mark *mark, int64_t mono)
{
    const char *plugin = "";
    int64_t bytes = 0, files = 0;
    int known = census_top(&plugin, &bytes, &files);
    if (!over_since)
        over_since = mono;
    if (!known && mono - over_since < NAMING)
        return;
    log_warn(
        "shop.over_mark", LOG_S("what", mark->what), LOG_I("have", mark->have),
        LOG_I("mark", mark->mark), LOG_S("plugin", known ? plugin : "unknown"),
        LOG_I("left_bytes", bytes), LOG_I("left_descriptors", files),
        LOG_S("hint", "the shop is renewed; a plugin that does this often should be disabled"));
    atomic_store(&shop->recycle, 1);
}

void marks_turn(struct shop *shop, int64_t mono)
{
    look(&memory, census_resident(), options_int(shop->config.limits, "memory"));
    look(&descriptors, descriptors_taken(), descriptor_mark());
    int watch = is_close(&memory) || is_close(&descriptors);
    if (watch != census_watching())
        census_watch(watch);
    if (is_over(&memory))
        renew(shop, &memory, mono);
    else if (is_over(&descriptors))
        renew(shop, &descriptors, mono);
    else
        over_since = 0;
}
