/*
 * test_promo_property: what holds for every cart and every set of rules, tried on ones made by
 * chance: nothing below zero or its floor, sums that fit, a trace that tells the same amounts, the
 * same input the same bytes, an index that leaves out nothing that would apply, units used once,
 * and a line that nothing means changes nothing. A failure names the seed: SOUK_SEED=n runs it
 * again, SOUK_PROPERTY=n runs so many.
 */
#include "promo_fixture.h"

static uint64_t seed, trying;

static unsigned chance(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % below);
}

static int once_in(unsigned n)
{
    return chance(n) == 0;
}

/* ---- text of rules ---- */

struct maker {
    struct buf out;
    int filtered; /* rules that mean certain lines only */
};

static void add_list(struct buf *out, const char *key, char first, unsigned of)
{
    unsigned n = 1 + chance(3);
    buf_printf(out, "\"%s\": [", key);
    for (unsigned i = 0; i < n; i++)
        buf_printf(out, "%s\"%c%u\"", i ? ", " : "", first, chance(of));
    buf_add_cstr(out, "]");
}

static void add_filter(struct maker *maker, const char *key, int always)
{
    unsigned kind = chance(always || maker->filtered ? 3 : 5);
    buf_printf(&maker->out, ", \"%s\": {", key);
    if (kind == 0)
        add_list(&maker->out, "skus", 's', 8);
    else if (kind == 1)
        add_list(&maker->out, "categories", 'c', 4);
    else if (kind == 2)
        add_list(&maker->out, "products", 'p', 4);
    else if (kind == 3)
        buf_printf(&maker->out, "\"price_from\": %u, \"price_to\": %u", chance(500),
                   500 + chance(5000));
    buf_add_cstr(&maker->out, "}");
}

static void add_percent(struct maker *maker)
{
    static const char *const some[] = {"5", "10", "12.5", "33.3333", "50", "99.9", "100", "7"};
    buf_printf(&maker->out, "\"percent\": {\"$decimal\": \"%s\"}", some[chance(8)]);
}

static void add_percent_or_amount(struct maker *maker)
{
    if (once_in(2))
        add_percent(maker);
    else
        buf_printf(&maker->out, "\"amount\": %u", chance(2000));
}

static void add_tiers(struct maker *maker, int percent, unsigned step)
{
    buf_add_cstr(&maker->out, ", \"tiers\": [");
    for (unsigned i = 1, n = 1 + chance(3); i <= n; i++)
        buf_printf(&maker->out, "%s{\"min\": %u, \"%s\": %u}", i > 1 ? ", " : "", i * step,
                   percent ? "percent" : "amount", percent ? 10 * i : 150 * i);
    buf_add_cstr(&maker->out, "]");
}

static void add_line_action(struct maker *maker, unsigned kind)
{
    struct buf *out = &maker->out;
    switch (kind) {
    case 0:
        buf_add_cstr(out, "{\"line_percent\": {");
        add_percent(maker);
        buf_add_cstr(out, once_in(2) ? ", \"base\": \"remaining\"" : "");
        break;
    case 1: buf_printf(out, "{\"unit_fixed\": {\"amount\": %u", chance(1500)); break;
    case 2: buf_printf(out, "{\"line_fixed\": {\"amount\": %u", chance(5000)); break;
    case 3:
        buf_printf(out,
                   "{\"first_additional\": {\"first\": %u, \"additional\": %u, \"max_items\": %u",
                   chance(900), chance(900), chance(4));
        break;
    case 4:
        buf_printf(out, "{\"cheapest_units\": {\"quantity\": %u, ", 1 + chance(4));
        add_percent_or_amount(maker);
        break;
    default:
        buf_printf(out, "{\"unit_groups\": {\"group_size\": %u, ", 2 + chance(3));
        add_percent_or_amount(maker);
        break;
    }
    add_filter(maker, "filter", 0);
    buf_add_cstr(out, "}}");
}

