/*
 * contact: letters to the shop. A letter is kept with its sender as a lead: the same address twice
 * is one lead with two letters, unless it is proven to be somebody's (an unproven claim is not
 * theirs). A field that people do not see catches programs: they are thanked, and nothing is kept.
 */
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/account.h"
#include "shop/market.h"
#include "shop/person.h"
#include "shop/visit.h"

#define NAME_MOST 100
#define TEXT_MOST 5000
#define LETTERS   5
#define SPAN      (10 * CLOCK_MINUTE)

static int show(struct account_form *form, int status)
{
    struct arena *arena = &form->request->arena;
    json_add_cstr(arena, form->view, "shop_email", market_shop()->email);
    json_add_cstr(arena, form->view, "shop_phone", market_shop()->phone);
    return account_form_show(form, "page/contact", status);
}

int contact_form(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct account_form form;
    struct json *me;
    struct souk_str email, hash;
    int64_t person = account_page_person(request);
    (void)route;
    account_form_begin(&form, request);
    if (person && person_load(request_conn(request), arena, person, &me) == SOUK_OK)
        account_form_set(&form, "name", json_text(json_at(me, "name")));
    if (person && account_of(request_conn(request), arena, person, &email, &hash) == SOUK_OK)
        account_form_set(&form, "email", email);
    account_form_set(&form, "from", account_page_next(request, ""));
    return show(&form, 200);
}

struct letter {
    struct souk_str name, email, value, text, path;
};

/* Who writes: who is signed in, or a lead of this address. */
static int find_sender(struct request *request, const struct letter *letter, int64_t *person)
{
    struct db_conn *conn = request->conn;
    struct err err = {0};
    int64_t contact;
    *person = account_page_person(request);
    if (*person)
        return SOUK_OK;
    *person = contact_lead(conn, "email", letter->value);
    if (*person)
        return account_page_join(request, *person);
    int code = person_create(conn, "lead", letter->name, request->locale, request->now, person);
    if (code == SOUK_OK)
        code = contact_add(conn, &request->arena, *person, "email", letter->email, request->now,
                           &contact, &err);
    return code ? code : account_page_join(request, *person);
}

static int keep(struct request *request, const struct letter *letter)
{
    struct arena *arena = &request->arena;
    struct json *payload = json_new(arena, JSON_OBJECT);
    struct inquiry inquiry = {letter->name, letter->value, letter->text, letter->path,
                              request->locale};
    int64_t person, id = 0;
    int code = find_sender(request, letter, &person);
    if (code == SOUK_OK)
        code = contact_inquiry(request->conn, person, &inquiry, request->now, &id);
    if (code == SOUK_OK)
        code = event_put(request->conn, "inquiry.received", 0, person,
                         arena_printf(arena, "inquiry:%lld", (long long)id), NULL, request->now);
    if (code != SOUK_OK)
        return code;
    json_add_int(arena, payload, "inquiry", id);
    json_add_str(arena, payload, "name", letter->name);
    json_add_str(arena, payload, "email", letter->value);
    json_add_str(arena, payload, "text", letter->text);
    return account_page_tell(request, "inquiry.received", person, payload);
}

static int read_letter(struct account_form *form, struct letter *letter)
{
    struct err err = {0};
    letter->name = account_form_text(form, "name");
    letter->email = account_form_text(form, "email");
    letter->text = account_form_text(form, "message");
    letter->path = account_form_text(form, "from");
    if (letter->path.len > 200 || !str_starts(letter->path, "/"))
        letter->path = souk_str("");
    if (letter->name.len == 0)
        account_form_refuse(form, "name", "a name is needed");
    else if (utf8_length(letter->name) > NAME_MOST)
        account_form_refuse(form, "name", "this name is too long");
    if (contact_normalize(&form->request->arena, "email", letter->email, NULL, &letter->value,
                          &err) != SOUK_OK)
        account_form_refuse(form, "email", err.text);
    if (letter->text.len == 0)
        account_form_refuse(form, "message", "a message is needed");
    else if (utf8_length(request_form(form->request, "message")) > TEXT_MOST)
        account_form_refuse(form, "message",
                            "the message is too long; use at most 5000 characters");
    return account_form_failed(form) ? SOUK_INVALID : SOUK_OK;
}

int contact_send(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct letter letter;
    int64_t count = 0;
    (void)route;
    if (request_form(request, "website").len)
        return account_page_go(request, "/contact/thanks");
    account_form_begin(&form, request);
    if (read_letter(&form, &letter) != SOUK_OK)
        return show(&form, 422);
    int code = account_attempt(request->conn, "inquiry", souk_str(request->address), SPAN,
                               request->now, &count);
    if (code == SOUK_OK && count > LETTERS) {
        account_form_refuse(&form, "", "that was many letters; wait ten minutes, please");
        answer_header(request, "Retry-After", souk_str("600"));
        code = show(&form, 429);
        return code ? code : SOUK_BUSY; /* not counted: what was answered stands */
    }
    if (code == SOUK_OK)
        code = keep(request, &letter);
    return code ? code : account_page_go(request, "/contact/thanks");
}

int contact_thanks(struct request *request, const struct web_route *route)
{
    (void)route;
    return account_page_show(request, "page/contact_thanks", 200,
                             json_new(&request->arena, JSON_OBJECT));
}
