/*
 * promo_apply_words.c: what the engine says in words: names of conditions as scripts write them,
 * why one did not hold, and what is missing to the next promotion. English; what shoppers read is
 * made from the codes and numbers beside it.
 */
#include "base/money.h"
#include "base/str.h"
#include "shop/promo_apply.h"

struct souk_str promo_condition_name(const struct promo_condition *condition)
{
    static const struct souk_str names[] = {
        [PROMO_ITEMS_TOTAL_AT_LEAST] = SOUK_STR("items_total_at_least"),
        [PROMO_CART_QUANTITY_AT_LEAST] = SOUK_STR("cart_quantity_at_least"),
        [PROMO_LINE_QUANTITY_AT_LEAST] = SOUK_STR("line_quantity_at_least"),
        [PROMO_CONTAINS_PRODUCT] = SOUK_STR("contains_product"),
        [PROMO_CONTAINS_CATEGORY] = SOUK_STR("contains_category"),
        [PROMO_CATEGORY_TOTAL_AT_LEAST] = SOUK_STR("category_total_at_least"),
        [PROMO_CUSTOMER_GROUP_IN] = SOUK_STR("customer_group_in"),
        [PROMO_CUSTOMER_ID_IN] = SOUK_STR("customer_id_in"),
        [PROMO_NTH_ORDER] = SOUK_STR("nth_order"),
        [PROMO_DELIVERY_METHOD_IN] = SOUK_STR("delivery_method_in"),
        [PROMO_CURRENCY_IN] = SOUK_STR("currency_in"),
        [PROMO_COUNTRY_IN] = SOUK_STR("country_in"),
        [PROMO_POSTCODE_IN] = SOUK_STR("postcode_in"),
        [PROMO_WEEKDAY_IN] = SOUK_STR("weekday_in"),
        [PROMO_HOURS] = SOUK_STR("hours"),
        [PROMO_ORDERS_AT_LEAST] = SOUK_STR("orders_at_least"),
        [PROMO_SPENT_AT_LEAST] = SOUK_STR("spent_at_least"),
        [PROMO_GUEST] = SOUK_STR("guest"),
        [PROMO_SINCE] = SOUK_STR("since"),
        [PROMO_FUNCTION] = SOUK_STR("function")};
    return names[condition->kind];
}

int promo_condition_speaks(const struct promo_condition *condition)
{
    switch (condition->kind) {
    case PROMO_CUSTOMER_GROUP_IN:
    case PROMO_CUSTOMER_ID_IN:
    case PROMO_DELIVERY_METHOD_IN:
    case PROMO_CURRENCY_IN:
    case PROMO_COUNTRY_IN:
    case PROMO_POSTCODE_IN:
    case PROMO_WEEKDAY_IN:
    case PROMO_HOURS:
    case PROMO_FUNCTION: return 1;
    default: return 0;
    }
}

/* ---- why ---- */

/* "12.50 EUR": short work, because most rules of a cart say why not. */
static void add_money(struct buf *out, const struct quote *quote, int64_t amount)
{
    char currency[4], room[32];
    size_t at = sizeof room;
    str_copy(currency, sizeof currency, quote->currency);
    int digits = money_digits(currency);
    uint64_t rest = amount < 0 ? 0 : (uint64_t)amount;
    for (int i = 0; i <= digits || rest; i++, rest /= 10) {
        if (i && i == digits)
            room[--at] = '.';
        room[--at] = (char)('0' + rest % 10);
    }
    buf_add(out, room + at, sizeof room - at);
    buf_add_char(out, ' ');
    buf_add_str(out, quote->currency);
}

/* "the items have to come to at least 50.00 EUR, now 12.00 EUR" */
static struct souk_str too_little(const struct promo_run *run, const struct promo_held *held,
                                  const char *what, int money)
{
    struct buf out = {.arena = run->arena};
    buf_reserve(&out, 100);
    buf_add_cstr(&out, what);
    buf_add_cstr(&out, " at least ");
    money ? add_money(&out, run->quote, held->wanted) : buf_add_int(&out, held->wanted);
    buf_add_cstr(&out, ", now ");
    money ? add_money(&out, run->quote, held->actual) : buf_add_int(&out, held->actual);
    return buf_str(&out);
}

static struct souk_str of_text(const struct promo_run *run, const char *what,
                               struct souk_str wanted)
{
    struct buf out = {.arena = run->arena};
    buf_add_cstr(&out, what);
    buf_add_str(&out, wanted);
    return buf_str(&out);
}

static struct souk_str why_since(const struct promo_condition *condition,
                                 const struct promo_held *held)
{
    (void)condition;
    return souk_str(held->actual < 0 ? "its time has not begun for this customer"
                                     : "its time is over for this customer");
}

static struct souk_str why_customer(const struct promo_run *run,
                                    const struct promo_condition *condition,
                                    const struct promo_held *held)
{
    switch (condition->kind) {
    case PROMO_CUSTOMER_GROUP_IN: return souk_str("it is for other groups of customers");
    case PROMO_CUSTOMER_ID_IN: return souk_str("it is for other customers");
    case PROMO_NTH_ORDER:
        return held->actual > 0
                   ? arena_printf(run->arena, "it is for order number %lld, this would be %lld",
                                  (long long)held->wanted, (long long)held->actual)
                   : souk_str("it is for customers who are known");
    case PROMO_ORDERS_AT_LEAST: return too_little(run, held, "earlier orders have to be", 0);
    case PROMO_SPENT_AT_LEAST: return too_little(run, held, "earlier orders have to come to", 1);
    case PROMO_GUEST:
        return souk_str(held->wanted ? "it is for guests"
                                     : "it is for customers who are signed in");
    default: return why_since(condition, held);
    }
}

