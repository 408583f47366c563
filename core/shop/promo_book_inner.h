/*
 * promo_book_inner: what the files of the book share: the names that a customer is known by.
 */
#ifndef SHOP_PROMO_BOOK_INNER_H
#define SHOP_PROMO_BOOK_INNER_H

#include "shop/promo_book.h"

struct promo_names {
    struct json *all;        /* "person:7", "email:<digest>", "phone:<digest>": list of strings */
    struct souk_str first;   /* of these; empty: nobody known */
    struct souk_str persons; /* JSON list of ids; "[]" */
    struct souk_str email;   /* normalised, as typed; empty */
    /* of the person who is signed in */
    int64_t id, registered_at, lead_at;
    struct souk_str group, stage;
};
/* One statement for who is signed in, none for others. */
int promo_names_read(struct db_conn *conn, struct arena *arena, const struct promo_who *who,
                     struct promo_names *names);
struct souk_str promo_book_text(struct arena *arena, const struct json *list);

#endif
