/*
 * checkout_tax.c: the buyer's tax number. It is asked about once when it is given or changed, on a
 * task thread, with no snapshot held; the answer stays in the cart's draft ("tax"), where all that
 * prices the cart finds it (cart_market). What a client sends under that name is thrown away by
 * checkout_keep: only what a register said counts.
 *
 * A number that could not be asked about counts as none and is asked about again soon.
 */
#include "app/checkout_inner.h"

#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/tax.h"

#define SPAN         (6 * CLOCK_SECOND)
#define LASTS        CLOCK_HOUR          /* a valid one; the plugin has a memory of its own */
#define LASTS_LITTLE (30 * CLOCK_SECOND) /* any other answer */
#define TYPED_MOST   40

static struct souk_str text_of(const struct json *draft, const char *part, const char *key)
{
    return str_trim(json_text(json_at(json_at(draft, part), key)));
}

/* That of the billing address, else where the goods go, else the shop's. */
static struct souk_str country_of(struct arena *arena, const struct json *draft)
{
    struct souk_str country = text_of(draft, "billing", "country");
    if (!country.len)
        country = text_of(draft, "address", "country");
    return country.len ? utf8_upper(arena, country) : souk_str(market_shop()->country);
}

static int still_holds(const struct tax_buyer *known, struct souk_str typed,
                       struct souk_str country, int64_t now)
{
    int64_t age = now - known->asked_at;
    return souk_str_equal(known->typed, typed) && souk_str_equal(known->country, country) &&
           known->state != TAX_STATE_NONE && age >= 0 &&
           age < (known->state == TAX_STATE_VALID ? LASTS : LASTS_LITTLE);
}

static int ask(struct request *request, const struct json *draft, struct souk_str typed,
               struct souk_str country, struct tax_buyer *buyer)
{
    struct provider_scope scope;
    struct souk_str company = text_of(draft, "billing", "company");
    const struct souk_tax_number number = {
        .size = sizeof number,
        .number = typed,
        .country = country,
        .shop_country = souk_str(market_shop()->country),
        .company = company.len ? company : text_of(draft, "address", "company")};
    request_conn_end(request);
    provider_scope_request(&scope, request, SOUK_TASK);
    scope.conn = NULL;
    scope.span = SPAN;
    int code = tax_number(&scope, &number, buyer);
    buyer->asked_at = request->now;
    return code;
}

int checkout_tax(struct request *request, const struct json *before, struct json *draft,
                 struct tax_buyer *buyer)
{
    struct arena *arena = &request->arena;
    struct souk_str typed = text_of(draft, "billing", "vat_number");
    struct souk_str country = country_of(arena, draft);
    tax_buyer_read(json_at(before, "tax"), buyer);
    if (!typed.len || !utf8_valid(typed) || utf8_length(typed) > TYPED_MOST || country.len != 2) {
        *buyer = (struct tax_buyer){0};
        return SOUK_OK;
    }
    if (!still_holds(buyer, typed, country, request->now)) {
        int code = ask(request, draft, typed, country, buyer);
        if (code != SOUK_OK)
            *buyer = (struct tax_buyer){0};
        if (code != SOUK_OK)
            return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    }
    json_add_tree(arena, draft, "tax", tax_buyer_doc(arena, buyer));
    return SOUK_OK;
}

void checkout_tax_remember(struct arena *arena, const struct json *before, struct json *draft)
{
    const struct json *known = json_at(before, "tax");
    if (known && known->kind == JSON_OBJECT &&
        souk_str_equal(json_text(json_at(known, "typed")), text_of(draft, "billing", "vat_number")))
        json_add_tree(arena, draft, "tax", known);
}

const char *checkout_tax_wrong(struct arena *arena, const struct tax_buyer *buyer)
{
    if (buyer->state != TAX_STATE_WRONG)
        return NULL;
    return buyer->words.len ? arena_cstr(arena, buyer->words) : "this VAT number is not valid";
}
