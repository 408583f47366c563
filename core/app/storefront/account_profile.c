/*
 * account_profile: name, language, password and address of who is signed in. Password and address
 * ask for the password once more, and its failures count like those of signing in. A new address
 * signs in only when the link that was sent to it has been used.
 */
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/account.h"
#include "shop/market.h"
#include "shop/person.h"
#include "shop/visit.h"
#include "web/session.h"

/* What is not typed in this form is what is known. */
static int show(struct account_form *form, int64_t person, int status)
{
    struct request *request = form->request;
    struct arena *arena = &request->arena;
    struct souk_str email = souk_str(""), hash;
    struct json *me;
    struct db_conn *conn = request_conn(request);
    int code = person_load(conn, arena, person, &me);
    if (code == SOUK_OK)
        code = account_of(conn, arena, person, &email, &hash);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    if (!json_at(form->values, "name"))
        account_form_set(form, "name", json_text(json_at(me, "name")));
    if (!json_at(form->values, "language"))
        account_form_set(form, "language", json_text(json_at(me, "locale")));
    json_add_str(arena, form->view, "email", email);
    json_add_str(arena, form->view, "done", request_query(request, "done"));
    return account_form_show(form, "page/account/profile", status);
}

int account_profile_form(struct request *request, const struct web_route *route)
{
    struct account_form form;
    int64_t person = account_form_mine(&form, request);
    (void)route;
    return person ? show(&form, person, 200) : SOUK_OK;
}

int account_profile(struct request *request, const struct web_route *route)
{
    struct account_form form;
    int64_t person = account_form_mine(&form, request);
    (void)route;
    if (!person)
        return SOUK_OK;
    struct souk_str name = account_form_text(&form, "name");
    const char *locale = market_locale(account_form_text(&form, "language"));
    if (utf8_length(name) > ACCOUNT_NAME_MOST)
        account_form_refuse(&form, "name", "this name is too long");
    if (!locale)
        account_form_refuse(&form, "language", "choose one of the languages");
    if (account_form_failed(&form))
        return show(&form, person, 422);
    int code = person_set_profile(request->conn, person, name, locale, request->now);
    return code ? code : account_page_go(request, "/account/profile?done=profile");
}

/* ---- with the password once more ---- */

struct change {
    struct request *request;
    struct souk_str email, hash, written, value;
    int64_t person;
};

static int count_failure(struct db_conn *conn, void *arg)
{
    const struct change *change = arg;
    return account_failed(conn, change->email, change->request->now);
}

/* 1: there is a form, and when the password in `field` is wrong it says so. 0: answered. Less:
 * failed. */
static int begin(struct account_form *form, struct request *request, const char *field,
                 struct change **out)
{
    struct change *change = *out = arena_new(&request->arena, struct change);
    struct err err = {0};
    struct souk_str hash;
    int64_t owner, person = account_form_mine(form, request);
    if (!person)
        return 0;
    *change = (struct change){.request = request, .person = person};
    struct souk_str password = account_form_secret(form, field);
    int code = account_of(request_conn(request), &request->arena, person, &change->email, &hash);
    if (code == SOUK_OK)
        code = account_find(request_conn(request), &request->arena, change->email, request->now,
                            &owner, &hash, &err);
    request_conn_end(request); /* hashing is slow */
    if (code == SOUK_BUSY) {
        account_form_refuse(form, field, err.text);
        return 1;
    }
    if (code != SOUK_OK)
        return code;
    if (!account_verify(hash, password)) {
        account_form_refuse(form, field, "the password is wrong");
        request_then_write(request, count_failure, change);
    }
    return 1;
}

static int write_password(struct db_conn *conn, void *arg)
{
    const struct change *change = arg;
    struct request *request = change->request;
    struct json *payload = json_new(&request->arena, JSON_OBJECT);
    int64_t owner = account_person(conn, change->email);
    int code = account_password(conn, owner, change->hash, request->now);
    if (code == SOUK_OK)
        code = account_sessions_end(conn, change->person, souk_str(""));
    if (code == SOUK_OK)
        code = session_end(request);
    if (code == SOUK_OK)
        code = account_page_enter(request, change->person);
    if (code == SOUK_OK) {
        json_add_str(&request->arena, payload, "email", change->email);
        code = account_page_tell(request, "account.password_changed", change->person, payload);
    }
    return code ? code : account_page_go(request, "/account/profile?done=password");
}

int account_password_set(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct change *change;
    struct err err = {0};
    (void)route;
    int code = begin(&form, request, "current_password", &change);
    if (code != 1)
        return code;
    struct souk_str password = account_form_secret(&form, "new_password");
    if (account_password_check(password, change->email, &err) != SOUK_OK)
        account_form_refuse(&form, "new_password", err.text);
    if (account_form_failed(&form))
        return show(&form, change->person, 422);
    code = account_hash(&request->arena, password, &change->hash, &err);
    if (code == SOUK_OK)
        request_then_write(request, write_password, change);
    return code;
}

static int write_email(struct db_conn *conn, void *arg)
{
    const struct change *change = arg;
    struct request *request = change->request;
    struct err err = {0};
    int64_t contact;
    int may = 0;
    int code = account_may_mail(conn, change->value, request->now, &may);
    if (code == SOUK_OK)
        code = contact_add(conn, &request->arena, change->person, "email", change->written,
                           request->now, &contact, &err);
    if (code == SOUK_OK && may)
        code = account_page_link(request, "confirm", change->person, contact, change->value);
    return code ? code : account_page_go(request, "/account/sent");
}

int account_email_set(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct change *change;
    struct err err = {0};
    (void)route;
    int code = begin(&form, request, "email_password", &change);
    if (code != 1)
        return code;
    change->written = account_form_text(&form, "new_email");
    if (contact_normalize(&request->arena, "email", change->written, NULL, &change->value, &err) !=
        SOUK_OK)
        account_form_refuse(&form, "new_email", err.text);
    else if (souk_str_equal(change->value, change->email))
        account_form_refuse(&form, "new_email", "this is your address already");
    if (account_form_failed(&form))
        return show(&form, change->person, 422);
    request_then_write(request, write_email, change);
    return SOUK_OK;
}

/* ---- the end of an account ---- */

static int write_erase(struct db_conn *conn, void *arg)
{
    const struct change *change = arg;
    struct err err = {0};
    int code = person_erase(conn, change->person, change->request->now, &err);
    if (code == SOUK_OK)
        code = session_end(change->request);
    return code ? code : account_page_go(change->request, "/account/erased");
}

int account_erase(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct change *change;
    (void)route;
    int code = begin(&form, request, "password", &change);
    if (code != 1)
        return code;
    if (!account_form_failed(&form) && !account_form_text(&form, "sure").len)
        account_form_refuse(&form, "sure", "say that you are sure");
    if (account_form_failed(&form))
        return account_privacy_again(&form, change->person);
    request_then_write(request, write_erase, change);
    return SOUK_OK;
}