static void add_order_action(struct maker *maker, unsigned kind)
{
    struct buf *out = &maker->out;
    switch (kind) {
    case 0:
        buf_add_cstr(out, "{\"order_percent\": {");
        add_percent(maker);
        if (once_in(3))
            buf_printf(out, ", \"cap\": %u", 1 + chance(3000));
        break;
    case 1: buf_printf(out, "{\"order_fixed\": {\"amount\": %u", 1 + chance(20000)); break;
    case 2: buf_printf(out, "{\"order_fixed_price\": {\"amount\": %u", chance(9000)); break;
    case 3:
        buf_printf(out, "{\"tiered_percent\": {\"by\": \"%s\"",
                   maker->filtered || once_in(2) ? "quantity" : "items_total");
        add_tiers(maker, 1, 3);
        break;
    default:
        buf_add_cstr(out, "{\"tiered_fixed\": {\"by\": \"quantity\", \"base\": 10");
        add_tiers(maker, 0, 2);
        break;
    }
    add_filter(maker, "filter", 0);
    buf_add_cstr(out, "}}");
}

static void add_other_action(struct maker *maker, unsigned kind)
{
    struct buf *out = &maker->out;
    switch (kind) {
    case 0:
        buf_add_cstr(out, "{\"delivery_percent\": {");
        add_percent(maker);
        buf_add_cstr(out, once_in(2) ? ", \"base\": \"remaining\"" : "");
        break;
    case 1:
        buf_printf(out, "{\"delivery_fixed\": {\"amount\": %u, \"allocation\": \"%s\"",
                   1 + chance(900), once_in(2) ? "each" : "across");
        buf_add_cstr(out, once_in(3) ? ", \"methods\": [\"m1\"]" : "");
        break;
    case 2:
        buf_printf(out, "{\"add_gift\": {\"sku\": \"gift\", \"unit_price\": %u, \"quantity\": %u",
                   chance(700), 1 + chance(2));
        if (maker->filtered || once_in(2))
            add_filter(maker, "per", 1);
        break;
    default:
        buf_printf(out, "{\"buy_get\": {\"buy_quantity\": %u, \"get_quantity\": %u, ",
                   1 + chance(3), 1 + chance(2));
        add_percent_or_amount(maker);
        buf_add_cstr(out, once_in(2) ? ", \"pick\": \"most_expensive\"" : "");
        buf_add_cstr(out, once_in(4) ? ", \"repeats\": false" : "");
        if (once_in(4))
            buf_printf(out, ", \"max_get_quantity\": %u", 1 + chance(4));
        add_filter(maker, "buy", 0);
        add_filter(maker, "get", 0);
        break;
    }
    buf_add_cstr(out, "}}");
}

static void add_action(struct maker *maker)
{
    unsigned sort = chance(3);
    if (sort == 0)
        add_line_action(maker, chance(6));
    else if (sort == 1)
        add_order_action(maker, chance(5));
    else
        add_other_action(maker, chance(4));
}

static void add_actions(struct maker *maker, unsigned n)
{
    buf_add_cstr(&maker->out, "[");
    for (unsigned i = 0; i < n; i++) {
        buf_add_cstr(&maker->out, i ? ", " : "");
        add_action(maker);
    }
    buf_add_cstr(&maker->out, "]");
}

static void add_condition(struct maker *maker)
{
    struct buf *out = &maker->out;
    switch (chance(maker->filtered ? 5 : 10)) {
    case 0:
        buf_add_cstr(out, "{\"contains_product\": {");
        add_list(out, "skus", once_in(3) ? 'p' : 's', 8);
        buf_printf(out, ", \"quantity\": %u}}", 1 + chance(3));
        break;
    case 1:
        buf_add_cstr(out, "{\"contains_category\": {");
        add_list(out, "categories", 'c', 4);
        buf_printf(out, ", \"quantity\": %u}}", 1 + chance(3));
        break;
    case 2:
        buf_printf(out, "{\"category_total_at_least\": {\"category\": \"c%u\", \"amount\": %u}}",
                   chance(4), chance(5000));
        break;
    case 3: buf_add_cstr(out, "{\"customer_group_in\": [\"vip\", \"b2b\"]}"); break;
    case 4: buf_printf(out, "{\"nth_order\": %u}", 1 + chance(3)); break;
    case 5: buf_printf(out, "{\"cart_quantity_at_least\": %u}", 1 + chance(12)); break;
    case 6: buf_printf(out, "{\"line_quantity_at_least\": %u}", 1 + chance(5)); break;
    case 7: buf_add_cstr(out, "{\"delivery_method_in\": [\"m0\", \"m2\"]}"); break;
    case 8: buf_printf(out, "{\"$function\": %u}", 1 + chance(2)); break;
    default: buf_printf(out, "{\"items_total_at_least\": %u}", chance(20000)); break;
    }
}

