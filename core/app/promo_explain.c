/*
 * promo_explain.c: one pricing with the whole trace. A rule that is switched on for it alone stands
 * in a copy of the set; the shop's own set is not touched, and its functions are asked as they are.
 */
#include "app/promo_explain.h"

#include <string.h>
#include "app/promo_explain.sql.h"
#include "app/promo_frozen.h"
#include "app/promo_source.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "shop/cart.h"
#include "shop/promo_engine.h"
#include "shop/promo_offer.h"

int promo_moment(struct souk_str text, int64_t *at)
{
    int code = clock_parse(text, at);
    if (code == SOUK_OK && text.len == sizeof "2026-11-27" - 1)
        *at = zone_utc(*at);
    return code;
}

/* ---- rules ---- */

static int switch_on(struct promo *promos, size_t count, struct souk_str id)
{
    for (size_t i = 0; i < count; i++)
        if (souk_str_equal(promos[i].id, id)) {
            promos[i].enabled = 1;
            return 1;
        }
    return 0;
}

static struct promo *copy_promos(struct arena *arena, const struct promo *from, size_t count)
{
    struct promo *to = arena_array(arena, struct promo, count + 1);
    if (count)
        memcpy(to, from, count * sizeof *to);
    return to;
}

/* The same rules with one of them switched on; never published, never given back. */
static int with_one_on(struct arena *arena, const struct promo_live *rules, struct souk_str id,
                       struct promo_live **out, struct err *err)
{
    struct promo_live *live = arena_new(arena, struct promo_live);
    struct promo_set *set = arena_new(arena, struct promo_set);
    *set = *rules->set;
    struct promo *cart = copy_promos(arena, set->cart, set->cart_count);
    struct promo *catalogue = copy_promos(arena, set->catalogue, set->catalogue_count);
    if (!switch_on(cart, set->cart_count, id) && !switch_on(catalogue, set->catalogue_count, id))
        return err_set(err, SOUK_NOT_FOUND, "there is no promotion \"%.*s\"", SOUK_PRI(id));
    set->cart = cart;
    set->catalogue = catalogue;
    set->index = promo_index_new(arena, set);
    live->set = set;
    live->scripts = rules->scripts;
    *out = live;
    return SOUK_OK;
}

struct rules {
    struct promo_live *pinned; /* to be unpinned */
    struct promo_live *use;
};

static int take_rules(struct arena *arena, const struct promo_terms *terms, struct rules *rules,
                      struct err *err)
{
    rules->pinned = terms->rules ? NULL : promo_live_pin();
    rules->use = terms->rules ? terms->rules : rules->pinned;
    return terms->on.len ? with_one_on(arena, rules->use, terms->on, &rules->use, err) : SOUK_OK;
}

static void leave_rules(struct rules *rules)
{
    if (rules->pinned)
        promo_live_unpin(rules->pinned);
}

static struct json *make_answer(struct arena *arena, const char *subject, struct souk_str name,
                                const struct json *kept, const struct json *quote)
{
    struct json *answer = json_new(arena, JSON_OBJECT);
    json_add_cstr(arena, answer, "subject", subject);
    json_add_str(arena, answer, "name", name);
    json_add_str(arena, answer, "at", json_text(json_at(quote, "at")));
    if (kept)
        json_add_tree(arena, answer, "kept", kept);
    else
        json_add_null(arena, answer, "kept");
    json_add_tree(arena, answer, "quote", quote);
    return answer;
}

/* ---- a file ---- */

int promo_explain_file(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                       const struct json *doc, struct json **answer, struct err *err)
{
    struct rules rules = {0};
    struct json *asked = json_new(arena, JSON_OBJECT), *quote = NULL;
    if (!doc || doc->kind != JSON_OBJECT)
        return err_set(err, SOUK_INVALID, "the cart must be a JSON object with \"lines\"");
    json_each(item, doc) * json_add_key(arena, asked, item->key, JSON_NULL) = item->value;
    if (terms->at)
        json_add_time(arena, asked, "at", terms->at);
    int code = take_rules(arena, terms, &rules, err);
    if (code == SOUK_OK)
        code = quote_run(conn, arena, asked, terms->now, rules.use, &quote, err);
    leave_rules(&rules);
    if (code == SOUK_OK)
        *answer = make_answer(arena, "file", souk_str(""), NULL, quote);
    return code;
}

