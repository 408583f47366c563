/*
 * account_register: a new account, and the proof that its address is one's own.
 *
 * Registering with an address that has an account already answers the same and costs the same; the
 * owner is told by mail. The link in a mail shows a page with a button: programs that open links
 * for people confirm nothing.
 */
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/account.h"
#include "shop/person.h"
#include "shop/visit.h"

static int show_form(struct account_form *form, int status)
{
    json_add_str(&form->request->arena, form->view, "newsletter_words",
                 account_page_words(form->request, ACCOUNT_NEWS));
    return account_form_show(form, "page/account/register", status);
}

int account_register_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    (void)route;
    if (account_page_person(request))
        return account_page_go(request, "/account");
    account_form_begin(&form, request);
    account_form_set(&form, "email", request_query(request, "email"));
    account_form_set(&form, "name", request_query(request, "name"));
    return show_form(&form, 200);
}

struct registration {
    struct request *request;
    struct souk_str written, email, name, hash, wording;
    int newsletter;
};

static int greet(struct db_conn *conn, const struct registration *r, int64_t person, int mail)
{
    struct request *request = r->request;
    int64_t contact;
    struct err err = {0};
    int code = contact_add(conn, &request->arena, person, "email", r->written, request->now,
                           &contact, &err);
    if (code == SOUK_OK && r->newsletter)
        code =
            consent_set(conn, person, "email", 1, souk_str("register"), r->wording, request->now);
    if (code == SOUK_OK)
        code = account_page_join(request, person);
    if (code == SOUK_OK)
        code = event_put(conn, "account.registered", visits_visitor(request), person, souk_str(""),
                         NULL, request->now);
    if (code == SOUK_OK) {
        struct json *payload = json_new(&request->arena, JSON_OBJECT);
        json_add_str(&request->arena, payload, "email", r->email);
        json_add_str(&request->arena, payload, "name", r->name);
        code = account_page_tell(request, "person.registered", person, payload);
    }
    if (code == SOUK_OK && mail)
        code = account_page_link(request, "confirm", person, contact, r->email);
    return code;
}

static int tell_owner(const struct registration *r, int mail)
{
    struct arena *arena = &r->request->arena;
    struct json *payload = json_new(arena, JSON_OBJECT);
    if (!mail)
        return SOUK_OK;
    json_add_str(arena, payload, "email", r->email);
    return account_page_tell(r->request, "account.exists", 0, payload);
}

static int enlist(struct db_conn *conn, void *arg)
{
    const struct registration *r = arg;
    struct request *request = r->request;
    struct err err = {0};
    int64_t person = 0;
    int mail = 0;
    int code = account_may_mail(conn, r->email, request->now, &mail);
    if (code == SOUK_OK)
        code = account_create(conn, &request->arena, r->written, r->name, r->hash, request->locale,
                              request->now, &person, &err);
    if (code == SOUK_OK)
        code = person ? greet(conn, r, person, mail) : tell_owner(r, mail);
    return code ? code : account_page_go(request, "/account/sent");
}

int account_register(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct account_form form;
    struct registration *r = arena_new(arena, struct registration);
    struct err err = {0};
    (void)route;
    account_form_begin(&form, request);
    r->request = request;
    r->written = account_form_text(&form, "email");
    r->name = account_form_text(&form, "name");
    r->newsletter = account_form_text(&form, "newsletter").len > 0;
    r->wording = account_page_words(request, ACCOUNT_NEWS);
    struct souk_str password = account_form_secret(&form, "password");
    if (contact_normalize(arena, "email", r->written, NULL, &r->email, &err) != SOUK_OK)
        account_form_refuse(&form, "email", err.text);
    if (account_password_check(password, r->email, &err) != SOUK_OK)
        account_form_refuse(&form, "password", err.text);
    if (utf8_length(r->name) > ACCOUNT_NAME_MOST)
        account_form_refuse(&form, "name", "this name is too long");
    if (account_form_failed(&form))
        return show_form(&form, 422);
    int code = account_hash(arena, password, &r->hash, &err);
    if (code == SOUK_OK)
        request_then_write(request, enlist, r);
    return code;
}

/* The one page after everything that ends in a mail. */
int account_sent_show(struct request *request, const struct web_route *route)
{
    (void)route;
    return account_page_show(request, "page/account/sent", 200,
                             json_new(&request->arena, JSON_OBJECT));
}

/* ---- confirming ---- */

int account_link_over(struct request *request)
{
    return account_page_show(request, "page/account/link_over", 410,
                             json_new(&request->arena, JSON_OBJECT));
}

int account_confirm_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct souk_str ticket = request_query(request, "token");
    (void)route;
    if (!ticket_valid(request_conn(request), "confirm", ticket, request->now))
        return account_link_over(request);
    account_form_begin(&form, request);
    account_form_set(&form, "ticket", ticket);
    return account_form_show(&form, "page/account/confirm", 200);
}

/* The confirmed address becomes the one to sign in with; the old one is told; an address that
 * stays is welcomed. */
static int take_address(struct request *request, int64_t person, struct souk_str email)
{
    struct arena *arena = &request->arena;
    struct souk_str before = souk_str(""), hash;
    int changed = 0;
    int code = account_of(request->conn, arena, person, &before, &hash);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    if (code == SOUK_OK)
        code = account_email(request->conn, person, email, request->now, &changed);
    if (code != SOUK_OK)
        return code;
    struct json *payload = json_new(arena, JSON_OBJECT);
    json_add_str(arena, payload, "email", email);
    if (!changed)
        return account_page_tell(request, "account.confirmed", person, payload);
    json_add_str(arena, payload, "before", before);
    return account_page_tell(request, "account.email_changed", person, payload);
}

int account_confirm(struct request *request, const struct web_route *route)
{
    struct db_conn *conn = request->conn;
    struct arena *arena = &request->arena;
    struct souk_str email;
    struct err err = {0};
    int64_t owner, contact, person;
    int known;
    (void)route;
    int code = ticket_use(conn, "confirm", request_form(request, "ticket"), request->now, &owner,
                          &contact);
    if (code == SOUK_OK)
        code = contact_get(conn, arena, contact, &email, &known);
    if (code == SOUK_NOT_FOUND)
        return account_link_over(request);
    if (code == SOUK_OK)
        code = contact_confirm(conn, arena, contact, request->now, &person, &err);
    if (code == SOUK_OK)
        code = take_address(request, person, email);
    if (code != SOUK_OK)
        return code;
    return account_page_go(request, account_page_person(request)
                                        ? "/account?done=confirmed"
                                        : "/account/sign-in?done=confirmed");
}

/* Another link, for somebody who is signed in and has lost the first. */
int account_confirm_again(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct souk_str email, hash;
    struct err err = {0};
    int64_t contact, person = account_page_need(request);
    int may = 0;
    (void)route;
    if (!person)
        return SOUK_OK;
    int code = account_of(request->conn, arena, person, &email, &hash);
    if (code == SOUK_OK)
        code = account_may_mail(request->conn, email, request->now, &may);
    if (code == SOUK_OK)
        code =
            contact_add(request->conn, arena, person, "email", email, request->now, &contact, &err);
    if (code == SOUK_OK && may)
        code = account_page_link(request, "confirm", person, contact, email);
    return code ? code : account_page_go(request, "/account/sent");
}