static void add_conditions(struct maker *maker)
{
    unsigned n = chance(3);
    if (!n)
        return;
    buf_add_cstr(&maker->out, ", \"when\": [");
    for (unsigned i = 0; i < n; i++) {
        buf_add_cstr(&maker->out, i ? ", " : "");
        add_condition(maker);
    }
    buf_add_cstr(&maker->out, "]");
}

static void add_terms(struct maker *maker)
{
    struct buf *out = &maker->out;
    if (once_in(2))
        buf_printf(out, ", \"priority\": %u", chance(6));
    if (once_in(12))
        buf_add_cstr(out, ", \"exclusive\": true");
    if (once_in(3))
        buf_printf(out, ", \"group\": \"g%u\"", chance(4));
    if (once_in(5))
        buf_printf(out, ", \"coupon\": \"K%u\"", chance(4));
    if (!maker->filtered && once_in(8))
        buf_printf(out, ", \"budget\": {\"amount\": %u}", 1 + chance(9000));
    if (once_in(8))
        buf_add_cstr(out, ", \"limits\": {\"uses\": 3}");
    if (once_in(8))
        buf_add_cstr(out, ", \"skip_reduced\": true");
}

static void add_rule(struct maker *maker, unsigned at)
{
    struct buf *out = &maker->out;
    if (once_in(6)) {
        buf_printf(out, "{\"promotion\": {\"id\": \"r%u\", \"kind\": \"catalogue\"", at);
        buf_printf(out, ", \"priority\": %u%s, \"give\": {", chance(5),
                   once_in(4) ? ", \"exclusive\": true" : "");
        if (once_in(2)) {
            buf_add_cstr(out, "\"unit_percent\": {");
            add_percent(maker);
        } else {
            buf_printf(out, "\"unit_fixed\": {\"amount\": %u", 1 + chance(900));
        }
        add_filter(maker, "filter", 0);
        buf_add_cstr(out, "}}}}");
        return;
    }
    buf_printf(out, "{\"promotion\": {\"id\": \"r%u\"", at);
    add_terms(maker);
    add_conditions(maker);
    buf_add_cstr(out, ", \"give\": ");
    if (!maker->filtered && once_in(8))
        buf_printf(out, "{\"$function\": %u}", 3 + chance(2));
    else
        add_actions(maker, 1 + chance(2));
    buf_add_cstr(out, "}}");
}

static struct souk_str make_rules(struct arena *arena, unsigned count, int filtered)
{
    struct maker maker = {.out = {.arena = arena}, .filtered = filtered};
    buf_add_cstr(&maker.out, "[{\"group\": {\"name\": \"g0\", \"mode\": \"stack\"}}, {\"group\": "
                             "{\"name\": \"g1\", \"mode\": \"first\"}}, {\"group\": {\"name\": "
                             "\"g2\", \"mode\": \"best\"}}, {\"group\": {\"name\": \"g3\", "
                             "\"mode\": \"best_per_line\"}}");
    for (unsigned i = 0; i < count; i++) {
        buf_add_cstr(&maker.out, ", ");
        add_rule(&maker, i);
    }
    buf_add_cstr(&maker.out, "]");
    return buf_str(&maker.out);
}

/* ---- carts ---- */

static void make_line(struct buf *out)
{
    unsigned price = once_in(20) ? 0 : once_in(2) ? chance(300) : chance(20000);
    buf_printf(out, "{\"sku\": \"s%u\", \"quantity\": %u, \"unit_price\": %u", chance(8),
               once_in(20) ? 1 + chance(900) : 1 + chance(6), price);
    if (once_in(2))
        buf_printf(out, ", \"product\": \"p%u\"", chance(4));
    if (once_in(4))
        buf_printf(out, ", \"min_unit_price\": %u", chance(price + price / 3 + 1));
    if (once_in(6))
        buf_printf(out, ", \"original_price\": %u", price + chance(500));
    if (!once_in(4)) {
        buf_add_cstr(out, ", ");
        add_list(out, "categories", 'c', 4);
    }
    buf_printf(out, ", \"tax_ppm\": %u}", chance(3) * 100000);
}

