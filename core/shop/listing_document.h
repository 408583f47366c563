/*
 * listing_document: a list as programs get it, from the fields of a query: what the API answers
 * and what plugins ask for are one.
 */
#ifndef SHOP_LISTING_DOCUMENT_H
#define SHOP_LISTING_DOCUMENT_H

#include "shop/listing.h"

#define LISTING_FIELDS 64 /* more are passed over */

struct listing_field {
    struct souk_str name, value;
};

struct listing_document {
    struct json
        *list; /* {"items": [card], "facets", "total", "corrected", "suggestions", "next"} */
    const char *pointer; /* on SOUK_INVALID: which field is wrong: "/sort"; "": not told */
    int64_t until;       /* when a price or window changes it; 0: never */
};

/* In a read snapshot. SOUK_INVALID with words: a field that listing_parse would not understand is
 * refused here, where nobody follows a link. */
int listing_document(struct db_conn *conn, struct arena *arena, const struct market *market,
                     const struct listing_field *fields, size_t count,
                     struct listing_document *document, struct err *err);

#endif