struct souk_str promo_condition_why(const struct promo_run *run,
                                    const struct promo_condition *condition,
                                    const struct promo_held *held)
{
    switch (condition->kind) {
    case PROMO_ITEMS_TOTAL_AT_LEAST: return too_little(run, held, "the items have to come to", 1);
    case PROMO_CART_QUANTITY_AT_LEAST:
        return too_little(run, held, "the number of items has to be", 0);
    case PROMO_LINE_QUANTITY_AT_LEAST:
        return too_little(run, held, "the number of one item has to be", 0);
    case PROMO_CONTAINS_PRODUCT:
        return too_little(run, held, "the number of its products has to be", 0);
    case PROMO_CONTAINS_CATEGORY:
        return too_little(run, held, "the number of items of its categories has to be", 0);
    case PROMO_CATEGORY_TOTAL_AT_LEAST:
        return too_little(run, held, "the items of its category have to come to", 1);
    case PROMO_DELIVERY_METHOD_IN: return souk_str("it is for other ways of delivery");
    case PROMO_CURRENCY_IN: return souk_str("it is for other currencies");
    case PROMO_COUNTRY_IN: return souk_str("it is for other countries");
    case PROMO_POSTCODE_IN: return souk_str("it is for other places");
    case PROMO_WEEKDAY_IN: return of_text(run, "it is for other days: ", held->wanted_text);
    case PROMO_HOURS: return of_text(run, "it is for other hours: ", held->wanted_text);
    case PROMO_FUNCTION:
        return held->reason.len ? held->reason : souk_str("its function does not agree");
    default: return why_customer(run, condition, held);
    }
}

/* ---- nudges ---- */

static int is_units(const struct promo_condition *condition)
{
    return condition->kind != PROMO_ITEMS_TOTAL_AT_LEAST &&
           condition->kind != PROMO_CATEGORY_TOTAL_AT_LEAST;
}

static struct souk_str missing_text(struct promo_walk *walk, const struct promo_turn *turn)
{
    struct arena *arena = walk->run.arena;
    char currency[4];
    str_copy(currency, sizeof currency, walk->run.quote->currency);
    if (is_units(turn->nudge))
        return arena_printf(arena, "%lld", (long long)turn->missing);
    return money_format(arena, turn->missing, currency,
                        walk->run.facts->locale.len ? arena_cstr(arena, walk->run.facts->locale)
                                                    : "en");
}

static struct souk_str fill(struct arena *arena, struct souk_str text, struct souk_str missing)
{
    static const char mark[] = "{missing}";
    struct buf out = {.arena = arena};
    size_t i = 0;
    while (i < text.len) {
        if (str_starts(str_from(text, i), mark)) {
            buf_add_str(&out, missing);
            i += sizeof mark - 1;
        } else {
            buf_add_char(&out, text.ptr[i++]);
        }
    }
    return buf_str(&out);
}

static int gives_free_delivery(const struct promo *promo)
{
    return promo->action_count > 0 && promo->actions[0].kind == PROMO_DELIVERY_PERCENT &&
           promo->actions[0].ppm >= PROMO_WHOLE;
}

static struct souk_str nudge_text(struct promo_walk *walk, const struct promo_turn *turn)
{
    const struct promo *promo = turn->promo;
    struct souk_str missing = missing_text(walk, turn);
    struct buf out = {.arena = walk->run.arena};
    if (promo->nudge.len)
        return fill(walk->run.arena, promo->nudge, missing);
    buf_add_str(&out, missing);
    if (is_units(turn->nudge))
        buf_add_cstr(&out, turn->missing == 1 ? " more item for " : " more items for ");
    else
        buf_add_cstr(&out, " more for ");
    if (gives_free_delivery(promo))
        buf_add_cstr(&out, "free delivery");
    else
        buf_add_str(&out, promo->name.len ? promo->name : promo->id);
    return buf_str(&out);
}

void promo_nudge_add(struct promo_walk *walk, const struct promo_turn *turn)
{
    struct arena *arena = walk->run.arena;
    struct quote *quote = walk->run.quote;
    if (!quote->nudges)
        quote->nudges = json_new(arena, JSON_ARRAY);
    struct json *nudge = json_add(arena, quote->nudges, NULL, JSON_OBJECT);
    json_add_str(arena, nudge, "promotion", turn->id);
    json_add_str(arena, nudge, "name", arena_str(arena, turn->promo->name));
    json_add_bool(arena, nudge, "own", turn->promo->nudge.len > 0);
    json_add_bool(arena, nudge, "free_delivery", gives_free_delivery(turn->promo));
    json_add_str(arena, nudge, "text", nudge_text(walk, turn));
    json_add_int(arena, nudge, is_units(turn->nudge) ? "missing_quantity" : "missing_amount",
                 turn->missing);
}