static struct souk_str make_cart(struct arena *arena, int more)
{
    struct buf out = {.arena = arena};
    buf_printf(&out, "{\"prices_include_tax\": %s, \"lines\": [", once_in(2) ? "true" : "false");
    unsigned n = chance(9);
    for (unsigned i = 0; i < n; i++) {
        buf_add_cstr(&out, i ? ", " : "");
        make_line(&out);
    }
    if (more)
        buf_printf(&out, "%s{\"sku\": \"other\", \"quantity\": 3, \"unit_price\": 777}",
                   n ? ", " : "");
    buf_add_cstr(&out, "], \"delivery\": [");
    for (unsigned i = 0, ways = chance(3); i < ways; i++)
        buf_printf(&out, "%s{\"method\": \"m%u\", \"amount\": %u}", i ? ", " : "", i, chance(1200));
    buf_add_cstr(&out, "], \"coupons\": [");
    for (unsigned i = 0, codes = chance(3); i < codes; i++)
        buf_printf(&out, "%s\" k%u\"", i ? ", " : "", chance(5));
    buf_add_cstr(&out, "]}");
    return buf_str(&out);
}

/* ---- pricing ---- */

static struct promo_usage usage[3];

static void make_facts(struct till *till)
{
    usage[0] = (struct promo_usage){SOUK_STR("r0"), chance(5), chance(9000), 0};
    usage[1] = (struct promo_usage){SOUK_STR("r1"), chance(5), chance(9000), 0};
    usage[2] = (struct promo_usage){SOUK_STR("r2"), chance(5), chance(9000), 0};
    till->facts =
        (struct promo_facts){.channel = souk_str("web"), .usage = usage, .usage_count = 3};
    if (once_in(2))
        till->facts.customer = (struct promo_customer){.known = 1,
                                                       .id = souk_str("c1"),
                                                       .group = souk_str(once_in(2) ? "vip" : "x"),
                                                       .orders_before = chance(3)};
}

static void make_answers(struct till *till)
{
    struct maker maker = {.out = {.arena = &till->arena}};
    till->call_count = 0;
    till_answer(till, 1, SCRIPT_OK, once_in(2) ? "[true]" : "[false]", "");
    till_answer(till, 2, once_in(3) ? SCRIPT_LATE : SCRIPT_OK, "[true]", "late");
    buf_add_cstr(&maker.out, "[");
    add_actions(&maker, chance(3));
    buf_add_cstr(&maker.out, "]");
    till_answer(till, 3, SCRIPT_OK, buf_str(&maker.out).ptr, "");
    till_answer(till, 4, SCRIPT_OK, once_in(2) ? "[[{'order_fixt': 1}]]" : "[]", "");
}

static void price_cart(struct till *till, struct souk_str cart)
{
    till_cart(till, cart.ptr);
    for (size_t i = 0; i < till->quote.count; i++)
        if (i % 3 == 1)
            till->quote.lines[i].cost = till->quote.lines[i].unit_price / 2;
    till_apply(till);
}

/* ---- what has to hold ---- */

/* At least: the line's own lowest price and the margin (20 %) on a known cost, where the price is
 * not lower itself. */
static int64_t least_of(const struct quote *quote, const struct quote_line *line)
{
    int64_t floor = line->min_unit_price, tax = 0, parts[TAX_RATES];
    if (line->cost >= 0) {
        int64_t margin = (line->cost * 12 + 9) / 10;
        if (quote->include_tax && tax_of(margin, &line->rates, 0, &tax, parts) == SOUK_OK)
            margin += tax;
        floor = margin > floor ? margin : floor;
    }
    return line->quantity * (floor < line->unit_price ? floor : line->unit_price);
}

static void check_lines(const struct till *till)
{
    int64_t sum = 0;
    for (size_t i = 0; i < till->quote.count; i++) {
        const struct quote_line *line = &till->quote.lines[i];
        int64_t shares = 0;
        for (size_t k = 0; k < line->discount_count; k++) {
            assert_true(line->discounts[k].amount > 0 || line->gift);
            shares += line->discounts[k].amount;
        }
        assert_int_equal(shares, line->discount);
        if (line->gift)
            assert_int_equal(line->total, 0);
        else
            assert_true(line->total >= least_of(&till->quote, line));
        assert_true(line->unit_price <= line->original_price);
        sum += line->discount;
    }
    assert_int_equal(sum, till->quote.discount);
    assert_true(till->quote.total >= 0);
}

