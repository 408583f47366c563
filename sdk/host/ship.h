/*
 * ship: a delivery provider as the rules see it: terms and parcels as the core would hand them
 * over, and calls whose answers are kept.
 */
#ifndef HOST_SHIP_H
#define HOST_SHIP_H

#include "host/scene.h"

struct ship_terms {
    int64_t weight_g;
    const char *currency;
    int no_place; /* nobody has said where to */
};

struct ship_quote { /* in the scene's arena */
    int code;
    char words[500];
    int64_t amount;
    struct souk_str label, tax_class;
    const struct json *data;
};

struct ship_answer {
    int code;
    char words[500];
    struct souk_str state, tracking, message;
    const struct json *data;
};

enum ship_verb { SHIP_SEND, SHIP_CANCEL, SHIP_TRACK };

int ship_flags(const struct scene *scene);
int ship_can(const struct scene *scene, enum ship_verb verb);
int ship_books(const struct scene *scene);
int ship_labels(const struct scene *scene);

/* The options for the served address and half a kilo; other terms through ship_options_for. */
int ship_options(struct scene *scene, struct json **list);
int ship_options_for(struct scene *scene, const struct ship_terms *terms, struct json **list);
/* What a shopper would send for it: conform.lua's choice(), else the first of each field. */
struct json *ship_choice(struct scene *scene, const struct json *option);
void ship_check(struct scene *scene, const struct json *choice, struct ship_quote *quote);
/* In a write of its own; `undo`: the order's transaction fails afterwards. */
int ship_book(struct scene *scene, struct souk_str order, const struct json *choice, int undo);
int ship_free(struct scene *scene, struct souk_str order, const struct json *choice);

struct parcel {
    struct souk_shipment view;
    const struct json *choice, *data;
};
/* A parcel of the first option that there is; skips the rule when there is none. */
void ship_parcel(struct scene *scene, struct parcel *parcel);
void ship_call(struct scene *scene, enum ship_verb verb, struct parcel *parcel,
               struct ship_answer *answer);
int ship_state_known(struct souk_str state); /* one of souk/delivery.h */
int ship_label(struct scene *scene, const struct parcel *parcel, struct json **label);

#endif
