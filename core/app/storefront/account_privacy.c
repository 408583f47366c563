/*
 * account_privacy: what somebody agreed to, a copy of all that the shop knows of them, and (with
 * the rest in account_profile.c, where the password is asked for) the end of it.
 */
#include "app/conversion.h"
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "shop/person.h"
#include "web/session.h"

#define VISITS_WORDS "The shop may remember which pages I look at, to show me what fits."

static int show(struct account_form *form, int64_t person, int status)
{
    struct request *request = form->request;
    struct arena *arena = &request->arena;
    struct db_conn *conn = request_conn(request);
    struct json *consents = json_add(arena, form->view, "consents", JSON_OBJECT);
    json_add_bool(arena, consents, "email", consent_held(conn, person, "email") == 1);
    json_add_bool(arena, consents, "visits", consent_held(conn, person, "analytics") != 0);
    json_add_str(arena, form->view, "email_words", account_page_words(request, ACCOUNT_NEWS));
    json_add_str(arena, form->view, "visits_words", account_page_words(request, VISITS_WORDS));
    json_add_str(arena, form->view, "done", request_query(request, "done"));
    return account_form_show(form, "page/account/privacy", status);
}

int account_privacy_show(struct request *request, const struct web_route *route)
{
    struct account_form form;
    int64_t person = account_form_mine(&form, request);
    (void)route;
    return person ? show(&form, person, 200) : SOUK_OK;
}

int account_privacy_again(struct account_form *form, int64_t person)
{
    return show(form, person, 422);
}

int account_consents(struct request *request, const struct web_route *route)
{
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    int email = request_form(request, "email").len > 0;
    int visits = request_form(request, "visits").len > 0;
    struct souk_str source = souk_str("account");
    int code = consent_set(request->conn, person, "email", email, source,
                           account_page_words(request, ACCOUNT_NEWS), request->now);
    if (code == SOUK_OK)
        code = consent_set(request->conn, person, "analytics", visits, source,
                           account_page_words(request, VISITS_WORDS), request->now);
    if (code == SOUK_OK)
        code = session_put(request, "visits", souk_str(visits ? "" : "no"));
    if (code == SOUK_OK && !visits)
        code = conversion_forget(request);
    return code ? code : account_page_go(request, "/account/privacy?done=consents");
}

int account_data(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct buf text = {.arena = arena};
    struct json *doc;
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    int code = person_export(request_conn(request), arena, person, &doc);
    if (code != SOUK_OK)
        return code;
    json_print_pretty(&text, doc);
    buf_add_char(&text, '\n');
    answer_bytes(request, 200, "application/json", buf_str(&text));
    code = answer_header(request, "Content-Disposition",
                         souk_str("attachment; filename=\"my-data.json\""));
    return code ? code : answer_header(request, "Cache-Control", souk_str("no-store"));
}

int account_erased_show(struct request *request, const struct web_route *route)
{
    (void)route;
    return account_page_show(request, "page/account/erased", 200,
                             json_new(&request->arena, JSON_OBJECT));
}