/* What the trace tells comes to what was taken off. */
static void check_trace(const struct till *till)
{
    int64_t *lines = arena_array((struct arena *)&till->arena, int64_t, till->quote.count + 1);
    int64_t delivery = 0, applied = 0, orders = 0;
    json_each(item, json_at(till->doc, "promotions"))
    {
        const struct json *entry = &item->value;
        int64_t sum = 0, amount = json_int(json_at(entry, "amount"), -1);
        json_each(one, json_at(entry, "lines"))
        {
            int64_t part = json_int(json_at(&one->value, "amount"), -1);
            sum += part;
            if (!souk_str_is(till_text(entry, "kind"), "catalogue"))
                lines[json_int(json_at(&one->value, "line"), -1)] += part;
        }
        assert_int_equal(sum, amount);
        delivery += json_int(json_at(entry, "delivery_amount"), -1);
        if (json_true(json_at(entry, "applied"))) {
            applied++;
            orders += json_int(json_at(entry, "order"), -1);
            assert_false(json_true(json_at(entry, "reason")));
            assert_false(json_true(json_at(entry, "displaced_by")));
        } else {
            assert_int_equal(amount, 0);
            assert_true(till_text(entry, "reason").len > 0);
        }
    }
    for (size_t i = 0; i < till->quote.count; i++)
        assert_int_equal(lines[i], till->quote.lines[i].discount);
    assert_int_equal(delivery, till->quote.delivery_discount);
    assert_int_equal(orders, applied * (applied + 1) / 2); /* 1 to n, each once */
}

static void check_codes(const struct till *till)
{
    for (size_t i = 0; i < till->quote.coupon_count; i++) {
        const struct quote_coupon *coupon = &till->quote.coupons[i];
        struct souk_str code = promo_code_normalize((struct arena *)&till->arena, coupon->code);
        int used = 0;
        json_each(item, json_at(till->doc, "promotions")) used |=
            json_true(json_at(&item->value, "applied")) &&
            souk_str_equal(till_text(&item->value, "code"), code);
        if (coupon->accepted)
            assert_true(used);
        assert_true(coupon->accepted == (coupon->reason.len == 0));
    }
}

static void check_budgets(const struct till *till)
{
    for (size_t i = 0; i < till->set->cart_count; i++) {
        const struct promo *promo = &till->set->cart[i];
        int64_t used = 0;
        if (promo->budget == PROMO_NONE)
            continue;
        for (size_t k = 0; k < 3; k++)
            if (souk_str_equal(usage[k].promotion, promo->id))
                used = usage[k].used_amount;
        json_each(item, json_at(till->doc,
                                "promotions")) if (souk_str_equal(till_text(&item->value, "id"),
                                                                  promo->id) &&
                                                   json_true(json_at(&item->value, "applied")))
            assert_true(used + json_int(json_at(&item->value, "amount"), 0) +
                            json_int(json_at(&item->value, "delivery_amount"), 0) <=
                        promo->budget);
    }
}

static struct souk_str printed(struct till *till)
{
    struct buf out = {.arena = &till->arena};
    json_print(&out, till->doc);
    return buf_str(&out);
}

/* What each line, shipment and code came to. */
static struct souk_str outcome(struct till *till, size_t lines)
{
    struct buf out = {.arena = &till->arena};
    for (size_t i = 0; i < lines; i++)
        buf_printf(&out, "%lld/%lld ", (long long)till->quote.lines[i].unit_price,
                   (long long)till->quote.lines[i].total);
    for (size_t i = 0; i < till->quote.delivery_count; i++)
        buf_printf(&out, "+%lld ", (long long)till->quote.delivery[i].discount);
    for (size_t i = 0; i < till->quote.coupon_count; i++)
        buf_printf(&out, "%s ", till->quote.coupons[i].reason_code);
    return buf_str(&out);
}

static void check_all(struct till *till)
{
    check_lines(till);
    check_trace(till);
    check_codes(till);
    check_budgets(till);
}

/* ---- the tests ---- */

static void market(void)
{
    static struct market_shop shop = {
        .currency = "EUR", .locales = {"en"}, .prices_include_tax = 1, .min_margin_ppm = 200000};
    market_setup(&shop);
}

static void try_one(struct till *till)
{
    struct souk_str rules = make_rules(&till->arena, 1 + chance(10), 0);
    struct souk_str cart = make_cart(&till->arena, 0);
    make_facts(till);
    make_answers(till);
    till_rules(till, rules.ptr);
    price_cart(till, cart);
    check_all(till);
    struct souk_str first = printed(till);
    price_cart(till, cart);
    assert_string_equal(first.ptr, printed(till).ptr);
    struct souk_str indexed = outcome(till, till->quote.count);
    till->facts.explain = 1;
    price_cart(till, cart);
    check_all(till);
    assert_string_equal(indexed.ptr, outcome(till, till->quote.count).ptr);
    struct promo_set plain = *till->set;
    plain.index = NULL;
    till->set = &plain;
    till->facts.explain = 0;
    price_cart(till, cart);
    check_all(till);
    assert_string_equal(indexed.ptr, outcome(till, till->quote.count).ptr);
}

