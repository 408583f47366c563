/*
 * levy: a tax provider as the rules see it: a sale as the core would ask about it, and calls whose
 * answers are kept.
 */
#ifndef HOST_LEVY_H
#define HOST_LEVY_H

#include "host/scene.h"

struct levy_place { /* as a buyer has typed it */
    const char *country;
    struct souk_str region, postcode;
};

struct levy_sale {
    struct levy_place to;
    const char *tax_class;
    struct souk_str number;
    int64_t at;  /* 0: now */
    int quickly; /* as a page on the I/O thread: in READ, in an open snapshot */
};

struct levy_rate {
    int64_t ppm;
    int compound;
    struct souk_str name;
};
struct levy_answer { /* in the scene's arena */
    int code;
    char words[500];
    uint32_t count; /* as given; rates[] holds no more than there is room for */
    struct levy_rate rates[SOUK_TAX_RATES];
    int exempt, delivery;
    struct souk_str note;
    int64_t until;
};
void levy_rates(struct scene *scene, const struct levy_sale *sale, struct levy_answer *answer);
int64_t levy_sum(const struct levy_answer *answer); /* of the rates, in ppm */

struct levy_number {
    int code;
    char words[500];
    int state;
    struct souk_str number, company, proof, message;
};
int levy_can_ask(const struct scene *scene);
void levy_number(struct scene *scene, struct souk_str typed, struct levy_number *answer);

/* conform.lua: `home` and `abroad` are countries, or tables with region and postcode besides;
 * number(kind) gives a fresh one: "valid" is known to the peer, "unknown" is not, "malformed"
 * cannot be one. Empty: there is none. */
struct levy_place levy_home(struct scene *scene);
struct levy_place levy_abroad(struct scene *scene);
struct levy_place levy_place_of(struct scene *scene, const struct json *said,
                                const char *otherwise);
struct souk_str levy_fresh(struct scene *scene, const char *kind);

#endif
