/*
 * account_page: the ground under the pages of an account; see its header.
 */
#include "app/storefront/account_page.h"

#include "app/conversion.h"
#include "app/storefront/buy_page.h"
#include "app/storefront/page_part.h"
#include "app/storefront/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/bridge.h"
#include "bridge/who.h"
#include "shop/account.h"
#include "shop/person.h"
#include "shop/touch.h"
#include "shop/visit.h"
#include "store/outbox.h"
#include "web/i18n.h"
#include "web/session.h"

#define FIELD_MOST   10000
#define CONFIRM_SPAN (3 * CLOCK_DAY)
#define RESET_SPAN   (2 * CLOCK_HOUR)

static const char *locale_of(const struct request *request)
{
    return market_at(request->locale, request->now).locale;
}

/* ---- who ---- */

int64_t account_page_person(struct request *request)
{
    return who_person(request);
}

int64_t account_page_need(struct request *request)
{
    int64_t person = account_page_person(request);
    if (person)
        return person;
    struct buf path = {.arena = &request->arena};
    buf_add_cstr(&path, "/account/sign-in");
    if (souk_str_is(request->method, "GET") && !souk_str_is(request->local_path, "/account"))
        buf_printf(&path, "?next=%.*s", SOUK_PRI(request->local_path));
    account_page_go(request, buf_str(&path).ptr);
    return 0;
}

/* ---- showing and going ---- */

int account_page_show(struct request *request, const char *name, int status, struct json *view)
{
    json_add_str(&request->arena, view, "token", session_csrf(request));
    json_add_bool(&request->arena, view, "noindex", 1);
    int code = site_render(request, "souk", name, status, view);
    if (code == SOUK_OK)
        code = answer_header(request, "Cache-Control", souk_str("no-store"));
    return code ? code : answer_header(request, "Referrer-Policy", souk_str("same-origin"));
}

int account_page_go(struct request *request, const char *path)
{
    answer_redirect(request, 303,
                    page_localized(&request->arena, locale_of(request), souk_str(path)));
    return answer_header(request, "Cache-Control", souk_str("no-store"));
}

