/*
 * account_address: where somebody wants things to be sent: a list, a form, and what can be done
 * with one. An address that is not one's own is not found.
 */
#include "app/storefront/account_page.h"
#include "app/storefront/route.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/account.h"
#include "shop/market.h"
#include "shop/person.h"

static const char *const fields[] = {"name", "company",  "phone", "country", "region",
                                     "city", "postcode", "line1", "line2"};
#define FIELDS (sizeof fields / sizeof *fields)

static const char *const countries[][2] = {
    {"AL", "Albania"},        {"AM", "Armenia"},
    {"AU", "Australia"},      {"AT", "Austria"},
    {"BD", "Bangladesh"},     {"BY", "Belarus"},
    {"BE", "Belgium"},        {"BA", "Bosnia and Herzegovina"},
    {"BR", "Brazil"},         {"BG", "Bulgaria"},
    {"CA", "Canada"},         {"CN", "China"},
    {"HR", "Croatia"},        {"CY", "Cyprus"},
    {"CZ", "Czechia"},        {"DK", "Denmark"},
    {"EE", "Estonia"},        {"FI", "Finland"},
    {"FR", "France"},         {"GE", "Georgia"},
    {"DE", "Germany"},        {"GR", "Greece"},
    {"HU", "Hungary"},        {"IS", "Iceland"},
    {"IN", "India"},          {"IE", "Ireland"},
    {"IL", "Israel"},         {"IT", "Italy"},
    {"JP", "Japan"},          {"XK", "Kosovo"},
    {"LV", "Latvia"},         {"LT", "Lithuania"},
    {"LU", "Luxembourg"},     {"MT", "Malta"},
    {"MX", "Mexico"},         {"MD", "Moldova"},
    {"ME", "Montenegro"},     {"NL", "Netherlands"},
    {"NZ", "New Zealand"},    {"MK", "North Macedonia"},
    {"NO", "Norway"},         {"PL", "Poland"},
    {"PT", "Portugal"},       {"RO", "Romania"},
    {"RS", "Serbia"},         {"SK", "Slovakia"},
    {"SI", "Slovenia"},       {"ZA", "South Africa"},
    {"KR", "South Korea"},    {"ES", "Spain"},
    {"SE", "Sweden"},         {"CH", "Switzerland"},
    {"TR", "Turkey"},         {"UA", "Ukraine"},
    {"GB", "United Kingdom"}, {"US", "United States"},
};

int account_addresses(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT);
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    struct json *list = json_add(arena, view, "addresses", JSON_ARRAY);
    int code = address_list(request_conn(request), arena, person, list);
    json_add_str(arena, view, "done", request_query(request, "done"));
    return code ? code : account_page_show(request, "page/account/addresses", 200, view);
}

/* ---- the form ---- */

void account_countries(struct arena *arena, struct json *view)
{
    struct json *list = json_add(arena, view, "countries", JSON_ARRAY);
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_cstr(arena, item, "code", countries[i][0]);
        json_add_cstr(arena, item, "name", countries[i][1]);
    }
}

struct souk_str account_country(struct souk_str code)
{
    for (size_t i = 0; i < sizeof countries / sizeof *countries; i++)
        if (souk_str_is(code, countries[i][0]))
            return souk_str(countries[i][1]);
    return code;
}

static int show(struct account_form *form, int64_t id, int status)
{
    struct arena *arena = &form->request->arena;
    account_countries(arena, form->view);
    if (id)
        json_add_int(arena, form->view, "id", id);
    return account_form_show(form, "page/account/address", status);
}

static int64_t id_of(struct request *request)
{
    int64_t id;
    return str_to_int(request_param(request, "id"), &id) == SOUK_OK && id > 0 ? id : 0;
}

int account_address_new(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct json *me;
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    int code = person_load(request_conn(request), &request->arena, person, &me);
    if (code != SOUK_OK)
        return code;
    account_form_begin(&form, request);
    account_form_set(&form, "name", json_text(json_at(me, "name")));
    account_form_set(&form, "country", souk_str(market_shop()->country));
    return show(&form, 0, 200);
}

int account_address_edit(struct request *request, const struct web_route *route)
{
    struct arena *arena = &request->arena;
    struct account_form form;
    struct json *list = json_new(arena, JSON_ARRAY);
    int64_t id = id_of(request), person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    int code = address_list(request_conn(request), arena, person, list);
    if (code != SOUK_OK)
        return code;
    json_each(item, list)
    {
        if (json_int(json_at(&item->value, "id"), 0) != id)
            continue;
        account_form_begin(&form, request);
        for (size_t i = 0; i < FIELDS; i++)
            account_form_set(&form, fields[i], json_text(json_at(&item->value, fields[i])));
        return show(&form, id, 200);
    }
    return SOUK_NOT_FOUND;
}

/* Every field that is wrong, not only the first. */
static void check(struct account_form *form)
{
    struct arena *arena = &form->request->arena;
    struct json *doc = json_copy(arena, form->values);
    for (size_t i = 0; i < FIELDS; i++) {
        struct err err = {0};
        const char *wrong;
        if (address_check(arena, doc, &wrong, &err) == SOUK_OK)
            return;
        account_form_refuse(form, wrong, err.text);
        /* something right in its place lets the next one be seen */
        json_add_cstr(arena, doc, wrong,
                      strcmp(wrong, "country") == 0 ? "BG"
                      : strcmp(wrong, "phone") == 0 ? ""
                                                    : "-");
    }
}

int account_address_save(struct request *request, const struct web_route *route)
{
    struct account_form form;
    struct err err = {0};
    int64_t saved, id = id_of(request), person = account_form_mine(&form, request);
    (void)route;
    if (!person)
        return SOUK_OK;
    for (size_t i = 0; i < FIELDS; i++)
        account_form_text(&form, fields[i]);
    check(&form);
    if (account_form_failed(&form))
        return show(&form, id, 422);
    int code = address_save(request->conn, &request->arena, person, id, form.values, request->now,
                            &saved, &err);
    if (code == SOUK_TOO_LARGE) {
        account_form_refuse(&form, "", err.text);
        return show(&form, id, 422);
    }
    return code ? code : account_page_go(request, "/account/addresses?done=saved");
}

int account_address_remove(struct request *request, const struct web_route *route)
{
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    int code = address_remove(request->conn, person, id_of(request));
    return code ? code : account_page_go(request, "/account/addresses?done=removed");
}

int account_address_first(struct request *request, const struct web_route *route)
{
    int64_t person = account_page_need(request);
    (void)route;
    if (!person)
        return SOUK_OK;
    int code = address_first(request->conn, person, id_of(request), request->now);
    return code ? code : account_page_go(request, "/account/addresses?done=first");
}
