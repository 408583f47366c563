/*
 * checkout_offer.c: what a shopper may choose from: ways of delivery and of payment for a cart,
 * with what they cost. The providers are asked through the bridge; amounts become money documents
 * here.
 */
#include "app/checkout_inner.h"

#include <souk/plugin.h>
#include "app/checkout.sql.h"
#include "app/storefront/page_part.h"
#include "base/clock.h"
#include "base/str.h"

/* ---- terms ---- */

struct market checkout_market(struct request *request, const struct json *place)
{
    struct market market = page_market(request);
    struct souk_str country = json_text(json_at(place, "country"));
    if (country.len == 2)
        market.country = country;
    market.region = json_text(json_at(place, "region"));
    market.postcode = json_text(json_at(place, "postcode"));
    return market;
}

int checkout_is_fetched(struct request *request, const struct json *draft)
{
    struct provider_scope scope;
    struct souk_str method = json_text(json_at(json_at(draft, "delivery"), "method"));
    int32_t flags = 0;
    provider_scope_request(&scope, request, SOUK_READ);
    return method.len && delivery_flags(scope.set, method, &flags) == SOUK_OK &&
           (flags & SOUK_DELIVERY_NO_ADDRESS);
}

struct market checkout_market_of(struct request *request, const struct json *draft)
{
    return checkout_market(request,
                           checkout_is_fetched(request, draft) ? NULL : json_at(draft, "address"));
}

void checkout_scope(struct request *request, struct db_conn *conn, struct provider_scope *scope)
{
    int kind = request->route->kind;
    provider_scope_request(scope, request, kind);
    scope->conn = conn;
}

static int64_t known(int64_t amount)
{
    return amount > 0 ? amount : 0;
}

static void add_item(struct souk_delivery_terms *terms, struct souk_delivery_item *item,
                     const struct quote_line *line)
{
    *item = (struct souk_delivery_item){.size = sizeof *item,
                                        .quantity = (int32_t)line->quantity,
                                        .variant_id = line->variant_id,
                                        .line_total = line->total,
                                        .weight_g = line->weight_g,
                                        .length_mm = line->length_mm,
                                        .width_mm = line->width_mm,
                                        .height_mm = line->height_mm,
                                        .sku = line->sku,
                                        .name = line->name};
    terms->total += line->total;
    terms->weight_g += known(line->weight_g) * line->quantity;
    /* millimetres to cubic centimetres of the whole line, up */
    __int128 volume = (__int128)known(line->length_mm) * known(line->width_mm) *
                      known(line->height_mm) * line->quantity;
    volume = (volume + 999) / 1000;
    terms->volume_cm3 += volume > INT32_MAX ? INT32_MAX : (int64_t)volume;
}

void checkout_delivery_terms(struct arena *arena, const struct cart *cart,
                             const struct quote *quote, const struct market *market,
                             struct souk_delivery_terms *terms)
{
    struct souk_delivery_item *items =
        arena_array(arena, struct souk_delivery_item, quote->count ? quote->count : 1);
    *terms = (struct souk_delivery_terms){
        .size = sizeof *terms,
        .item_count = (uint32_t)quote->count,
        .items = items,
        .at = market->now,
        .currency = quote->currency,
        .locale = souk_str(market->locale),
        .country = market->country,
        .region = market->region,
        .city = json_text(json_at(json_at(cart->draft, "address"), "city")),
        .postcode = market->postcode};
    for (size_t i = 0; i < quote->count; i++)
        add_item(terms, &items[i], &quote->lines[i]);
}

void checkout_payment_terms(struct db_conn *conn, const struct cart *cart,
                            const struct market *market, const struct quote *quote,
                            struct souk_str delivery_method, int delivery_flags,
                            struct souk_payment_terms *terms)
{
    int64_t before = -1;
    if (cart->person_id &&
        db_get_int(conn, &sql_checkout_orders_before, &before, DB_INT(cart->person_id)) != SOUK_OK)
        before = -1;
    *terms = (struct souk_payment_terms){
        .size = sizeof *terms,
        .orders_before = (int32_t)before,
        .total = quote->total,
        .currency = quote->currency,
        .country = market->country,
        .delivery_method = delivery_method,
        .delivery_takes_cash = (delivery_flags & SOUK_DELIVERY_TAKES_CASH) != 0,
        .delivery_takes_card = (delivery_flags & SOUK_DELIVERY_TAKES_CARD) != 0};
}

/* ---- charging ---- */

/* Of the rates of a class those that apply to delivery. */
static void keep_delivery(const struct tax_rates *all, struct tax_rates *rates)
{
    *rates = (struct tax_rates){.exempt = all->exempt, .note = all->note};
    for (int i = 0; i < all->count; i++)
        if (all->at[i].delivery)
            rates->at[rates->count++] = all->at[i];
}

