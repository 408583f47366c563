/*
 * reports.c: what the plugin told the shop, as it told it: each report of a payment or parcel, in
 * order. A write may run twice, so the same words again are kept once.
 */
#include "host/host.h"

#include <pthread.h>

#define REPORTS_MOST 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct arena arena;
static struct report kept[REPORTS_MOST];
static size_t count;

static int same(const struct report *a, const struct report *b)
{
    return souk_str_equal(a->provider, b->provider) && souk_str_equal(a->event, b->event) &&
           souk_str_equal(a->reference, b->reference) && souk_str_equal(a->number, b->number) &&
           souk_str_equal(a->state, b->state) && souk_str_equal(a->currency, b->currency) &&
           a->payment_id == b->payment_id && a->amount == b->amount && a->paid == b->paid &&
           a->code == b->code && a->at == b->at;
}

static void keep(struct report report)
{
    pthread_mutex_lock(&lock);
    int known = 0;
    for (size_t i = 0; i < count; i++)
        known |= same(&kept[i], &report);
    if (!known && count < REPORTS_MOST) {
        struct souk_str *texts[] = {&report.provider, &report.event, &report.reference,
                                    &report.number,   &report.state, &report.text,
                                    &report.currency};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            *texts[i] = arena_str(&arena, *texts[i]);
        kept[count++] = report;
    }
    pthread_mutex_unlock(&lock);
}

void report_keep_payment(const struct souk_payment_report *report, int code)
{
    if (!report) /* a plugin's mistake, which the shop has refused */
        return;
    keep((struct report){.provider = report->provider,
                         .event = report->event,
                         .reference = report->payment_reference,
                         .number = report->number,
                         .text = report->text,
                         .currency = report->currency,
                         .payment_id = report->payment_id,
                         .amount = report->amount,
                         .paid = report->state,
                         .code = code});
}

void report_keep_delivery(const struct souk_delivery_report *report, int code)
{
    if (!report) /* a plugin's mistake, which the shop has refused */
        return;
    keep((struct report){.provider = report->provider,
                         .event = report->event,
                         .reference = report->tracking,
                         .number = report->number,
                         .state = report->state,
                         .text = report->text,
                         .at = report->at,
                         .code = code});
}

size_t scene_reports(struct scene *scene, struct souk_str about, struct report *list, size_t room)
{
    size_t found = 0;
    (void)scene;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count && found < room; i++) {
        const struct report *report = &kept[i];
        if (souk_str_equal(report->reference, about) || souk_str_equal(report->number, about))
            list[found++] = *report;
    }
    pthread_mutex_unlock(&lock);
    return found;
}
