/*
 * promo_offer.c: what pricing knows of offers: which lines of a cart came by one, what each takes
 * off, and when the clock ends it.
 *
 * The idea: what was agreed on when the offer was taken is an amount for so many units. It goes
 * into the engine as one fixed discount of the line, so it does not grow with the quantity; a line
 * of fewer units keeps its exact share. The rule's conditions go along, and the engine tests them.
 */
#include "shop/promo_offer.h"

#include "base/clock.h"
#include "shop/promo_offer.sql.h"

static const struct promo_offer *find(const struct promo_set *set, struct souk_str id)
{
    for (size_t i = 0; i < set->offer_count; i++)
        if (souk_str_equal(set->offers[i].id, id))
            return &set->offers[i];
    return NULL;
}

static const struct cart_line *line_of(const struct cart *cart, int64_t id)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].id == id && !cart->lines[i].later)
            return &cart->lines[i];
    return NULL;
}

/* The rule with what it gives to this line. */
static struct promo_offer agreed(struct arena *arena, const struct promo_offer *rule,
                                 int64_t discount)
{
    struct promo_offer offer = *rule;
    struct promo_action *action = arena_new(arena, struct promo_action);
    *action = (struct promo_action){.kind = PROMO_LINE_FIXED,
                                    .name = "line_fixed",
                                    .amount = discount,
                                    .cap = PROMO_NONE,
                                    .filter = {.price_from = PROMO_NONE, .price_to = PROMO_NONE},
                                    .get = {.price_from = PROMO_NONE, .price_to = PROMO_NONE},
                                    .function = (int)PROMO_NONE,
                                    .line = rule->line};
    offer.actions = action;
    offer.action_count = 1;
    return offer;
}

int promo_offer_facts(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                      const struct cart *cart, struct promo_facts *facts)
{
    struct db_rows rows;
    facts->offer_count = 0;
    if (!set->offer_count || !cart->id || !cart->count)
        return SOUK_OK;
    int code = db_query(conn, &sql_promo_offer_lines, &rows, DB_INT(cart->id));
    if (code != SOUK_OK)
        return code;
    struct promo_offer *offers = arena_array(arena, struct promo_offer, cart->count);
    int64_t *lines = arena_array(arena, int64_t, cart->count);
    while ((code = db_next(&rows)) == 1) {
        const struct cart_line *line = line_of(cart, db_int(&rows, 0));
        const struct promo_offer *rule = find(set, db_text(&rows, 1));
        int64_t quantity = db_int(&rows, 2), discount = db_int(&rows, 3);
        if (!line || !rule || facts->offer_count == cart->count)
            continue;
        if (line->quantity < quantity)
            discount = quote_units(discount, quantity, 0, line->quantity);
        lines[facts->offer_count] = line->id;
        offers[facts->offer_count++] = agreed(arena, rule, discount);
    }
    facts->offers = offers;
    facts->offer_lines = lines;
    return code;
}

/* ---- the clock ---- */

static void note_end(int64_t *until, int64_t now, int64_t at)
{
    if (at > now && (!*until || at < *until))
        *until = at;
}

void promo_offer_until(const struct promo_facts *facts, struct quote *quote)
{
    for (size_t i = 0; i < facts->offer_count; i++) {
        const struct promo_offer *offer = &facts->offers[i];
        note_end(&quote->until, quote->at, offer->from);
        note_end(&quote->until, quote->at, promo_offer_ends(offer, &facts->customer));
    }
}

/* When the event of a personal timer was; 0: never. */
static int64_t event_at(const struct promo_customer *customer, struct souk_str event)
{
    return souk_str_is(event, "registered")    ? customer->registered_at
           : souk_str_is(event, "first_order") ? customer->first_order_at
           : souk_str_is(event, "last_order")  ? customer->last_order_at
                                               : customer->lead_at;
}

int64_t promo_offer_ends(const struct promo_offer *offer, const struct promo_customer *customer)
{
    int64_t ends = offer->to;
    for (size_t i = 0; i < offer->condition_count; i++) {
        const struct promo_condition *condition = &offer->conditions[i];
        int64_t at = event_at(customer, condition->text);
        if (condition->kind != PROMO_SINCE || !at)
            continue;
        /* at most so long ago, in whole seconds: the last one counts */
        int64_t over = at + (condition->number + 1) * CLOCK_SECOND;
        if (!ends || over < ends)
            ends = over;
    }
    return ends;
}

int promo_offer_follow(struct db_conn *conn, int64_t from_cart, int64_t into_cart)
{
    return db_run(conn, &sql_promo_offer_follow, NULL, DB_INT(from_cart), DB_INT(into_cart));
}

/* ---- what was taken ---- */

static int64_t ends_of(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                       const struct market *market, const struct promo_who *who,
                       const struct promo_offer *rule)
{
    struct promo_facts facts = {0};
    struct quote none = {.at = market->now, .currency = souk_str(market->currency)};
    int timed = 0;
    for (size_t i = 0; i < rule->condition_count; i++)
        timed |= rule->conditions[i].kind == PROMO_SINCE;
    if (timed && promo_facts_read(conn, arena, set, &none, market, who, &facts) != SOUK_OK)
        return 0;
    return promo_offer_ends(rule, &facts.customer);
}

int promo_offer_list(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                     const struct cart *cart, const struct market *market,
                     const struct promo_who *who, struct promo_offer_taken *taken, size_t room,
                     size_t *count)
{
    struct db_rows rows;
    *count = 0;
    int code = db_query(conn, &sql_promo_offer_taken, &rows, DB_INT(cart->id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (*count < room && line_of(cart, db_int(&rows, 2)))
            taken[(*count)++] =
                (struct promo_offer_taken){.offer = arena_str(arena, db_text(&rows, 0)),
                                           .slot = arena_str(arena, db_text(&rows, 1)),
                                           .line_id = db_int(&rows, 2),
                                           .quantity = db_int(&rows, 3),
                                           .amount = db_int(&rows, 4),
                                           .discount = db_int(&rows, 5)};
        code = SOUK_OK;
    }
    for (size_t i = 0; code == SOUK_OK && i < *count; i++) {
        const struct promo_offer *rule = find(set, taken[i].offer);
        taken[i].text = rule ? arena_str(arena, rule->text) : souk_str("");
        taken[i].on = rule && rule->enabled && (!rule->from || rule->from <= market->now) &&
                      (!rule->to || market->now < rule->to);
        taken[i].ends_at = rule ? ends_of(conn, arena, set, market, who, rule) : 0;
    }
    return code;
}

int promo_offer_looked_at(struct db_conn *conn, struct arena *arena, int64_t product_id,
                          struct souk_str sku, int64_t *variant_id, struct souk_str *key)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_promo_offer_looked_at, &rows, DB_INT(product_id),
                                 DB_TEXT(sku.ptr ? sku : souk_str(""))),
                        &rows);
    if (code != SOUK_OK)
        return code;
    *key = arena_str(arena, db_text(&rows, 0));
    *variant_id = db_int(&rows, 1);
    db_close(&rows);
    return SOUK_OK;
}
