/*
 * unsubscribe: leaving the shop's news by the link in a letter, without signing in. The link names
 * person and channel and is signed. Opening it changes nothing (mail programs open links by
 * themselves); the button does, and so does the one-click POST of mail programs (RFC 8058), which
 * comes without a cookie and gets a bare "done". The "no" is kept with where it was given.
 */
#include "app/message.h"
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"
#include "base/str.h"
#include "shop/person.h"

static int show(struct request *request, int status, const char *state)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    struct buf action = {.arena = arena};
    buf_add_cstr(&action, "/unsubscribe?token=");
    buf_add_encoded(&action, request_query(request, "token"));
    json_add_cstr(arena, view, "state", state);
    json_add_str(arena, view, "action", buf_str(&action));
    return account_page_show(request, "page/unsubscribe", status, view);
}

/* Whose token it is: 0, or answered. */
static int read(struct request *request, int64_t *person, const char **channel)
{
    int known = 0;
    int64_t id;
    int code = message_leave_read(&request->arena, request_query(request, "token"), &id, channel);
    if (code == SOUK_OK)
        code = person_known(request_conn(request), id, person, &known);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && !known))
        return show(request, 404, "unknown") == SOUK_OK ? 1 : SOUK_ERROR;
    return code;
}

int unsubscribe_form(struct request *request, const struct web_route *route)
{
    int64_t person;
    const char *channel;
    (void)route;
    int code = read(request, &person, &channel);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    return show(request, 200,
                consent_held(request_conn(request), person, channel) == 1 ? "ask" : "done");
}

int unsubscribe_leave(struct request *request, const struct web_route *route)
{
    int64_t person;
    const char *channel;
    (void)route;
    int code = read(request, &person, &channel);
    if (code != SOUK_OK)
        return code > 0 ? SOUK_OK : code;
    code = consent_set(request->conn, person, channel, 0, souk_str("unsubscribe"), souk_str(""),
                       request->now);
    if (code != SOUK_OK)
        return code;
    if (souk_str_is(request_form(request, "List-Unsubscribe"), "One-Click")) {
        answer_text(request, 200, "done\n");
        return SOUK_OK;
    }
    return show(request, 200, "done");
}