/* A path and nothing that a browser could read as another host. */
static int is_own_path(struct souk_str path)
{
    if (path.len == 0 || path.len > 500 || path.ptr[0] != '/' ||
        (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\')))
        return 0;
    ptrdiff_t query = str_find(path, '?');
    size_t end = query < 0 ? path.len : (size_t)query;
    for (size_t i = 1; i < end;
         i++) /* "/..//host", "/.//host": what is left is a matter of taste */
        if (path.ptr[i - 1] == '/' && (path.ptr[i] == '/' || path.ptr[i] == '.'))
            return 0;
    for (size_t i = 0; i < path.len; i++)
        if ((unsigned char)path.ptr[i] < 0x20 || path.ptr[i] == '\\' || path.ptr[i] == 0x7f)
            return 0;
    return 1;
}

struct souk_str account_page_next(struct request *request, const char *otherwise)
{
    struct souk_str next = souk_str_is(request->method, "POST") ? request_form(request, "next")
                                                                : request_query(request, "next");
    return is_own_path(next) ? arena_str(&request->arena, next) : souk_str(otherwise);
}

struct souk_str account_page_words(struct request *request, const char *id)
{
    const struct web_site *site = request->site;
    return site ? i18n_text(site->i18n, "souk", locale_of(request), souk_str(id)) : souk_str(id);
}

/* ---- forms ---- */

void account_form_begin(struct account_form *form, struct request *request)
{
    struct arena *arena = &request->arena;
    form->request = request;
    form->view = json_new(arena, JSON_OBJECT);
    form->values = json_add(arena, form->view, "form", JSON_OBJECT);
    form->errors = json_add(arena, form->view, "errors", JSON_ARRAY);
    form->wrong = json_add(arena, form->view, "error", JSON_OBJECT);
}

int64_t account_form_mine(struct account_form *form, struct request *request)
{
    int64_t person = account_page_need(request);
    if (person)
        account_form_begin(form, request);
    return person;
}

void account_form_set(struct account_form *form, const char *field, struct souk_str value)
{
    json_add_str(&form->request->arena, form->values, field, value);
}

struct souk_str account_form_text(struct account_form *form, const char *field)
{
    struct souk_str value = str_trim(request_form(form->request, field));
    if (value.len > FIELD_MOST)
        value = utf8_cut(value, FIELD_MOST / 4);
    account_form_set(form, field, value);
    return value;
}

struct souk_str account_form_secret(struct account_form *form, const char *field)
{
    return request_form(form->request, field);
}

void account_form_refuse(struct account_form *form, const char *field, const char *text)
{
    struct arena *arena = &form->request->arena;
    struct souk_str words = arena_str(arena, souk_str(text));
    struct json *item = json_add(arena, form->errors, NULL, JSON_OBJECT);
    json_add_cstr(arena, item, "field", field);
    json_add_str(arena, item, "text", words);
    if (field[0] && !json_at(form->wrong, field))
        json_add_str(arena, form->wrong, field, words);
}

int account_form_failed(const struct account_form *form)
{
    return form->errors->count > 0;
}

int account_form_show(struct account_form *form, const char *name, int status)
{
    return account_page_show(form->request, name, status, form->view);
}

/* ---- facts ---- */

int account_page_tell(struct request *request, const char *topic, int64_t person,
                      struct json *payload)
{
    struct arena *arena = &request->arena;
    struct buf text = {.arena = arena};
    json_add_int(arena, payload, "person", person);
    json_add_cstr(arena, payload, "locale", locale_of(request));
    json_print(&text, payload);
    struct souk_str subject =
        person ? arena_printf(arena, "person:%lld", (long long)person) : souk_str("");
    return outbox_put(request->conn, souk_str(topic), subject, buf_str(&text), request->now, NULL);
}

int account_page_link(struct request *request, const char *purpose, int64_t person, int64_t contact,
                      struct souk_str email)
{
    struct arena *arena = &request->arena;
    struct souk_str token;
    int reset = strcmp(purpose, "reset") == 0;
    int code =
        ticket_drop(request->conn, purpose, person); /* the latest link is the one that works */
    if (code == SOUK_OK)
        code = ticket_make(request->conn, arena, purpose, person, contact,
                           request->now + (reset ? RESET_SPAN : CONFIRM_SPAN), &token);
    if (code != SOUK_OK)
        return code;
    struct souk_str path =
        page_localized(arena, locale_of(request),
                       arena_printf(arena, "/account/%s?token=%.*s", purpose, SOUK_PRI(token)));
    struct json *payload = json_new(arena, JSON_OBJECT);
    json_add_str(arena, payload, "email", email);
    json_add_str(arena, payload, "token", token);
    json_add_str(arena, payload, "path", path);
    json_add_str(arena, payload, "url", page_absolute(arena, path));
    return account_page_tell(
        request, reset ? "account.reset_requested" : "account.confirm_requested", person, payload);
}

/* ---- sessions ---- */

static int join_one(struct request *request, int64_t visitor, int64_t person)
{
    int code = touch_collect(request->conn, &request->arena, visitor, person, request->now);
    return code ? code : event_join(request->conn, visitor, person);
}

int account_page_join(struct request *request, int64_t person)
{
    int64_t kept = 0;
    int64_t today = visits_visitor(request);
    if (str_to_int(session_get(request, "visitor"), &kept) == SOUK_OK && kept != today) {
        int code = join_one(request, kept, person);
        if (code != SOUK_OK)
            return code;
    }
    int code = join_one(request, today, person);
    return code ? code : conversion_join(request, person);
}

static int name_session(struct request *request, int64_t person)
{
    struct arena *arena = &request->arena;
    int refuses = consent_held(request->conn, person, "analytics") == 0;
    int64_t visitor = refuses ? 0 : visits_visitor(request);
    int code = session_put(request, "person", arena_printf(arena, "%lld", (long long)person));
    if (code == SOUK_OK)
        code =
            session_put(request, "visitor",
                        visitor ? arena_printf(arena, "%lld", (long long)visitor) : souk_str(""));
    if (code == SOUK_OK)
        code = session_put(request, "visits", souk_str(refuses ? "no" : ""));
    return code;
}

int account_page_enter(struct request *request, int64_t person)
{
    int code = account_page_join(request, person);
    if (code == SOUK_OK)
        code = session_renew(request);
    if (code == SOUK_OK)
        code = name_session(request, person);
    if (code == SOUK_OK)
        code = buy_join(request, person);
    if (code != SOUK_OK)
        return code;
    struct session *session = session_find(request);
    return session ? account_signed_in(request->conn, person,
                                       (struct souk_str){session->id_hash, sizeof session->id_hash})
                   : SOUK_ERROR;
}
