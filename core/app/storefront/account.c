/*
 * account: the overview of an account, signing in and out.
 *
 * Signing in tells nothing about who is a customer: an unknown address and a wrong password take
 * the same steps, cost the same and give the same page; a lock after many failures holds for
 * unknown addresses too. The page that says so is made before the write, which then only counts.
 */
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "shop/account.h"
#include "shop/person.h"
#include "shop/visit.h"
#include "web/session.h"

/* ---- the overview ---- */

static const struct json *find_contact(const struct json *me, struct souk_str email)
{
    json_each(item, json_at(me, "contacts"))
    {
        if (souk_str_equal(json_text(json_at(&item->value, "value")), email))
            return &item->value;
    }
    return NULL;
}

int account_show(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *me, *view = json_new(arena, JSON_OBJECT);
    struct souk_str email = souk_str(""), hash;
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    struct db_conn *conn = request_conn(request);
    int code = person_load(conn, arena, person, &me);
    if (code == SOUK_OK &&
        (code = account_of(conn, arena, person, &email, &hash)) == SOUK_NOT_FOUND)
        code = SOUK_OK;
    if (code != SOUK_OK)
        return code;
    const struct json *contact = find_contact(me, email);
    json_add_tree(arena, view, "me", me);
    json_add_str(arena, view, "email", email);
    json_add_bool(arena, view, "confirmed", json_true(json_at(contact, "confirmed_at")));
    json_add_int(arena, view, "sessions", account_sessions(conn, person, request->now));
    json_add_str(arena, view, "done", request_query(request, "done"));
    return account_page_show(request, "page/account/overview", 200, view);
}

/* ---- signing in ---- */

int account_sign_in_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    (void)route;
    if (account_page_person(request))
        return account_page_go(request, account_page_next(request, "/account").ptr);
    account_form_begin(&form, request);
    account_form_set(&form, "next", account_page_next(request, ""));
    json_add_str(&request->arena, form.view, "done", request_query(request, "done"));
    return account_form_show(&form, "page/account/sign_in", 200);
}

struct sign_in {
    struct request *request;
    struct souk_str email;
    int64_t person;
};

static int count_failure(struct db_conn *conn, void *arg)
{
    const struct sign_in *step = arg;
    return account_failed(conn, step->email, step->request->now);
}

static int enter(struct db_conn *conn, void *arg)
{
    const struct sign_in *step = arg;
    struct request *request = step->request;
    int code = account_unlock(conn, step->email);
    if (code == SOUK_OK)
        code = account_page_enter(request, step->person);
    if (code == SOUK_OK)
        code = event_put(conn, "account.signed_in", visits_visitor(request), step->person,
                         souk_str(""), NULL, request->now);
    return code ? code : account_page_go(request, account_page_next(request, "/account").ptr);
}

static int show_locked(struct account_form *form, const struct err *err)
{
    account_form_refuse(form, "", err->text);
    int code = answer_header(form->request, "Retry-After", souk_str("3600"));
    return code ? code : account_form_show(form, "page/account/sign_in", 429);
}

int account_sign_in(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct err err = {0};
    struct souk_str value = souk_str(""), hash;
    struct sign_in *step = arena_new(&request->arena, struct sign_in);
    (void)route;
    account_form_begin(&form, request);
    struct souk_str email = account_form_text(&form, "email");
    struct souk_str password = account_form_secret(&form, "password");
    account_form_set(&form, "next", account_page_next(request, ""));
    if (contact_normalize(&request->arena, "email", email, NULL, &value, &err) != SOUK_OK)
        account_form_refuse(&form, "email", err.text);
    if (password.len == 0)
        account_form_refuse(&form, "password", "a password is needed");
    if (account_form_failed(&form))
        return account_form_show(&form, "page/account/sign_in", 422);
    *step = (struct sign_in){request, value, 0};
    int code = account_find(request_conn(request), &request->arena, value, request->now,
                            &step->person, &hash, &err);
    if (code == SOUK_BUSY)
        return show_locked(&form, &err);
    if (code != SOUK_OK)
        return code;
    request_conn_end(request); /* hashing is slow */
    int right = account_verify(hash, password) && step->person;
    if (right) {
        request_then_write(request, enter, step);
        return SOUK_OK;
    }
    account_form_refuse(&form, "", "the address or the password is wrong");
    code = account_form_show(&form, "page/account/sign_in", 422);
    if (code == SOUK_OK)
        request_then_write(request, count_failure, step);
    return code;
}

int account_sign_out(struct request *request, const struct web_route *route)
{
    (void)route;
    int code = session_end(request);
    return code ? code : account_page_go(request, "/account/sign-in?done=signed-out");
}

/* All other browsers are signed out. */
int account_sessions_close(struct request *request, const struct web_route *route)
{
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    struct session *session = session_find(request);
    struct souk_str own = {session->id_hash, sizeof session->id_hash};
    int code = account_sessions_end(request->conn, person, own);
    return code ? code : account_page_go(request, "/account?done=sessions");
}
