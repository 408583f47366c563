/*
 * fail.c: the API table as the plugin gets it here: the shop's own, but that reports are written
 * down (reports.c), and, in mode fail-nth, with one call that fails. Each function that may give
 * back an error code in a shop (a full queue, a database that is busy, a peer that is away) is
 * wrapped: it counts, and the call whose number was asked for is not made but refused. Which they
 * are stands in api_list.h. Allocation never fails towards a plugin, so it does not here.
 *
 * The counter is the process's: scenarios that count run alone in theirs.
 */
#include "bridge/feed.h"
#include "host/api_table.h"
#include "base/str.h"
#include "host/host.h"

#include <dlfcn.h>
#include <pthread.h>

static _Atomic int wanted, seen, done;
static char *told; /* where the name of the function that was made to fail is written */
static size_t told_size;

void fail_tell(char *to, size_t size)
{
    told = to;
    told_size = size;
}

void fail_at(int number)
{
    atomic_store(&wanted, number);
    atomic_store(&seen, 0);
    atomic_store(&done, 0);
}

int fail_seen(void)
{
    return atomic_load(&seen);
}

int fail_done(void)
{
    return atomic_load(&done);
}

static int is_turn(const char *function)
{
    int number = atomic_fetch_add(&seen, 1) + 1;
    if (number != atomic_load(&wanted))
        return 0;
    if (told)
        str_copy(told, told_size, souk_str(function));
    atomic_store(&done, 1);
    return 1;
}

static int refuse(struct souk_ctx *ctx)
{
    ctx->failed = 2;
    return err_set(&ctx->failure, SOUK_UNAVAILABLE, "souk-host lets this call fail");
}

#define FAILS(area, name, since, parameters, arguments)                                            \
    static int fail_##area##_##name parameters                                                     \
    {                                                                                              \
        return is_turn(#area "->" #name) ? refuse(ctx) : bridge_api()->area->name arguments;       \
    }
/* What was begun goes on underneath, so that it is where it would be. */
#define BREAKS(area, name, since, parameters, arguments)                                           \
    static int fail_##area##_##name parameters                                                     \
    {                                                                                              \
        int code = bridge_api()->area->name arguments;                                             \
        return is_turn(#area "->" #name) ? SOUK_UNAVAILABLE : code;                                \
    }
#include "host/api_list.h"

static int keep_payment(struct souk_ctx *ctx, const struct souk_payment_report *report,
                        int32_t *fresh)
{
    if (is_turn("payment->report"))
        return refuse(ctx);
    int code = bridge_api()->payment->report(ctx, report, fresh);
    report_keep_payment(report, code);
    return code;
}

static int keep_delivery(struct souk_ctx *ctx, const struct souk_delivery_report *report,
                         int32_t *fresh)
{
    if (is_turn("delivery->report"))
        return refuse(ctx);
    int code = bridge_api()->delivery->report(ctx, report, fresh);
    report_keep_delivery(report, code);
    return code;
}

/* The texts that are asked for, for spoken.c: those that stand in the plugin. A merchant's or a
 * peer's words are asked for too, as "Sofia" is, and nobody has to translate them. */
static void hear(const struct souk_ctx *ctx, struct souk_str id)
{
    Dl_info library;
    if (id.len && dladdr(id.ptr, &library))
        spoken_hear(ctx->self->name, id);
}

static struct souk_str hear_translate(struct souk_ctx *ctx, struct souk_str one,
                                      struct souk_str many, int64_t n)
{
    hear(ctx, one);
    return bridge_api()->call->translate(ctx, one, many, n);
}

static struct souk_str hear_translate_in(struct souk_ctx *ctx, struct souk_str locale,
                                         struct souk_str one, struct souk_str many, int64_t n)
{
    hear(ctx, one);
    return bridge_api()->locale->translate(ctx, locale, one, many, n);
}

/* As the shop's own: the words of a step that fails are those of the call. */
static int break_next(struct souk_rows *rows)
{
    int code = bridge_api()->db->next(rows);
    return !is_turn("db->next") ? code : rows ? refuse(rows->ctx) : SOUK_UNAVAILABLE;
}

/* As souk/feed.h has it: after an error every further step gives it again, and the file is not
 * whole, whether the plugin looks at it or not. */
static int break_sink(struct souk_feed_sink *sink)
{
    if (sink && !sink->failed)
        sink->failed = SOUK_UNAVAILABLE;
    return SOUK_UNAVAILABLE;
}

static int break_write(struct souk_feed_sink *sink, struct souk_str bytes)
{
    return is_turn("feed->write") ? break_sink(sink) : bridge_api()->feed->write(sink, bytes);
}

static int break_write_xml(struct souk_feed_sink *sink, struct souk_str text, uint32_t most)
{
    return is_turn("feed->write_xml") ? break_sink(sink)
                                      : bridge_api()->feed->write_xml(sink, text, most);
}

/* ---- the table ---- */

static struct api_table table;

static void make(void)
{
    api_table_copy(&table, bridge_api());
#define FAILS(area, name, since, parameters, arguments)                                            \
    if (table.area.name)                                                                           \
        table.area.name = fail_##area##_##name;
#define BREAKS FAILS
#include "host/api_list.h"
    table.call.translate = hear_translate;
    table.locale.translate = hear_translate_in;
    table.payment.report = keep_payment;
    table.delivery.report = keep_delivery;
    table.db.next = break_next;
    table.feed.write = break_write;
    table.feed.write_xml = break_write_xml;
}

const struct souk_api *host_table(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return &table.api;
}
