/*
 * tell: a track provider as the rules see it: a conversion of an order that really stands in the
 * world's database, what send() makes of it, and what the partner knows afterwards, by
 * conform.lua's told().
 */
#ifndef HOST_TELL_H
#define HOST_TELL_H

#include "host/scene.h"

struct tell_answer { /* in the scene's arena */
    int code;
    char words[500];
    struct souk_str reference, message;
};

struct tell_known { /* a conversion as the partner counts it */
    struct souk_str state, currency, click, number, coupon;
    int64_t amount;           /* minor units */
    const struct json *names; /* of all parameters that came; NULL: conform.lua does not say */
};

/* Words that stand in the order of each conversion, and nowhere else. */
extern const char *const tell_person[];

void tell_new(struct scene *scene, struct souk_conversion *conversion, int64_t amount,
              const char *currency);
/* Copies everything into the memory of the call. */
void tell_send(struct scene *scene, const struct souk_conversion *conversion,
               struct tell_answer *answer);
/* Those with this click; up to `room`. */
size_t tell_known(struct scene *scene, struct souk_str click, struct tell_known *list, size_t room);
/* Does the partner of this plugin hear of that state? conform.lua's `states`; without it: of all.
 */
int tell_hears(struct scene *scene, const char *state);

#endif
