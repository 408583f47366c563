/*
 * who: who asks: the person that is signed in, the anonymous visitor, the member of staff, as the
 * session says and the database confirms. Pages of the core and functions of plugins alike ask
 * here.
 */
#ifndef BRIDGE_WHO_H
#define BRIDGE_WHO_H

#include "base/clock.h"
#include "shop/staff.h"
#include "web/request.h"

/* A session of staff ends, whatever is done in it … and when nothing is. */
#define WHO_STAFF_TOTAL (12 * CLOCK_HOUR)
#define WHO_STAFF_IDLE  (2 * CLOCK_HOUR)

/* The person that is signed in; 0: nobody. Merged records lead to the one that remains. */
int64_t who_person(struct request *request);
/* The anonymous id of the event log; 0: they refuse. What the session says counts when it has been
 * looked for (session_find); nothing is asked of the database here. */
int64_t who_visitor(struct request *request);
/* Do they refuse to be told apart? By the browser (Sec-GPC, DNT), a cookie or their account. */
int who_refuses(struct request *request);
#define WHO_REFUSAL_COOKIE "souk-visits" /* "no" */
/* The member of staff that is signed in, in the request's arena; NULL: nobody, or not any more. */
const struct staff *who_staff(struct request *request);
/* The token of the visitor's open cart: what the session names, or what the person left open
 * elsewhere. SOUK_NOT_FOUND. */
struct cart;
int who_cart(struct request *request, struct db_conn *conn, struct cart *cart);

#endif