/* An added line that no rule means changes nothing of the others. */
static void try_more(struct till *till)
{
    struct souk_str rules = make_rules(&till->arena, 1 + chance(8), 1);
    make_facts(till);
    make_answers(till);
    till_rules(till, rules.ptr);
    uint64_t kept = seed;
    price_cart(till, make_cart(&till->arena, 0));
    size_t gifts = 0;
    for (size_t i = 0; i < till->quote.count; i++)
        gifts += till->quote.lines[i].gift != 0;
    size_t lines = till->quote.count - gifts;
    struct souk_str before = outcome(till, lines);
    seed = kept;
    price_cart(till, make_cart(&till->arena, 1));
    check_all(till);
    assert_string_equal(before.ptr, outcome(till, lines).ptr);
    assert_int_equal(till->quote.lines[lines].total, 3 * 777);
    assert_int_equal(till->quote.count, lines + 1 + gifts);
}

/* Units of one price, and rules that each take so many units for a round: together never more than
 * there are, and none that could still have had a round. */
static void try_units(struct till *till)
{
    struct buf rules = {.arena = &till->arena}, cart = {.arena = &till->arena};
    unsigned buy[3], get[3], n = 1 + chance(3), units = 0, used = 0;
    buf_add_cstr(&rules, "[");
    for (unsigned i = 0; i < n; i++) {
        buy[i] = 1 + chance(3);
        get[i] = 1 + chance(2);
        buf_printf(&rules,
                   "%s{\"promotion\": {\"id\": \"r%u\", \"priority\": %u, \"give\": {\"buy_get\": "
                   "{\"buy\": {}, \"buy_quantity\": %u, \"get\": {}, \"get_quantity\": %u, "
                   "\"percent\": 100}}}}",
                   i ? ", " : "", i, 9 - i, buy[i], get[i]);
    }
    buf_add_cstr(&rules, "]");
    buf_add_cstr(&cart, "{\"lines\": [");
    for (unsigned i = 0, lines = 1 + chance(5); i < lines; i++) {
        unsigned quantity = 1 + chance(5);
        units += quantity;
        buf_printf(&cart, "%s{\"sku\": \"s%u\", \"quantity\": %u, \"unit_price\": 1000}",
                   i ? ", " : "", i, quantity);
    }
    buf_add_cstr(&cart, "]}");
    till->facts = (struct promo_facts){.explain = 1};
    till_price(till, rules.ptr, cart.ptr);
    for (unsigned i = 0; i < n; i++) {
        int64_t amount = till_amount(till, arena_printf(&till->arena, "r%u", i).ptr);
        assert_int_equal(amount % (1000 * get[i]), 0);
        unsigned rounds = (unsigned)(amount / 1000) / get[i];
        assert_int_equal(rounds, (units - used) / (buy[i] + get[i]));
        used += rounds * (buy[i] + get[i]);
    }
    assert_true(used <= units);
}

static void run_all(void (*try)(struct till *))
{
    const char *wanted = getenv("SOUK_SEED"), *many = getenv("SOUK_PROPERTY");
    long rounds = wanted ? 1 : many ? strtol(many, NULL, 10) : 1000;
    market();
    for (long i = 0; i < rounds; i++) {
        struct till till = {0};
        uint64_t from = wanted ? strtoull(wanted, NULL, 10) : (uint64_t)i + 1;
        seed = from * UINT64_C(0x9E3779B97F4A7C15);
        trying = from;
        try(&till);
        arena_free(&till.arena);
    }
    trying = 0;
}

static void test_invariants(void **state)
{
    (void)state;
    run_all(try_one);
}

static void test_line_that_nothing_means(void **state)
{
    (void)state;
    run_all(try_more);
}

static void test_units_once(void **state)
{
    (void)state;
    run_all(try_units);
}

/* cmocka leaves a failed test by a jump: what was tried is told afterwards. */
static int tell_seed(void **state)
{
    (void)state;
    if (trying)
        print_message("the last seed was %llu\n", (unsigned long long)trying);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_invariants, tell_seed),
        cmocka_unit_test_teardown(test_line_that_nothing_means, tell_seed),
        cmocka_unit_test_teardown(test_units_once, tell_seed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