/* ---- a cart of the shop ---- */

static void take_place(const struct cart *cart, struct market *market)
{
    const struct json *address = json_at(cart->draft, "address");
    struct souk_str country = json_text(json_at(address, "country"));
    if (country.len)
        market->country = country;
    market->region = json_text(json_at(address, "region"));
    market->postcode = json_text(json_at(address, "postcode"));
    if (cart->channel.len)
        market->channel = cart->channel;
}

static int take_group(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                      struct market *market)
{
    struct db_rows rows;
    if (!cart->person_id)
        return SOUK_OK;
    int code =
        db_first(db_query(conn, &sql_promo_explain_group, &rows, DB_INT(cart->person_id)), &rows);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    market->group = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return SOUK_OK;
}

/* The deliveries that the cart was shown with last. */
static struct quote_delivery *last_charges(struct arena *arena, const struct cart *cart,
                                           size_t *count)
{
    struct json *quote = NULL;
    *count = 0;
    if (!cart->quote.len || json_parse(arena, cart->quote, &quote, NULL) != SOUK_OK)
        return NULL;
    const struct json *list = json_at(quote, "delivery");
    struct quote_delivery *charges =
        arena_array(arena, struct quote_delivery, list ? list->count + 1 : 1);
    json_each(item, list)
    {
        const struct json *one = &item->value;
        charges[(*count)++] =
            (struct quote_delivery){.method = json_text(json_at(one, "method")),
                                    .label = json_text(json_at(one, "label")),
                                    .fee = json_true(json_at(one, "fee")),
                                    .amount = json_int(json_at(one, "amount"), 0)};
    }
    return charges;
}

static int price_cart(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                      const struct market *market, struct promo_live *rules, struct quote *quote,
                      struct err *err)
{
    struct promo_facts facts = {.explain = 1};
    struct promo_who who;
    struct promo_said said = {0};
    size_t count;
    struct quote_delivery *charges = last_charges(arena, cart, &count);
    int code = cart_price(conn, arena, cart, market, charges, count, quote, NULL, err);
    if (code != SOUK_OK)
        return code;
    quote->lines = arena_array(arena, struct quote_line, quote->goods_count + 1);
    quote->count = quote->goods_count;
    if (quote->count)
        memcpy(quote->lines, quote->goods, quote->count * sizeof *quote->lines);
    for (size_t i = 0; i < quote->delivery_count; i++)
        quote->delivery[i].discount = 0;
    quote->coupon_count = 0;
    for (size_t i = 0; i < cart->coupon_count; i++)
        quote->coupons[quote->coupon_count++] = (struct quote_coupon){.code = cart->coupons[i]};
    quote->promotions = quote->nudges = NULL;
    cart_who(cart, market, &who);
    code = promo_offer_facts(conn, arena, rules->set, cart, &facts);
    if (code == SOUK_OK)
        code = promo_price(conn, arena, rules, quote, market, &who, &facts, &said, err);
    return code ? code : quote_compute(quote, err);
}

int promo_explain_cart(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                       struct souk_str token, struct json **answer, struct err *err)
{
    struct rules rules = {0};
    struct cart cart;
    struct quote quote;
    if (cart_load(conn, arena, token, terms->now, &cart) != SOUK_OK)
        return err_set(err, SOUK_NOT_FOUND, "there is no such cart, or not any more");
    struct market market =
        market_at(arena_cstr(arena, cart.locale), terms->at ? terms->at : terms->now);
    market.asks = market.bare = 1;
    take_place(&cart, &market);
    int code = take_group(conn, arena, &cart, &market);
    if (code == SOUK_OK)
        code = take_rules(arena, terms, &rules, err);
    if (code == SOUK_OK)
        code = price_cart(conn, arena, &cart, &market, rules.use, &quote, err);
    leave_rules(&rules);
    if (code != SOUK_OK)
        return err->text[0] ? code : err_set(err, code, "the cart cannot be read");
    *answer = make_answer(arena, "cart", arena_str(arena, token), NULL, quote_print(arena, &quote));
    return SOUK_OK;
}

