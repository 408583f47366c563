/*
 * authorize.c: who may use a route for staff or programs.
 *
 * Programs bring "Authorization: Bearer souk_…"; the route's right must be among the token's
 * scopes, and a route without one takes the scope "*". People are signed in in their session, for
 * twelve hours at most and not longer than two without use; the route's right must be among those
 * of their role, which is read anew with each request, so that a change holds at once.
 *
 * On an I/O thread, in a snapshot: three short queries.
 */
#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "bridge/who.h"
#include "web/session.h"

static int refuse_token(struct request *request, int status, const char *detail)
{
    if (status == 401)
        answer_header(request, "WWW-Authenticate", souk_str("Bearer realm=\"souk\""));
    answer_problem(request, status, NULL, detail, NULL);
    return 0;
}

static int by_token(struct request *request)
{
    struct souk_str header = request_header(request, "authorization");
    const char *right = request->route->right ? request->route->right : "*";
    const struct json *scopes;
    int64_t id;
    if (header.len < 8 || !str_equal_nocase(str_make(header.ptr, 7), souk_str("Bearer ")))
        return refuse_token(request, 401,
                            "only the souk command or a token may do this; send Authorization: "
                            "Bearer with one made by souk admin token");
    struct souk_str token = str_trim(str_from(header, 7));
    if (!request->conn ||
        token_find(request->conn, &request->arena, token, request->now, &id, &scopes) != SOUK_OK)
        return refuse_token(request, 401, "this token is not valid, or not any more");
    if (!staff_may(scopes, souk_str(right)))
        return refuse_token(
            request, 403,
            arena_printf(&request->arena, "this token lacks the scope \"%s\"", right).ptr);
    request->principal = arena_printf(&request->arena, "token:%lld", (long long)id);
    return 1;
}

static int by_session(struct request *request)
{
    const struct staff *staff = request->conn ? who_staff(request) : NULL;
    if (!staff && (souk_str_is(request->method, "GET") || request->head)) {
        struct buf where = {.arena = &request->arena};
        buf_add_cstr(&where, "/admin/sign-in?next=");
        buf_add_encoded(&where, request->target);
        answer_redirect(request, 303, buf_str(&where));
        answer_header(request, "Cache-Control", souk_str("no-store"));
        return 0;
    }
    if (!staff) {
        answer_problem(request, 403, NULL, "nobody is signed in, or not any more", NULL);
        return 0;
    }
    session_seen(request);
    request->staff = staff;
    request->principal = arena_printf(&request->arena, "staff:%lld", (long long)staff->id);
    return !request->route->right || admin_need(request, request->route->right);
}

int admin_authorize(void *user, struct request *request)
{
    (void)user;
    return request->route->flags & ROUTE_STAFF ? by_session(request) : by_token(request);
}
