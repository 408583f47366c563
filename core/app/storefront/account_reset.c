/*
 * account_reset: a new password by a link in a mail. Asking answers the same for every address. The
 * link proves the address, ends all sessions, and ends a lock.
 */
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "shop/account.h"
#include "shop/person.h"
#include "shop/visit.h"

int account_forgot_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    (void)route;
    account_form_begin(&form, request);
    return account_form_show(&form, "page/account/forgot", 200);
}

int account_forgot(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct db_conn *conn = request->conn;
    struct account_form form;
    struct err err = {0};
    struct souk_str value;
    int64_t contact = 0;
    int may = 0;
    (void)route;
    account_form_begin(&form, request);
    struct souk_str email = account_form_text(&form, "email");
    if (contact_normalize(arena, "email", email, NULL, &value, &err) != SOUK_OK) {
        account_form_refuse(&form, "email", err.text);
        return account_form_show(&form, "page/account/forgot", 422);
    }
    int code = account_may_mail(conn, value, request->now, &may);
    int64_t person = account_person(conn, value);
    if (code == SOUK_OK && may && person) {
        code = contact_add(conn, arena, person, "email", email, request->now, &contact, &err);
        if (code == SOUK_OK)
            code = account_page_link(request, "reset", person, contact, value);
    }
    return code ? code : account_page_go(request, "/account/sent");
}

static int show_reset(struct account_form *form, struct souk_str ticket, int status)
{
    account_form_set(form, "ticket", ticket);
    return account_form_show(form, "page/account/reset", status);
}

int account_reset_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct souk_str ticket = request_query(request, "token");
    (void)route;
    if (!ticket_valid(request_conn(request), "reset", ticket, request->now))
        return account_link_over(request);
    account_form_begin(&form, request);
    return show_reset(&form, ticket, 200);
}

struct reset {
    struct request *request;
    struct souk_str ticket, hash;
};

static int prove(struct request *request, int64_t person, int64_t contact)
{
    struct db_conn *conn = request->conn;
    struct arena *arena = &request->arena;
    struct json *payload = json_new(arena, JSON_OBJECT);
    struct souk_str email;
    struct err err = {0};
    int64_t survivor;
    int known;
    int code = contact_get(conn, arena, contact, &email, &known);
    if (code == SOUK_OK)
        code = contact_confirm(conn, arena, contact, request->now, &survivor, &err);
    if (code == SOUK_OK)
        code = account_unlock(conn, email);
    if (code != SOUK_OK)
        return code;
    json_add_str(arena, payload, "email", email);
    return account_page_tell(request, "account.password_changed", person, payload);
}

static int replace(struct db_conn *conn, void *arg)
{
    const struct reset *reset = arg;
    struct request *request = reset->request;
    int64_t person, contact;
    int code = ticket_use(conn, "reset", reset->ticket, request->now, &person, &contact);
    if (code == SOUK_NOT_FOUND)
        return account_link_over(request);
    if (code == SOUK_OK)
        code = account_password(conn, person, reset->hash, request->now);
    if (code == SOUK_OK)
        code = account_sessions_end(conn, person, souk_str(""));
    if (code == SOUK_OK)
        code = prove(request, person, contact);
    return code ? code : account_page_go(request, "/account/sign-in?done=reset");
}

int account_reset(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct err err = {0};
    struct reset *reset = arena_new(&request->arena, struct reset);
    struct souk_str password = request_form(request, "password");
    (void)route;
    *reset = (struct reset){request, request_form(request, "ticket"), souk_str("")};
    if (!ticket_valid(request_conn(request), "reset", reset->ticket, request->now))
        return account_link_over(request);
    request_conn_end(request);
    account_form_begin(&form, request);
    if (account_hash(&request->arena, password, &reset->hash, &err) != SOUK_OK) {
        account_form_refuse(&form, "password", err.text);
        return show_reset(&form, reset->ticket, err.code == SOUK_INVALID ? 422 : 503);
    }
    request_then_write(request, replace, reset);
    return SOUK_OK;
}