/* The rates of a charge; `home`: those that are taken out of it where no tax is charged. */
static int charge_rates(struct db_conn *conn, struct arena *arena, const struct market *market,
                        struct souk_str tax_class, struct tax_known **known,
                        struct tax_rates *rates, struct tax_rates *home)
{
    struct tax_rates all, all_home;
    int64_t class_id;
    *rates = *home = (struct tax_rates){0};
    int code = tax_class_find(conn, tax_class.len ? tax_class : souk_str("standard"), 0, &class_id);
    if (code == SOUK_NOT_FOUND)
        return SOUK_OK;
    if (code == SOUK_OK)
        code = tax_rates_once(conn, arena, class_id, market, known, &all, &all_home);
    if (code != SOUK_OK)
        return code;
    keep_delivery(&all, rates);
    keep_delivery(&all_home, home);
    return SOUK_OK;
}

int checkout_charge(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                    const struct market *terms, struct quote *quote,
                    const struct checkout_charged *what, struct err *err)
{
    struct market market = cart_market(arena, cart, terms);
    struct quote_delivery charge = {
        .method = what->method, .label = what->label, .amount = what->amount, .fee = what->fee};
    struct tax_rates home;
    int code =
        charge_rates(conn, arena, &market, what->tax_class, &quote->known, &charge.rates, &home);
    if (code == SOUK_OK && !what->listed)
        code = tax_net(charge.amount, &home, &charge.amount);
    if (code == SOUK_UNAVAILABLE && market.sells)
        return err_set(err, code, CART_NO_TAX);
    if (code != SOUK_OK)
        return err_set(err, code, "its tax cannot be read: %s", db_error(conn));
    return cart_charge(conn, arena, cart, &market, &charge, quote, err);
}

static int deliver_in(const struct provider_scope *from, struct db_conn *conn,
                      const struct cart *cart, const struct market *market, struct quote *quote,
                      struct err *err)
{
    struct provider_scope scope = *from;
    struct arena *arena = scope.arena;
    const struct json *choice = json_at(cart->draft, "delivery");
    struct souk_str method = json_text(json_at(choice, "method"));
    int may_ask = scope.kind == SOUK_TASK && !db_is_writer(conn);
    if (!method.len || !may_ask || !quote->count)
        return SOUK_OK;
    struct souk_delivery_terms terms;
    struct souk_delivery_quote chosen = {.size = sizeof chosen};
    struct err why = {0};
    scope.conn = conn;
    scope.span = provider_look_span(&scope, clock_mono());
    checkout_delivery_terms(arena, cart, quote, market, &terms);
    if (delivery_check(&scope, method, &terms, choice, &chosen, &why) != SOUK_OK)
        return SOUK_OK; /* not to be had any more: the page offers what there is */
    struct checkout_charged charge = {.method = method,
                                      .label = chosen.label,
                                      .tax_class = chosen.tax_class,
                                      .amount = chosen.amount};
    return checkout_charge(conn, arena, cart, market, quote, &charge, err);
}

int checkout_price_in(const struct provider_scope *scope, struct db_conn *conn,
                      const struct cart *cart, const struct market *market, struct quote *quote,
                      struct json *gone, struct err *err)
{
    int code = cart_price(conn, scope->arena, cart, market, NULL, 0, quote, gone, err);
    return code ? code : deliver_in(scope, conn, cart, market, quote, err);
}

int checkout_price(struct request *request, struct db_conn *conn, const struct cart *cart,
                   const struct market *market, struct quote *quote, struct json *gone,
                   struct err *err)
{
    struct provider_scope scope;
    checkout_scope(request, conn, &scope);
    return checkout_price_in(&scope, conn, cart, market, quote, gone, err);
}

int checkout_deliver(struct request *request, struct db_conn *conn, const struct cart *cart,
                     const struct market *market, struct quote *quote, struct err *err)
{
    struct provider_scope scope;
    checkout_scope(request, conn, &scope);
    return deliver_in(&scope, conn, cart, market, quote, err);
}

/* ---- lists ---- */

static int lessen(struct json *tree, const char *key, const struct tax_rates *home)
{
    int code = SOUK_OK;
    for (struct json_item *item = (struct json_item *)(uintptr_t)json_first(tree);
         item && code == SOUK_OK; item = item->next) {
        int is_it = tree->kind == JSON_OBJECT && souk_str_is(item->key, key) &&
                    item->value.kind == JSON_INT;
        code = is_it ? tax_net(item->value.number, home, &item->value.number)
                     : lessen(&item->value, key, home);
    }
    return code;
}

/* What a list tells is what is charged: without tax, for whom there is none. What is fetched is
 * taxed at the shop's. */
