/*
 * promotion: what the pages about rules share: a dry run as a view, and the links to its preview.
 */
#ifndef ADMIN_PROMOTION_H
#define ADMIN_PROMOTION_H

#include "app/admin/admin.h"

struct promotion_trial { /* as a form or a link says it */
    struct souk_str on;  /* id of the rule that is looked at; counts as switched on */
    struct souk_str order, cart, goods, codes, at;
};

/* Was something asked for at all? */
int promotion_trial_read(struct request *request, struct promotion_trial *trial);
/* "trial" into view: {"trace": the rule that is looked at, "others", "lines", "totals", "coupons",
 * "nudges", "subject", "moment", "currency"}. SOUK_INVALID, SOUK_NOT_FOUND: err, in words for
 * people. */
int promotion_trial_run(struct request *request, const struct promotion_trial *trial,
                        struct json *view, struct err *err);
/* promotion_preview.c: an address that shows this trial as a shopper would see it, to whoever has
 * it, for seven days. */
int promotion_preview_link(struct request *request, const struct promotion_trial *trial,
                           struct souk_str *link);

#endif
