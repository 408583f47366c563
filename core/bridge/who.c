/*
 * who.c: who asks; see its header. A browser's cart is named by its session ("cart": the token);
 * who is signed in and has none in this browser gets the one that they left open elsewhere.
 */
#include "bridge/who.h"

#include "base/str.h"
#include "shop/cart.h"
#include "shop/person.h"
#include "shop/visit.h"
#include "web/session.h"

int64_t who_person(struct request *request)
{
    int64_t id;
    if (!session_cookie(request) || str_to_int(session_get(request, "person"), &id) != SOUK_OK)
        return 0;
    struct db_conn *conn = request_conn(request);
    return conn ? person_root(conn, id) : 0;
}

/* ---- visitors ---- */

static struct souk_str from_session(const struct request *request, const char *key)
{
    const struct session *session = request->session_known ? request->session : NULL;
    return session ? json_text(json_at(session->data, key)) : souk_str("");
}

int who_refuses(struct request *request)
{
    return souk_str_is(request_header(request, "sec-gpc"), "1") ||
           souk_str_is(request_header(request, "dnt"), "1") ||
           souk_str_is(request_cookie(request, WHO_REFUSAL_COOKIE), "no") ||
           souk_str_is(from_session(request, "visits"), "no");
}

int64_t who_visitor(struct request *request)
{
    int64_t kept;
    if (who_refuses(request))
        return 0;
    if (str_to_int(from_session(request, "visitor"), &kept) == SOUK_OK)
        return kept;
    return visit_anonymous(souk_str(request->address), request_header(request, "user-agent"),
                           request->now);
}

/* ---- staff ---- */

const struct staff *who_staff(struct request *request)
{
    int64_t id, at;
    struct db_conn *conn = request_conn(request);
    const struct session *session = conn ? session_find(request) : NULL;
    if (!session || str_to_int(session_get(request, "staff"), &id) != SOUK_OK ||
        str_to_int(session_get(request, "staff_at"), &at) != SOUK_OK)
        return NULL;
    if (request->now - at > WHO_STAFF_TOTAL || request->now - session->seen_before > WHO_STAFF_IDLE)
        return NULL;
    struct staff *staff = arena_new(&request->arena, struct staff);
    if (staff_get(conn, &request->arena, id, staff) != SOUK_OK || staff->totp.len == 0)
        return NULL;
    return staff;
}

/* ---- carts ---- */

static int load_open(struct request *request, struct db_conn *conn, struct souk_str token,
                     struct cart *cart)
{
    if (!token.len)
        return SOUK_NOT_FOUND;
    int code = cart_load(conn, &request->arena, token, request->now, cart);
    return code == SOUK_OK && !souk_str_is(cart->state, "open") ? SOUK_NOT_FOUND : code;
}

int who_cart(struct request *request, struct db_conn *conn, struct cart *cart)
{
    struct souk_str token = session_cookie(request) ? session_get(request, "cart") : souk_str("");
    int code = load_open(request, conn, token, cart);
    if (code != SOUK_NOT_FOUND)
        return code;
    int64_t person = who_person(request);
    return person ? cart_load_of(conn, &request->arena, person, request->now, cart) : code;
}