static int take_tax_out(struct request *request, const struct cart *cart,
                        const struct market *terms, struct quote *quote, const char *key,
                        struct json *items, struct err *err)
{
    struct db_conn *conn = request_conn(request);
    struct market market = cart_market(&request->arena, cart, terms);
    struct provider_scope scope;
    struct tax_rates rates, home;
    int code =
        charge_rates(conn, &request->arena, &market, souk_str(""), &quote->known, &rates, &home);
    checkout_scope(request, conn, &scope);
    for (struct json_item *item = items->first; item && rates.exempt && code == SOUK_OK;
         item = item->next) {
        int32_t flags = 0;
        if (delivery_flags(scope.set, json_text(json_at(&item->value, "method")), &flags) !=
            SOUK_OK)
            flags = 0;
        if (!(flags & SOUK_DELIVERY_NO_ADDRESS))
            code = lessen(&item->value, key, &home);
    }
    return code == SOUK_OK ? code
                           : err_set(err, code, "the tax of what is charged cannot be reckoned");
}

/* Every "amount" and "fee" that is a number becomes {"amount", "currency"}. */
static void spell_money(struct arena *arena, struct json *tree, struct souk_str currency)
{
    for (struct json_item *item = (struct json_item *)(uintptr_t)json_first(tree); item;
         item = item->next) {
        int is_money = souk_str_is(item->key, "amount") || souk_str_is(item->key, "fee");
        if (tree->kind == JSON_OBJECT && is_money && item->value.kind == JSON_INT) {
            int64_t minor = item->value.number;
            item->value = (struct json){.kind = JSON_OBJECT};
            json_add_int(arena, &item->value, "amount", minor);
            json_add_str(arena, &item->value, "currency", currency);
        } else {
            spell_money(arena, &item->value, currency);
        }
    }
}

/* "2026-11-28", or "2026-11-28/2026-11-30"; null where the provider does not say. */
static void add_eta(struct arena *arena, struct json *items)
{
    json_each(item, items)
    {
        struct json *option = (struct json *)(uintptr_t)&item->value;
        struct souk_str from = json_text(json_at(option, "eta_from"));
        struct souk_str until = json_text(json_at(option, "eta_until"));
        if (!from.len && !until.len)
            json_add_null(arena, option, "eta");
        else if (!from.len || !until.len || souk_str_equal(from, until))
            json_add_str(arena, option, "eta", from.len ? from : until);
        else
            json_add_str(arena, option, "eta",
                         arena_printf(arena, "%.*s/%.*s", SOUK_PRI(from), SOUK_PRI(until)));
    }
}

/* What is the core's own affair, and a fee of nothing. */
static struct json *shown_methods(struct arena *arena, const struct json *offers)
{
    struct json *items = json_new(arena, JSON_ARRAY);
    json_each(offer, offers)
    {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_each(member, &offer->value)
        {
            int nothing = souk_str_is(member->key, "fee") && json_int(&member->value, 0) == 0;
            if (!nothing && !souk_str_is(member->key, "flags"))
                *json_add_key(arena, item, member->key, JSON_NULL) = member->value;
        }
    }
    return items;
}

static void add_missing(struct arena *arena, struct json *items, const char *name)
{
    json_each(item, items) if (!json_at(&item->value, name))
        json_add(arena, (struct json *)(uintptr_t)&item->value, name, JSON_ARRAY);
}

int checkout_delivery_options(struct request *request, const struct cart *cart,
                              const struct market *market, struct quote *quote, struct json *items,
                              struct err *err)
{
    struct arena *arena = &request->arena;
    struct provider_scope scope;
    struct souk_delivery_terms terms;
    checkout_scope(request, request_conn(request), &scope);
    checkout_delivery_terms(arena, cart, quote, market, &terms);
    int code = delivery_options(&scope, &terms, items);
    if (code == SOUK_OK)
        code = take_tax_out(request, cart, market, quote, "amount", items, err);
    spell_money(arena, items, quote->currency);
    add_eta(arena, items);
    add_missing(arena, items, "fields");
    add_missing(arena, items, "points");
    return code;
}

int checkout_can_in_page(const struct json *chosen, const struct json *offer)
{
    const struct json *asked = json_at(chosen, "in_page");
    if (asked && asked->kind != JSON_BOOL && asked->kind != JSON_NULL)
        return 0;
    return !payment_in_page(chosen) || payment_in_page(offer);
}

int checkout_payment_methods(struct request *request, const struct cart *cart,
                             const struct market *market, struct quote *quote,
                             struct souk_str delivery_method, struct json *items, struct err *err)
{
    struct arena *arena = &request->arena;
    struct db_conn *conn = request_conn(request);
    struct provider_scope scope;
    struct souk_payment_terms terms;
    int32_t flags = 0;
    checkout_scope(request, conn, &scope);
    if (delivery_method.len)
        delivery_flags(scope.set, delivery_method, &flags);
    checkout_payment_terms(conn, cart, market, quote, delivery_method, flags, &terms);
    struct json *offers = json_new(arena, JSON_ARRAY);
    int code = payment_offers(&scope, &terms, offers);
    *items = *shown_methods(arena, offers);
    if (code == SOUK_OK)
        code = take_tax_out(request, cart, market, quote, "fee", items, err);
    spell_money(arena, items, quote->currency);
    add_missing(arena, items, "fields");
    return code;
}
