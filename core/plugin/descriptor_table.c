/*
 * descriptor_table.c: what the table of a provider must hold to be of any use: the functions
 * without which the shop could not offer, reckon or send anything.
 *
 * The idea: a row of the list is a member, by kind and offset; so nothing here calls or casts a
 * function. A table that ends before the member is looked at by souk-host (rule "abi"), not here:
 * it may be of an older minor.
 *
 * Threads: any; no state.
 */
#include "plugin/descriptor_rows.h"

#include <stddef.h>
#include <string.h>
#include <souk/delivery.h>
#include <souk/document.h>
#include <souk/feed.h>
#include <souk/notify.h>
#include <souk/payment.h>
#include <souk/tax.h>
#include <souk/track.h>

#define MUST(kind, member, why)                                                                    \
    {                                                                                              \
#kind, #member, offsetof(struct souk_##kind##_provider, member), why                       \
    }

static const struct must {
    const char *kind, *member;
    size_t offset;
    const char *why;
} musts[] = {
    MUST(payment, begin, "no payment could be begun"),
    MUST(delivery, options, "nothing could be chosen"),
    MUST(delivery, check, "no choice could be priced"),
    MUST(tax, rates, "nothing could be taxed"),
    MUST(track, send, "no partner could be told"),
    MUST(notify, channel, "no message would find it; such as \"sms\""),
    MUST(notify, send, "no message could go out"),
    MUST(document, type, "nobody would know what is drawn; such as \"application/pdf\""),
    MUST(document, draw, "nothing could be drawn"),
    MUST(feed, label, "staff could not choose it"),
    MUST(feed, type, "readers would not know what it is; such as \"text/csv\""),
    MUST(feed, extension, "its file could have no name; such as \"csv\""),
    MUST(feed, begin, "no file could be begun"),
    MUST(feed, item, "no item could be written"),
    MUST(feed, end, "no file could be ended"),
};

int descriptor_check_table(const struct row_check *check, size_t row,
                           const struct souk_provider *provider, uint32_t size)
{
    for (size_t i = 0; i < sizeof(musts) / sizeof(musts[0]); i++) {
        const struct must *must = &musts[i];
        void (*member)(void) = NULL; /* pointers to functions and data are as wide here */
        if (strcmp(must->kind, provider->kind) != 0 || size < must->offset + sizeof(member))
            continue;
        memcpy(&member, (const char *)provider->table + must->offset, sizeof(member));
        if (!member)
            return descriptor_wrong(check, "providers", row, "%s \"%s\" has no .%s: %s",
                                    provider->kind, provider->name, must->member, must->why);
    }
    return 0;
}