/* ---- an order ---- */

/* Codes that are of a batch, and those that scripts name; what was used so far is not counted. */
static int take_codes(struct db_conn *conn, struct arena *arena, struct frozen_order *order)
{
    struct promo_code *codes = arena_array(arena, struct promo_code, order->quote.coupon_count + 1);
    struct map known = {0};
    int code = frozen_codes(conn, arena, order, 1, &known);
    for (size_t i = 0; i < order->quote.coupon_count; i++) {
        struct souk_str name = order->quote.coupons[i].code;
        const struct promo_code *row = map_get(&known, name);
        codes[order->facts.code_count++] =
            row ? *row
                : (struct promo_code){.code = name, .uses = PROMO_NONE, .per_customer = PROMO_NONE};
    }
    order->facts.codes = codes;
    map_free(&known);
    return code;
}

int promo_explain_order(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                        struct souk_str number, struct json **answer, struct err *err)
{
    struct rules rules = {0};
    struct frozen_order order;
    struct promo_said said = {0};
    if (frozen_find(conn, arena, number, &order) != SOUK_OK)
        return err_set(err, SOUK_NOT_FOUND, "there is no order with the number \"%.*s\"",
                       SOUK_PRI(number));
    int code = take_rules(arena, terms, &rules, err);
    if (terms->at)
        order.quote.at = terms->at;
    struct market market = market_at(NULL, order.quote.at);
    market.asks = 1;
    order.facts.explain = 1;
    if (code == SOUK_OK && (code = take_codes(conn, arena, &order)) != SOUK_OK)
        err_set(err, code, "the order's codes cannot be read: %s", db_error(conn));
    if (code == SOUK_OK)
        code = promo_price(NULL, arena, rules.use, &order.quote, &market, NULL, &order.facts, &said,
                           err);
    if (code == SOUK_OK)
        code = quote_compute(&order.quote, err);
    leave_rules(&rules);
    if (code == SOUK_OK)
        *answer =
            make_answer(arena, "order", order.number, order.kept, quote_print(arena, &order.quote));
    return code;
}

/* ---- as programs ask ---- */

static int explain(struct db_conn *conn, struct arena *arena, const struct promo_terms *terms,
                   const struct json *body, struct json **answer, struct err *err)
{
    const struct json *cart = json_at(body, "cart");
    struct souk_str token = json_text(json_at(body, "token"));
    struct souk_str order = json_text(json_at(body, "order"));
    if ((cart != NULL) + (token.len > 0) + (order.len > 0) != 1)
        return err_set(
            err, SOUK_INVALID,
            "/cart: say one of \"cart\" (a document), \"token\" (of a cart) and \"order\" (its "
            "number)");
    if (cart)
        return promo_explain_file(conn, arena, terms, cart, answer, err);
    return token.len ? promo_explain_cart(conn, arena, terms, token, answer, err)
                     : promo_explain_order(conn, arena, terms, order, answer, err);
}

int promo_explain_asked(struct db_conn *conn, struct arena *arena, const struct json *body,
                        int64_t now, struct json **answer, struct json *errors, struct err *err)
{
    struct promo_terms terms = {.now = now, .on = json_text(json_at(body, "on"))};
    struct promo_sources sources = {.arena = arena};
    struct souk_str at = json_text(json_at(body, "at"));
    const struct json *scripts = json_at(body, "scripts");
    if (at.len && promo_moment(at, &terms.at) != SOUK_OK)
        return err_set(err, SOUK_INVALID, "/at: must be a time like 2026-11-27T00:00:00Z");
    if (!scripts || scripts->kind == JSON_NULL)
        return explain(conn, arena, &terms, body, answer, err);
    int code = promo_sources_json(&sources, scripts, err);
    if (code == SOUK_OK)
        code = promotion_draft(arena, sources.at, sources.count, &terms.rules, errors, err);
    if (code != SOUK_OK)
        return code;
    code = explain(conn, arena, &terms, body, answer, err);
    promo_live_unpin(terms.rules);
    return code;
}
