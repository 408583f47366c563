/*
 * Declarations of rules into a set: what every field becomes, every kind of mistake with its
 * sentence, the effective order, hashes; and the index, which finds the same promotions as going
 * through all of them one by one.
 */
#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "shop/market.h"
#include "shop/promo_engine.h"
#include "fixture.h"

static struct arena arena;

/* Quotes of C texts would hide what is tested: ' stands for them. */
static struct json *parse(const char *text)
{
    struct json *value;
    struct err err = {0};
    char *copy = arena_cstr(&arena, souk_str(text));
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    if (json_parse(&arena, souk_str(copy), &value, &err) != SOUK_OK)
        fail_msg("%s in %s", err.text, copy);
    return value;
}

/* A file with these declarations, one a line: "promotion {…}" and so on. */
static void declare(struct json *list, const char *file, const char *text)
{
    struct souk_str rest = souk_str(text), line;
    int number = 0;
    while (str_split(&rest, '\n', &line)) {
        ptrdiff_t gap = str_find(line, ' ');
        number++;
        if (gap < 0)
            continue;
        struct json *item = json_add(&arena, list, NULL, JSON_OBJECT);
        json_add_str(&arena, item, "kind", str_make(line.ptr, (size_t)gap));
        json_add_cstr(&arena, item, "file", file);
        json_add_int(&arena, item, "line", number);
        json_add_tree(&arena, item, "value",
                      parse(arena_cstr(&arena, str_from(line, (size_t)gap + 1))));
    }
}

static const struct promo_set *read_list(const struct json *list, const struct json *switched)
{
    const struct promo_set *set;
    struct json *errors = json_new(&arena, JSON_ARRAY);
    struct err err = {0};
    if (promo_set_read(&arena, list, switched, &set, errors, &err) != SOUK_OK) {
        struct buf text = {.arena = &arena};
        json_print(&text, errors);
        fail_msg("%s: %s", err.text, buf_str(&text).ptr);
    }
    assert_int_equal(errors->count, 0);
    return set;
}

static const struct promo_set *read_set(const char *text)
{
    struct json *list = json_new(&arena, JSON_ARRAY);
    declare(list, "promotions/a.lua", text);
    return read_list(list, NULL);
}

static struct json *mistakes(const char *text)
{
    struct json *list = json_new(&arena, JSON_ARRAY), *errors = json_new(&arena, JSON_ARRAY);
    const struct promo_set *set = (const struct promo_set *)&arena;
    struct err err = {0};
    declare(list, "promotions/a.lua", text);
    assert_int_equal(promo_set_read(&arena, list, NULL, &set, errors, &err), SOUK_INVALID);
    assert_null(set);
    assert_true(errors->count > 0);
    assert_true(err.text[0] != '\0');
    return errors;
}

static struct souk_str message_at(const struct json *errors, size_t at)
{
    const struct json_item *item = json_first(errors);
    while (at-- && item)
        item = item->next;
    return item ? json_text(json_at(&item->value, "message")) : souk_str("(none)");
}

/* The one mistake of one rule; `rule`: members of a promotion beside its id. */
static void expect_wrong(const char *rule, const char *message)
{
    struct json *errors = mistakes(arena_printf(&arena, "promotion {'id':'p',%s}", rule).ptr);
    char *got = arena_cstr(&arena, message_at(errors, 0));
    if (errors->count != 1)
        fail_msg("%u mistakes in %s: %s; %s", errors->count, rule, got,
                 arena_cstr(&arena, message_at(errors, 1)));
    assert_string_equal(got, message);
}

static void give_wrong(const char *give, const char *message)
{
    expect_wrong(arena_printf(&arena, "'give':%s", give).ptr, message);
}

static void when_wrong(const char *when, const char *message)
{
    expect_wrong(arena_printf(&arena, "'when':%s,'give':{'order_fixed':{'amount':1}}", when).ptr,
                 message);
}

#define GIVE ",'give':{'order_fixed':{'amount':1}}"

static struct promo one(const char *rule)
{
    const struct promo_set *set =
        read_set(arena_printf(&arena, "promotion {'id':'p',%s}", rule).ptr);
    assert_int_equal(set->cart_count + set->catalogue_count, 1);
    return set->cart_count ? set->cart[0] : set->catalogue[0];
}

static struct promo_action action(const char *give)
{
    struct promo promo = one(arena_printf(&arena, "'give':%s", give).ptr);
    assert_int_equal(promo.action_count, 1);
    return promo.actions[0];
}

static struct promo_condition condition(const char *when)
{
    struct promo promo =
        one(arena_printf(&arena, "'when':%s,'give':{'order_fixed':{'amount':1}}", when).ptr);
    assert_int_equal(promo.condition_count, 1);
    return promo.conditions[0];
}

/* ---- what fields become ---- */

static void test_defaults(void **state)
{
    (void)state;
    struct promo promo = one("'give':{'order_fixed':{'amount':100}}");
    assert_true(souk_str_is(promo.id, "p"));
    assert_true(souk_str_is(promo.name, "p"));
    assert_true(souk_str_is(promo.file, "promotions/a.lua"));
    assert_int_equal(promo.line, 1);
    assert_int_equal(promo.hash.len, 32);
    assert_int_equal(promo.catalogue, 0);
    assert_int_equal(promo.enabled, 1);
    assert_int_equal(promo.exclusive, 0);
    assert_int_equal(promo.skip_reduced, 0);
    assert_int_equal(promo.from, 0);
    assert_int_equal(promo.to, 0);
    assert_null(promo.coupon);
    assert_null(promo.group);
    assert_int_equal(promo.uses, PROMO_NONE);
    assert_int_equal(promo.uses_per_customer, PROMO_NONE);
    assert_int_equal(promo.budget, PROMO_NONE);
    assert_int_equal(promo.budget_uses, PROMO_NONE);
    assert_int_equal(promo.holdout, 0);
    assert_int_equal(promo.condition_count, 0);
    assert_int_equal(promo.nudge.len, 0);
}

static void test_all_fields(void **state)
{
    (void)state;
    const struct promo_set *set = read_set(
        "group {'name':'sale','mode':'best_per_line'}\n"
        "promotion {'id':'a.b-c_9','name':'A','kind':'cart','enabled':false,'from':'2026-11-27',"
        "'to':'2026-11-28T01:00:00+01:00','priority':-5,'exclusive':true,'group':'sale','coupon':"
        "{'code':' sp-1 ','codes':['x','y'],'batch':'w','to':'2027-01-01','uses':3,'per_customer':"
        "1,'again_after_cancel':false},'limits':{'uses':10,'per_customer':2},'budget':{'amount':"
        "5000,'uses':7},'segments':['buyer'],'channels':['web','pos'],'holdout':12,'skip_reduced':"
        "true,'nudge':'{missing} more','give':{'order_fixed':{'amount':1}}}\n"
        "test {'name':'t'}\n");
    assert_int_equal(set->cart_count, 1);
    const struct promo *promo = &set->cart[0];
    assert_int_equal(promo->line, 2);
    assert_int_equal(promo->enabled, 0);
    assert_int_equal(promo->priority, -5);
    assert_int_equal(promo->exclusive, 1);
    assert_int_equal(promo->skip_reduced, 1);
    assert_int_equal(promo->group->mode, PROMO_BEST_PER_LINE);
    assert_true(souk_str_is(promo->group->name, "sale"));
    assert_int_equal(promo->to - promo->from, CLOCK_DAY);
    assert_int_equal(promo->coupon->codes.count, 3);
    assert_true(souk_str_is(promo->coupon->codes.at[0], "SP-1"));
    assert_true(souk_str_is(promo->coupon->codes.at[2], "Y"));
    assert_true(souk_str_is(promo->coupon->batch, "w"));
    assert_int_equal(promo->coupon->uses, 3);
    assert_int_equal(promo->coupon->per_customer, 1);
    assert_int_equal(promo->coupon->again, 0);
    assert_true(promo->coupon->ends_at > promo->to);
    assert_int_equal(promo->uses, 10);
    assert_int_equal(promo->uses_per_customer, 2);
    assert_int_equal(promo->budget, 5000);
    assert_int_equal(promo->budget_uses, 7);
    assert_int_equal(promo->holdout, 120000);
    assert_int_equal(promo->segments.count, 1);
    assert_int_equal(promo->channels.count, 2);
    assert_true(souk_str_is(promo->nudge, "{missing} more"));
    assert_int_equal(set->tests->count, 1);
    assert_true(set->wants_usage);
    assert_true(set->wants_history);
}

static void test_dates_stand_in_the_shops_zone(void **state)
{
    struct err err = {0};
    int64_t midnight, noon;
    (void)state;
    clock_parse(souk_str("2026-07-01T00:00:00Z"), &midnight);
    clock_parse(souk_str("2026-07-01T12:00:00Z"), &noon);
    if (zone_setup("Europe/Sofia", &err) != SOUK_OK)
        skip();
    struct promo promo = one("'from':'2026-07-01','to':'2026-07-01T12:00:00Z'" GIVE);
    zone_setup("UTC", &err);
    assert_int_equal(promo.from, midnight - 3 * CLOCK_HOUR);
    assert_int_equal(promo.to, noon);
    assert_int_equal(one("'from':'2026-07-01'" GIVE).from, midnight);
}

static void test_coupon_as_a_text(void **state)
{
    (void)state;
    struct promo promo = one("'coupon':'spring'" GIVE);
    assert_int_equal(promo.coupon->codes.count, 1);
    assert_true(souk_str_is(promo.coupon->codes.at[0], "SPRING"));
    assert_int_equal(promo.coupon->uses, PROMO_NONE);
    assert_int_equal(promo.coupon->per_customer, PROMO_NONE);
    assert_int_equal(promo.coupon->again, 1);
}

static void test_percentages_are_exact(void **state)
{
    static const struct {
        const char *text;
        int64_t ppm;
    } cases[] = {{"0", 0},
                 {"100", 1000000},
                 {"7", 70000},
                 {"{'$decimal':'10.5'}", 105000},
                 {"{'$decimal':'33.3333'}", 333333},
                 {"{'$decimal':'0.0001'}", 1},
                 {"{'$decimal':'12.50000'}", 125000},
                 {"{'$decimal':'100.0'}", 1000000}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(
            action(arena_printf(&arena, "{'order_percent':{'percent':%s}}", cases[i].text).ptr).ppm,
            cases[i].ppm);
}

static void test_actions(void **state)
{
    (void)state;
    struct promo_action a =
        action("{'line_percent':{'percent':50,'base':'remaining','max_quantity':"
               "2,'filter':{'skus':['A'],'products':['p'],'categories':['c'],"
               "'price_from':5,'price_to':9}}}");
    assert_int_equal(a.kind, PROMO_LINE_PERCENT);
    assert_string_equal(a.name, "line_percent");
    assert_int_equal(a.ppm, 500000);
    assert_int_equal(a.remaining, 1);
    assert_int_equal(a.max_quantity, 2);
    assert_int_equal(a.filter.skus.count, 1);
    assert_int_equal(a.filter.products.count, 1);
    assert_int_equal(a.filter.categories.count, 1);
    assert_int_equal(a.filter.price_from, 5);
    assert_int_equal(a.filter.price_to, 9);
    assert_int_equal(action("{'line_percent':{'percent':1}}").max_quantity, PROMO_NONE);
    assert_int_equal(action("{'line_percent':{'percent':1}}").remaining, 0);
    assert_int_equal(action("{'unit_fixed':{'amount':3}}").kind, PROMO_UNIT_FIXED);
    assert_int_equal(action("{'line_fixed':{'amount':3}}").amount, 3);
    assert_int_equal(action("{'order_percent':{'percent':1,'cap':9}}").cap, 9);
    assert_int_equal(action("{'order_percent':{'percent':1}}").cap, PROMO_NONE);
    assert_int_equal(action("{'order_fixed_price':{'amount':3}}").kind, PROMO_ORDER_FIXED_PRICE);
    a = action("{'delivery_percent':{'percent':100,'base':'remaining','methods':['a','b']}}");
    assert_int_equal(a.kind, PROMO_DELIVERY_PERCENT);
    assert_int_equal(a.remaining, 1);
    assert_int_equal(a.methods.count, 2);
    assert_int_equal(action("{'delivery_fixed':{'amount':3,'allocation':'across'}}").across, 1);
    assert_int_equal(action("{'delivery_fixed':{'amount':3}}").across, 0);
    a = action("{'first_additional':{'first':5,'additional':2,'max_items':3}}");
    assert_int_equal(a.amount, 5);
    assert_int_equal(a.additional, 2);
    assert_int_equal(a.max_quantity, 3);
    assert_int_equal(action("{'first_additional':{'first':5,'additional':2}}").max_quantity, 0);
    a = action("{'add_gift':{'sku':'G','unit_price':400,'quantity':2,'per':{}}}");
    assert_true(souk_str_is(a.text, "G"));
    assert_int_equal(a.amount, 400);
    assert_int_equal(a.quantity, 2);
    assert_int_equal(a.per, 1);
    a = action("{'add_gift':{'sku':'G'}}");
    assert_int_equal(a.amount, PROMO_NONE);
    assert_int_equal(a.quantity, 1);
    assert_int_equal(a.per, 0);
}

static void test_actions_on_units(void **state)
{
    (void)state;
    struct promo_action a =
        action("{'buy_get':{'buy':{'skus':['A']},'buy_quantity':2,'get':{},'get_quantity':1,"
               "'percent':100,'max_get_quantity':4,'pick':'most_expensive','repeats':false}}");
    assert_int_equal(a.kind, PROMO_BUY_GET);
    assert_int_equal(a.filter.skus.count, 1);
    assert_int_equal(a.get.skus.count, 0);
    assert_int_equal(a.buy_quantity, 2);
    assert_int_equal(a.get_quantity, 1);
    assert_int_equal(a.max_quantity, 4);
    assert_int_equal(a.cheapest, 0);
    assert_int_equal(a.once, 1);
    assert_int_equal(a.amount, PROMO_NONE);
    a = action("{'buy_get':{'buy':{},'buy_quantity':1,'get':{},'get_quantity':1,'amount':5}}");
    assert_int_equal(a.cheapest, 1);
    assert_int_equal(a.once, 0);
    assert_int_equal(a.max_quantity, PROMO_NONE);
    assert_int_equal(a.ppm, PROMO_NONE);
    a = action("{'cheapest_units':{'quantity':3,'amount':5}}");
    assert_int_equal(a.quantity, 3);
    a = action("{'unit_groups':{'group_size':3,'base_percent':5,'tiers':[{'min':9,'percent':20},"
               "{'min':3,'percent':10}]}}");
    assert_int_equal(a.quantity, 3);
    assert_int_equal(a.ppm, 50000);
    assert_int_equal(a.tier_count, 2);
    assert_int_equal(a.tiers[0].min, 3);
    assert_int_equal(a.tiers[0].ppm, 100000);
    assert_int_equal(a.tiers[1].min, 9);
    assert_int_equal(a.by_quantity, 0);
    a = action("{'unit_groups':{'group_size':3,'by':'quantity','tiers':[{'min':3,'percent':10}]}}");
    assert_int_equal(a.by_quantity, 1);
    a = action("{'tiered_fixed':{'by':'quantity','base':2,'tiers':[{'min':3,'amount':7}]}}");
    assert_int_equal(a.by_quantity, 1);
    assert_int_equal(a.amount, 2);
    assert_int_equal(a.tiers[0].amount, 7);
    assert_int_equal(a.tiers[0].ppm, PROMO_NONE);
    a = action("{'tiered_percent':{'by':'items_total','tiers':[{'min':3000,'percent':7}]}}");
    assert_int_equal(a.by_quantity, 0);
    assert_int_equal(a.ppm, 0);
}

static void test_lists_of_actions_and_functions(void **state)
{
    (void)state;
    struct promo promo =
        one("'give':[{'order_fixed':{'amount':1}},{'delivery_percent':{'percent':100}}]");
    assert_int_equal(promo.action_count, 2);
    assert_int_equal(promo.actions[1].kind, PROMO_DELIVERY_PERCENT);
    assert_int_equal(promo.priority, 200);
    promo = one("'give':{'$function':7}");
    assert_int_equal(promo.actions[0].kind, PROMO_COMPUTED);
    assert_int_equal(promo.actions[0].function, 7);
    promo = one("'kind':'catalogue','give':{'unit_fixed':{'amount':5}}");
    assert_int_equal(promo.catalogue, 1);
    assert_int_equal(promo.actions[0].kind, PROMO_CATALOGUE_FIXED);
    promo = one("'kind':'catalogue','when':{'customer_group_in':['vip']},'give':{'unit_percent':"
                "{'percent':5}}");
    assert_int_equal(promo.actions[0].kind, PROMO_UNIT_PERCENT);
}

static void test_priorities(void **state)
{
    (void)state;
    assert_int_equal(one("'give':{'add_gift':{'sku':'G'}}").priority, 400);
    assert_int_equal(one("'give':{'cheapest_units':{'quantity':1,'percent':1}}").priority, 300);
    assert_int_equal(one("'give':{'order_percent':{'percent':1}}").priority, 200);
    assert_int_equal(one("'give':{'delivery_fixed':{'amount':1}}").priority, 100);
    assert_int_equal(
        one("'give':[{'delivery_fixed':{'amount':1}},{'add_gift':{'sku':'G'}}]").priority, 100);
    assert_int_equal(one("'priority':0,'give':{'add_gift':{'sku':'G'}}").priority, 0);
}

static void test_conditions(void **state)
{
    (void)state;
    assert_int_equal(condition("{'items_total_at_least':5000}").number, 5000);
    struct promo_condition c =
        condition("{'items_total_at_least':{'amount':50,'basis':'original'}}");
    assert_int_equal(c.number, 50);
    assert_int_equal(c.original, 1);
    assert_int_equal(condition("{'cart_quantity_at_least':3}").kind, PROMO_CART_QUANTITY_AT_LEAST);
    assert_int_equal(condition("{'line_quantity_at_least':3}").number, 3);
    c = condition("{'contains_product':['A','B']}");
    assert_int_equal(c.texts.count, 2);
    assert_int_equal(c.number, 1);
    c = condition("{'contains_product':{'skus':['A'],'quantity':3}}");
    assert_int_equal(c.texts.count, 1);
    assert_int_equal(c.number, 3);
    assert_int_equal(condition("{'contains_category':{'categories':['c']}}").number, 1);
    c = condition("{'category_total_at_least':{'category':'tea','amount':9,'basis':'running'}}");
    assert_true(souk_str_is(c.text, "tea"));
    assert_int_equal(c.original, 0);
    assert_int_equal(condition("{'customer_group_in':['vip']}").kind, PROMO_CUSTOMER_GROUP_IN);
    assert_int_equal(condition("{'customer_id_in':'c1'}").texts.count, 1);
    assert_int_equal(condition("{'nth_order':3}").number, 3);
    assert_int_equal(condition("{'delivery_method_in':['a']}").kind, PROMO_DELIVERY_METHOD_IN);
    assert_true(souk_str_is(condition("{'currency_in':['eur']}").texts.at[0], "EUR"));
    assert_true(souk_str_is(condition("{'country_in':['bg']}").texts.at[0], "BG"));
    assert_int_equal(condition("{'postcode_in':['10*']}").kind, PROMO_POSTCODE_IN);
    assert_int_equal(condition("{'weekday_in':['mon','sun']}").texts.count, 2);
    c = condition("{'hours':{'from':'22:30','to':'6:05'}}");
    assert_int_equal(c.from, 22 * 60 + 30);
    assert_int_equal(c.to, 6 * 60 + 5);
    assert_int_equal(condition("{'hours':{'from':'00:00','to':'24:00'}}").to, 1440);
    assert_int_equal(condition("{'orders_at_least':3}").kind, PROMO_ORDERS_AT_LEAST);
    assert_int_equal(condition("{'spent_at_least':3}").kind, PROMO_SPENT_AT_LEAST);
    assert_int_equal(condition("{'guest':false}").number, 0);
    c = condition("{'since':{'event':'lead','hours':2,'days':1}}");
    assert_true(souk_str_is(c.text, "lead"));
    assert_int_equal(c.number, 26 * 3600);
    c = condition("{'$function':4}");
    assert_int_equal(c.kind, PROMO_FUNCTION);
    assert_int_equal(c.function, 4);
    assert_string_equal(c.name, "function");
}

/* Tables of Lua have no order: the vocabulary's is taken. Lists keep theirs. */
static void test_order_of_conditions(void **state)
{
    (void)state;
    struct promo promo = one("'when':{'currency_in':['EUR'],'cart_quantity_at_least':2,"
                             "'items_total_at_least':5}" GIVE);
    assert_int_equal(promo.condition_count, 3);
    assert_int_equal(promo.conditions[0].kind, PROMO_ITEMS_TOTAL_AT_LEAST);
    assert_int_equal(promo.conditions[1].kind, PROMO_CART_QUANTITY_AT_LEAST);
    assert_int_equal(promo.conditions[2].kind, PROMO_CURRENCY_IN);
    promo = one("'when':[{'currency_in':['EUR']},{'$function':1},{'cart_quantity_at_least':2,"
                "'items_total_at_least':5}]" GIVE);
    assert_int_equal(promo.condition_count, 4);
    assert_int_equal(promo.conditions[0].kind, PROMO_CURRENCY_IN);
    assert_int_equal(promo.conditions[1].kind, PROMO_FUNCTION);
    assert_int_equal(promo.conditions[2].kind, PROMO_ITEMS_TOTAL_AT_LEAST);
    assert_int_equal(one("'when':{}" GIVE).condition_count, 0);
    assert_int_equal(one("'when':[]" GIVE).condition_count, 0);
}

static void test_offers(void **state)
{
    (void)state;
    const struct promo_set *set = read_set(
        "upsell {'id':'b','slot':'bump','skus':['A','B'],'quantity':2,'text':'why','minutes':5,"
        "'priority':3,'holdout':10,'when':{'nth_order':1},'give':{'line_percent':{'percent':10}}}\n"
        "upsell {'id':'a','slot':'after','choose':{'$function':3}}\n"
        "upsell {'id':'c','slot':'cart','skus':'C','priority':3}\n");
    assert_int_equal(set->offer_count, 3);
    assert_true(souk_str_is(set->offers[0].id, "b"));
    assert_true(souk_str_is(set->offers[1].id, "c"));
    const struct promo_offer *offer = &set->offers[0];
    assert_true(souk_str_is(offer->slot, "bump"));
    assert_int_equal(offer->skus.count, 2);
    assert_int_equal(offer->quantity, 2);
    assert_int_equal(offer->ttl, 5 * CLOCK_MINUTE);
    assert_int_equal(offer->holdout, 100000);
    assert_int_equal(offer->condition_count, 1);
    assert_int_equal(offer->action_count, 1);
    assert_int_equal(offer->function, PROMO_NONE);
    offer = &set->offers[2];
    assert_int_equal(offer->function, 3);
    assert_int_equal(offer->ttl, 30 * CLOCK_MINUTE);
    assert_int_equal(offer->quantity, 1);
    assert_int_equal(offer->action_count, 0);
    assert_int_equal(offer->enabled, 1);
}

/* ---- mistakes ---- */

static void test_wrong_names(void **state)
{
    (void)state;
    expect_wrong("'prioritty':3" GIVE, "unknown field \"prioritty\": did you mean \"priority\"?");
    expect_wrong("'conditions':3" GIVE, "unknown field \"conditions\": did you mean \"when\"?");
    give_wrong("{'order_percnt':{'percent':1}}",
               "give: unknown action \"order_percnt\": did you mean \"order_percent\"?");
    give_wrong("{'shipping_percent':{'percent':1}}",
               "give: unknown action \"shipping_percent\": did you mean \"delivery_percent\"?");
    give_wrong("{'order_percent':{'percent':1,'max_qty':2}}",
               "give.order_percent: unknown field \"max_qty\": known are percent, filter, cap");
    give_wrong("{'order_percent':{'percent':1,'filter':{'sku':['A']}}}",
               "give.order_percent.filter: unknown field \"sku\": did you mean \"skus\"?");
    when_wrong("{'item_total_at_least':1}",
               "when: unknown condition \"item_total_at_least\": did you mean "
               "\"items_total_at_least\"?");
    when_wrong("[{'$function':1},{'nope':1,'guest':true}]",
               "when[2]: unknown condition \"nope\": known are items_total_at_least, "
               "cart_quantity_at_least, line_quantity_at_least, contains_product, "
               "contains_category, category_total_at_least, customer_group_in, customer_id_in, "
               "nth_order, delivery_method_in, currency_in, country_in, postcode_in, weekday_in, "
               "hours, orders_at_least, spent_at_least, guest, since");
}

static void test_wrong_amounts(void **state)
{
    (void)state;
    give_wrong("{'order_fixed':{'amount':{'$decimal':'12.5'}}}",
               "give.order_fixed.amount: amounts are whole minor units: instead of 12.5 write "
               "money \"12.50\"");
    give_wrong("{'order_fixed':{'amount':{'$decimal':'12.0'}}}",
               "give.order_fixed.amount: amounts are whole minor units: instead of 12.0 write "
               "money \"12.00\"");
    give_wrong("{'order_fixed':{'amount':'12.50'}}",
               "give.order_fixed.amount: is a text; write money \"12.50\"");
    give_wrong("{'order_fixed':{'amount':-1}}",
               "give.order_fixed.amount: must be an amount from 0 to 1000000000000000, not -1");
    give_wrong("{'order_fixed':{'amount':true}}",
               "give.order_fixed.amount: must be an amount like money \"12.50\", not true");
    give_wrong("{'order_fixed':{}}", "give.order_fixed: amount is missing");
    when_wrong("{'items_total_at_least':{'$decimal':'50.25'}}",
               "when.items_total_at_least: amounts are whole minor units: instead of 50.25 write "
               "money \"50.25\"");
    when_wrong("{'items_total_at_least':{'basis':'original'}}",
               "when.items_total_at_least: amount is missing");
    when_wrong("{'items_total_at_least':{'amount':1,'basis':'orginal'}}",
               "when.items_total_at_least.basis: \"orginal\" is not possible: did you mean "
               "\"original\"?");
}

static void test_wrong_numbers(void **state)
{
    (void)state;
    give_wrong("{'order_percent':{'percent':101}}",
               "give.order_percent.percent: must be a percentage from 0 to 100, like 10 or 12.5, "
               "not 101");
    give_wrong("{'order_percent':{'percent':-1}}",
               "give.order_percent.percent: must be a percentage from 0 to 100, like 10 or 12.5, "
               "not -1");
    give_wrong("{'order_percent':{'percent':{'$decimal':'100.1'}}}",
               "give.order_percent.percent: must be a percentage from 0 to 100, like 10 or 12.5, "
               "not 100.1");
    give_wrong("{'order_percent':{'percent':{'$decimal':'33.33333'}}}",
               "give.order_percent.percent: 33.33333 is more exact than percentages are: round it "
               "to 4 decimals");
    give_wrong("{'order_percent':{'percent':{'$decimal':'1e-05'}}}",
               "give.order_percent.percent: must be a percentage from 0 to 100, like 10 or 12.5, "
               "not 1e-05");
    give_wrong("{'order_percent':{'percent':'10%'}}",
               "give.order_percent.percent: must be a percentage from 0 to 100, like 10 or 12.5, "
               "not \"10%\"");
    give_wrong("{'order_percent':{}}", "give.order_percent: percent is missing");
    expect_wrong("'priority':{'$decimal':'1.5'}" GIVE,
                 "priority: must be a whole number from -1000000000 to 1000000000, not 1.5");
    when_wrong("{'nth_order':0}",
               "when.nth_order: must be a whole number from 1 to 1000000000, not 0");
    when_wrong("{'cart_quantity_at_least':'2'}",
               "when.cart_quantity_at_least: must be a whole number from 0 to 1000000000, not "
               "\"2\"");
}

static void test_wrong_texts(void **state)
{
    (void)state;
    give_wrong("{'line_fixed':{'amount':1,'filter':{'skus':[123]}}}",
               "give.line_fixed.filter.skus[1]: must be a text: write \"123\" in quotes");
    give_wrong("{'line_fixed':{'amount':1,'filter':{'skus':[]}}}",
               "give.line_fixed.filter.skus: is empty; name at least one or leave it out");
    give_wrong("{'line_fixed':{'amount':1,'filter':{'skus':{'a':'b'}}}}",
               "give.line_fixed.filter.skus: must be a list like { \"a\", \"b\" } of at most "
               "10000, not a table");
    give_wrong("{'line_fixed':{'amount':1,'filter':{'price_from':5,'price_to':4}}}",
               "give.line_fixed.filter: price_from is above price_to: no line can match");
    expect_wrong("'name':''" GIVE, "name: is empty; write something or leave it out");
    expect_wrong("'name':true" GIVE, "name: must be a text in quotes, not true");
    expect_wrong("'exclusive':1" GIVE, "exclusive: must be true or false, not 1");
    expect_wrong("'kind':'catalog','give':{'unit_fixed':{'amount':1}}",
                 "kind: \"catalog\" is not possible: did you mean \"catalogue\"?");
    when_wrong("{'weekday_in':['Mon']}",
               "when.weekday_in[1]: \"Mon\" is no day: did you mean \"mon\"?");
    when_wrong("{'country_in':['Bulgaria']}",
               "when.country_in[1]: \"BULGARIA\" is no country; write two letters like \"BG\"");
    when_wrong("{'currency_in':['EUX']}",
               "when.currency_in[1]: \"EUX\" is no currency; write a code like \"EUR\"");
    when_wrong("{'guest':1}", "when.guest: must be true or false, not 1");
    when_wrong("{'since':{'event':'login','days':1}}",
               "when.since.event: \"login\" is not possible: known are registered, first_order, "
               "last_order, lead");
    when_wrong("{'since':{'event':'lead'}}",
               "when.since: hours or days are missing: how long ago it may be");
    when_wrong("{'hours':{'from':'25:00','to':'6:00'}}",
               "when.hours: from: \"25:00\" is no time of the day; write one like \"17:00\"");
}

static void test_wrong_times(void **state)
{
    (void)state;
    expect_wrong("'from':'27.11.2026'" GIVE, "from: \"27.11.2026\" is no time; write "
                                             "\"2026-11-27\" or \"2026-11-27T18:00:00+02:00\"");
    expect_wrong("'to':'2026-11-27T18:00:00'" GIVE,
                 "to: \"2026-11-27T18:00:00\" has no zone; add \"Z\" or one like \"+02:00\" at its "
                 "end");
    expect_wrong("'from':'2026-11-27','to':'2026-11-27'" GIVE,
                 "to is not after from: it would never apply");
}

static void test_wrong_actions(void **state)
{
    (void)state;
    expect_wrong("'name':'x'", "give is missing: what the customer gets, like give = { "
                               "order_percent = { percent = 10 } }");
    give_wrong("[]", "give: has 0 actions; write 1 to 100");
    give_wrong("{'line_fixed':{'amount':1},'order_fixed':{'amount':1}}",
               "give: has several actions in one table; write a list, so that their order is "
               "told: { { … }, { … } }");
    give_wrong("{}", "give: is empty; name an action like order_percent = { percent = 10 }");
    give_wrong("5", "give: must be a table like { line_percent = … }, not 5");
    give_wrong("{'order_percent':10}",
               "give.order_percent: must be a table like { percent = … }, not 10");
    give_wrong("{'unit_percent':{'percent':10}}",
               "give.unit_percent: is for catalogue promotions: write line_percent, or kind = "
               "\"catalogue\"");
    give_wrong("{'buy_get':{'buy':{},'buy_quantity':0,'get':{},'get_quantity':1,'percent':100}}",
               "give.buy_get.buy_quantity: must be a whole number from 1 to 1000000000, not 0");
    give_wrong("{'buy_get':{'buy':{},'buy_quantity':1,'get':{},'percent':100}}",
               "give.buy_get: get_quantity is missing");
    give_wrong("{'cheapest_units':{'quantity':1,'percent':100,'amount':5}}",
               "give.cheapest_units: has both percent and amount; leave one of them out");
    give_wrong("{'cheapest_units':{'quantity':1}}",
               "give.cheapest_units: percent or amount is missing");
    give_wrong("{'unit_groups':{'group_size':2,'percent':5,'tiers':[{'min':1,'percent':1}]}}",
               "give.unit_groups: percent does not go with tiers; leave it out");
    give_wrong("{'tiered_percent':{'by':'quantity'}}",
               "give.tiered_percent.tiers: must be a list like { { min = 2, percent = … } }");
    give_wrong("{'tiered_percent':{'by':'quantity','tiers':[{'min':2,'percent':5},{'min':2,"
               "'percent':6}]}}",
               "give.tiered_percent.tiers: there are two tiers from 2 on; leave one of them out");
    give_wrong("{'tiered_fixed':{'by':'quantity','tiers':[{'min':2,'amount':1,'percent':5}]}}",
               "give.tiered_fixed.tiers[1]: unknown field \"percent\": known are min, amount");
    give_wrong("{'add_gift':{'unit_price':5}}", "give.add_gift: sku is missing");
}

static void test_wrong_coupons_and_limits(void **state)
{
    (void)state;
    expect_wrong("'coupon':{'uses':3}" GIVE, "coupon: has no code: give it code, codes or batch");
    expect_wrong("'coupon':{'codes':['a','A']}" GIVE,
                 "coupon: \"A\" is there twice (codes are compared in capital letters)");
    expect_wrong("'coupon':'a\\u0001b'" GIVE,
                 "coupon: \"a\001b\" cannot be a code: 1 to 64 visible characters");
    expect_wrong("'coupon':5" GIVE, "coupon: must be a table like { code = … }, not 5");
    expect_wrong("'limits':{}" GIVE, "limits: is empty: give it uses or per_customer");
    expect_wrong("'budget':{'limit':5}" GIVE,
                 "budget: unknown field \"limit\": known are amount, uses");
    expect_wrong("'holdout':200" GIVE,
                 "holdout: must be a percentage from 0 to 100, like 10 or 12.5, not 200");
}

static void test_wrong_catalogue(void **state)
{
    (void)state;
    expect_wrong("'kind':'catalogue','give':{'order_percent':{'percent':1}}",
                 "give.order_percent: is not possible in a catalogue promotion; there are "
                 "unit_percent and unit_fixed");
    expect_wrong("'kind':'catalogue','give':{'$function':1}",
                 "give: a catalogue promotion cannot have a function: its prices are on every "
                 "page");
    expect_wrong("'kind':'catalogue','coupon':'A','give':{'unit_fixed':{'amount':1}}",
                 "coupon is not possible in a catalogue promotion: everybody sees its prices; "
                 "leave it out or make it a cart promotion");
    expect_wrong("'kind':'catalogue','when':{'items_total_at_least':5},'give':{'unit_fixed':"
                 "{'amount':1}}",
                 "when.items_total_at_least: is not possible in a catalogue promotion: its prices "
                 "are shown before there is a cart");
}

static void test_wrong_groups_and_ids(void **state)
{
    (void)state;
    struct json *errors = mistakes("group {'name':'sale','mode':'best'}\n"
                                   "promotion {'id':'a','group':'sales'" GIVE "}\n"
                                   "promotion {'id':'a'" GIVE "}\n"
                                   "promotion {'id':'A b'" GIVE "}\n"
                                   "promotion {'x':1}\n"
                                   "group {'name':'sale','mode':'worst'}\n"
                                   "promotion 5\n"
                                   "nonsense {}\n");
    static const struct {
        int line;
        const char *id, *message;
    } wanted[] = {
        {6, "", "mode: \"worst\" is not possible: known are stack, first, best, best_per_line"},
        {6, "", "there are two groups \"sale\"; give one of them another name or take it away"},
        {2, "a", "group: there is no group \"sales\": did you mean \"sale\"?"},
        {4, "",
         "id: \"A b\" is not possible: small letters, digits, \"-\", \"_\" and \".\", at most 64, a "
         "letter or digit first"},
        {5, "",
         "unknown field \"x\": known are id, name, kind, enabled, from, to, priority, "
         "exclusive, group, coupon, limits, budget, segments, channels, holdout, "
         "skip_reduced, nudge, when, give"},
        {5, "",
         "id is missing: orders and reports know the rule by it, like id = "
         "\"second-half\""},
        {5, "",
         "give is missing: what the customer gets, like give = { order_percent = { percent "
         "= 10 } }"},
        {7, "", "must be a table like { id = … }, not 5"},
        {8, "", "nothing like nonsense can be declared: known are promotion, group, upsell, test"},
        {3, "a", "the id is taken: promotions/a.lua:2 declares it too; give one of them another"}};
    size_t at = 0;
    json_each(item, errors)
    {
        assert_true(at < sizeof wanted / sizeof wanted[0]);
        char *message = arena_cstr(&arena, json_text(json_at(&item->value, "message")));
        assert_string_equal(message, wanted[at].message);
        assert_int_equal(json_int(json_at(&item->value, "line"), 0), wanted[at].line);
        assert_true(souk_str_is(json_text(json_at(&item->value, "id")), wanted[at].id));
        assert_true(souk_str_is(json_text(json_at(&item->value, "file")), "promotions/a.lua"));
        at++;
    }
    assert_int_equal(at, sizeof wanted / sizeof wanted[0]);
    errors = mistakes("promotion {'id':'a','group':'sale'" GIVE "}\n");
    assert_true(souk_str_is(message_at(errors, 0), "group: there is no group \"sale\"; declare it: "
                                                   "group { name = \"sale\", mode = \"best\" }"));
}

static void test_wrong_offers(void **state)
{
    (void)state;
    struct json *errors = mistakes("upsell {'id':'a','slot':'basket','skus':['A']}\n"
                                   "upsell {'id':'b','slot':'cart'}\n"
                                   "upsell {'id':'c','slot':'cart','skus':['A'],'choose':5}\n"
                                   "upsell {'id':'b','skus':['A'],'quantity':0}\n");
    static const char *const wanted[] = {
        "slot: \"basket\" is not possible: known are product, cart, bump, after, thanks",
        "skus are missing: what is offered, like skus = { \"TEA-1\" }",
        "choose: must be a function(cart) that returns { sku = … }, not 5",
        "has both skus and choose; leave one of them out",
        "slot is missing: where it is shown, one of product, cart, bump, after, thanks",
        "quantity: must be a whole number from 1 to 10000, not 0",
        "the id is taken: promotions/a.lua:2 declares it too; give one of them another"};
    assert_int_equal(errors->count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < errors->count; i++)
        assert_string_equal(arena_cstr(&arena, message_at(errors, i)), wanted[i]);
}

/* ---- one action by itself ---- */

static void test_action_of_a_function(void **state)
{
    struct promo_action a;
    struct err err = {0};
    (void)state;
    assert_int_equal(promo_action_read(&arena, parse("{'order_fixed':{'amount':5}}"), &a, &err),
                     SOUK_OK);
    assert_int_equal(a.amount, 5);
    assert_int_equal(promo_action_read(&arena, parse("{'order_fixed':{'amonut':5}}"), &a, &err),
                     SOUK_INVALID);
    assert_string_equal(err.text, "order_fixed: unknown field \"amonut\": did you mean "
                                  "\"amount\"?; order_fixed: amount is missing");
    assert_int_equal(promo_action_read(&arena, parse("{'$function':1}"), &a, &err), SOUK_INVALID);
    assert_int_equal(promo_action_read(&arena, parse("[]"), &a, &err), SOUK_INVALID);
    assert_int_equal(promo_action_read(&arena, parse("'x'"), &a, &err), SOUK_INVALID);
}

static void test_codes(void **state)
{
    (void)state;
    assert_true(souk_str_is(promo_code_normalize(&arena, souk_str(" sprinG-5\n")), "SPRING-5"));
    assert_true(souk_str_is(promo_code_normalize(&arena, souk_str("a b")), "A B"));
    assert_true(souk_str_is(promo_code_normalize(&arena, souk_str("\xD0\xB6")), "\xD0\xB6"));
    assert_int_equal(promo_code_normalize(&arena, souk_str("   ")).len, 0);
    assert_int_equal(promo_code_normalize(&arena, souk_str("a\x01")).len, 0);
    char long_one[66] = {0};
    memset(long_one, 'a', 65);
    assert_int_equal(promo_code_normalize(&arena, souk_str(long_one)).len, 0);
    assert_int_equal(promo_code_normalize(&arena, str_make(long_one, 64)).len, 64);
}

/* ---- order, switches, hashes ---- */

static void test_effective_order(void **state)
{
    (void)state;
    struct json *list = json_new(&arena, JSON_ARRAY);
    declare(list, "promotions/b.lua",
            "promotion {'id':'b1','priority':5" GIVE "}\n"
            "promotion {'id':'b2','priority':9" GIVE "}\n");
    declare(list, "promotions/a.lua",
            "promotion {'id':'z','priority':5" GIVE "}\n"
            "promotion {'id':'y','priority':5" GIVE "}\n"
            "promotion {'id':'free','give':{'delivery_percent':"
            "{'percent':100}}}\n"
            "promotion {'id':'c','kind':'catalogue','give':"
            "{'unit_fixed':{'amount':1}}}\n");
    const struct promo_set *set = read_list(list, parse("{'y':false,'nobody':false}"));
    static const char *const wanted[] = {"free", "b2", "z", "y", "b1"};
    assert_int_equal(set->cart_count, 5);
    assert_int_equal(set->catalogue_count, 1);
    for (size_t i = 0; i < 5; i++) {
        assert_true(souk_str_is(set->cart[i].id, wanted[i]));
        assert_ptr_equal(promo_find(set, souk_str(wanted[i])), &set->cart[i]);
        assert_int_equal(set->cart[i].enabled, strcmp(wanted[i], "y") != 0);
    }
    assert_ptr_equal(promo_find(set, souk_str("c")), &set->catalogue[0]);
    assert_null(promo_find(set, souk_str("nobody")));
}

/* What staff say stands over what the script says, in both directions, and leaves the rule as it
 * is. */
static void test_switches(void **state)
{
    (void)state;
    struct json *list = json_new(&arena, JSON_ARRAY);
    declare(list, "promotions/a.lua",
            "promotion {'id':'a','enabled':false" GIVE "}\n"
            "promotion {'id':'b'" GIVE "}\n"
            "upsell {'id':'a','slot':'cart','skus':['X'],'enabled':false}\n");
    const struct promo_set *plain = read_list(list, NULL);
    const struct promo_set *set = read_list(list, parse("{'a':true,'b':false,'offer:a':true}"));
    const struct promo_set *other = read_list(list, parse("{'offer:a':false,'b':true}"));
    assert_false(promo_find(plain, souk_str("a"))->enabled);
    assert_true(promo_find(set, souk_str("a"))->enabled);
    assert_true(promo_find(set, souk_str("a"))->declared_off);
    assert_false(promo_find(set, souk_str("b"))->enabled);
    assert_false(promo_find(set, souk_str("b"))->declared_off);
    assert_true(set->offers[0].enabled && set->offers[0].declared_off);
    assert_false(plain->offers[0].enabled);
    assert_false(promo_find(other, souk_str("a"))->enabled);
    assert_true(promo_find(other, souk_str("b"))->enabled);
    assert_false(other->offers[0].enabled);
    assert_true(souk_str_equal(promo_find(set, souk_str("a"))->hash,
                               promo_find(plain, souk_str("a"))->hash));
    assert_false(souk_str_equal(set->hash, plain->hash));
}

static struct souk_str hash_with(const char *members, const char *text)
{
    struct json *list = json_new(&arena, JSON_ARRAY);
    struct script_source source = {souk_str("promotions/a.lua"), souk_str(text)};
    declare(list, "promotions/a.lua",
            arena_printf(&arena, "promotion {'id':'a',%s" GIVE "}", members).ptr);
    promo_set_texts(&arena, list, &source, 1);
    return read_list(list, NULL)->cart[0].hash;
}

static void test_hashes(void **state)
{
    static const char one_function[] = "'when':{'$function':1}", same[] = "'when':{'$function':2}";
    (void)state;
    struct souk_str hash = hash_with(one_function, "x");
    assert_true(souk_str_equal(hash, hash_with(same, "x")));
    assert_false(souk_str_equal(hash, hash_with(one_function, "y")));
    hash = hash_with("'priority':1", "x");
    assert_true(souk_str_equal(hash, hash_with("'priority':1", "y")));
    assert_false(souk_str_equal(hash, hash_with("'priority':2", "x")));
    struct json *list = json_new(&arena, JSON_ARRAY);
    declare(list, "promotions/a.lua", "promotion {'id':'a'" GIVE "}");
    const struct promo_set *on = read_list(list, NULL),
                           *off = read_list(list, parse("{'a':false}"));
    assert_true(souk_str_equal(on->cart[0].hash, off->cart[0].hash));
    assert_false(souk_str_equal(on->hash, off->hash));
    struct souk_str best = read_set("group {'name':'g','mode':'best'}\n"
                                    "promotion {'id':'a','group':'g'" GIVE "}")
                               ->cart[0]
                               .hash;
    struct souk_str first = read_set("group {'name':'g','mode':'first'}\n"
                                     "promotion {'id':'a','group':'g'" GIVE "}")
                                ->cart[0]
                                .hash;
    assert_false(souk_str_equal(best, first));
    assert_int_equal(read_set("")->hash.len, 0);
}

static void test_what_has_to_be_known(void **state)
{
    (void)state;
    const struct promo_set *set = read_set("promotion {'id':'a'" GIVE "}");
    assert_false(set->wants_history);
    assert_false(set->wants_usage);
    assert_true(read_set("promotion {'id':'a','when':{'nth_order':1}" GIVE "}")->wants_history);
    assert_true(read_set("promotion {'id':'a','limits':{'uses':1}" GIVE "}")->wants_usage);
    assert_true(read_set("promotion {'id':'a','coupon':{'batch':'x'}" GIVE "}")->wants_usage);
    assert_true(read_set("promotion {'id':'a','give':{'$function':1}}")->wants_history);
}

/* ---- the index ---- */

static uint64_t random_state = 88172645463325252u;

static size_t random_below(size_t most)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (size_t)(random_state % most);
}

static struct souk_str word(const char *prefix, size_t most)
{
    return arena_printf(&arena, "%s%zu", prefix, random_below(most));
}

static void add_names(struct buf *out, const char *key, const char *prefix, size_t most)
{
    buf_printf(out, "\"%s\":[", key);
    for (size_t i = 0, count = 1 + random_below(3); i < count; i++)
        buf_printf(out, "%s\"%.*s\"", i ? "," : "", SOUK_PRI(word(prefix, most)));
    buf_add_cstr(out, "]");
}

static void add_filter(struct buf *out, const char *key)
{
    static const char *const keys[] = {"skus", "products", "categories"};
    static const char *const prefixes[] = {"s", "p", "c"};
    buf_printf(out, ",\"%s\":{", key);
    int any = 0;
    for (size_t i = 0; i < 3; i++)
        if (random_below(3) == 0) {
            buf_add_cstr(out, any++ ? "," : "");
            add_names(out, keys[i], prefixes[i], 12);
        }
    buf_add_cstr(out, "}");
}

static void add_random_action(struct buf *out)
{
    switch (random_below(6)) {
    case 0: buf_add_cstr(out, "{\"delivery_percent\":{\"percent\":5}}"); break;
    case 1:
        buf_add_cstr(out, "{\"buy_get\":{\"percent\":5,\"buy_quantity\":1,\"get_quantity\":1");
        add_filter(out, "buy");
        add_filter(out, "get");
        buf_add_cstr(out, "}}");
        break;
    case 2:
        buf_add_cstr(out, "{\"add_gift\":{\"sku\":\"g\"");
        if (random_below(2))
            add_filter(out, "per");
        buf_add_cstr(out, "}}");
        break;
    default:
        buf_add_cstr(out, "{\"line_percent\":{\"percent\":5");
        add_filter(out, "filter");
        buf_add_cstr(out, "}}");
    }
}

static void add_random_rule(struct buf *out, size_t number)
{
    static const struct {
        const char *key, *prefix;
    } lists[] = {{"contains_product", "s"},
                 {"contains_category", "c"},
                 {"customer_group_in", "g"},
                 {"customer_id_in", "k"},
                 {"delivery_method_in", "m"}};
    buf_printf(out, "promotion {\"id\":\"r%zu\",\"enabled\":%s", number,
               random_below(10) ? "true" : "false");
    if (random_below(8) == 0)
        buf_printf(out, ",\"coupon\":{\"code\":\"x%zu\",\"batch\":\"b%zu\"}", random_below(9),
                   random_below(3));
    if (random_below(8) == 0)
        buf_add_cstr(out, ",\"from\":\"2026-01-01\",\"to\":\"2026-02-01\"");
    if (random_below(6) == 0) {
        buf_add_cstr(out, ",");
        add_names(out, "channels", "h", 3);
    }
    if (random_below(6) == 0) {
        buf_add_cstr(out, ",");
        add_names(out, "segments", "g", 4);
    }
    buf_add_cstr(out, ",\"when\":[{\"items_total_at_least\":1}");
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (random_below(5) == 0) {
            buf_add_cstr(out, ",{");
            add_names(out, lists[i].key, lists[i].prefix, 12);
            buf_add_cstr(out, "}");
        }
    if (random_below(6) == 0)
        buf_printf(out, ",{\"category_total_at_least\":{\"category\":\"c%zu\",\"amount\":%zu}}",
                   random_below(12), random_below(2));
    if (random_below(6) == 0)
        buf_add_cstr(out, random_below(2) ? ",{\"currency_in\":[\"eur\"]}"
                                          : ",{\"country_in\":[\"BG\"]}");
    buf_add_cstr(out, "],\"give\":[");
    add_random_action(out);
    if (random_below(4) == 0) {
        buf_add_cstr(out, ",");
        add_random_action(out);
    }
    buf_add_cstr(out, "]}\n");
}

static int has(const struct promo_texts *texts, struct souk_str text)
{
    for (size_t i = 0; text.len && i < texts->count; i++)
        if (souk_str_equal(texts->at[i], text))
            return 1;
    return 0;
}

/* Some line has the sku (product, category) of the list, or nothing is asked for. */
static int finds(const struct quote *quote, const struct promo_texts *texts, char sort)
{
    int found = texts->count == 0;
    for (size_t i = 0; i < quote->count && !found; i++) {
        const struct quote_line *line = &quote->lines[i];
        found =
            (sort == 's' && has(texts, line->sku)) || (sort == 'p' && has(texts, line->product));
        for (size_t k = 0; k < line->category_count && sort == 'c'; k++)
            found |= has(texts, line->categories[k]);
    }
    return found;
}

static int filter_finds(const struct quote *quote, const struct promo_filter *filter, int all)
{
    int skus = finds(quote, &filter->skus, 's'), products = finds(quote, &filter->products, 'p'),
        categories = finds(quote, &filter->categories, 'c');
    if (all)
        return skus && products && categories;
    return filter->skus.count ? skus : filter->products.count ? products : categories;
}

static int action_finds(const struct quote *quote, const struct promo_action *a, int all)
{
    if (a->kind == PROMO_DELIVERY_PERCENT || (a->kind == PROMO_ADD_GIFT && !a->per))
        return 1;
    if (a->kind == PROMO_ADD_GIFT)
        return filter_finds(quote, &a->get, all);
    return filter_finds(quote, &a->filter, all) &&
           (a->kind != PROMO_BUY_GET || !all || filter_finds(quote, &a->get, 1));
}

/* A promotion whose only need of lines is unnamed does not hang at lines at all. */
static int actions_find(const struct quote *quote, const struct promo *promo)
{
    int found = 0;
    for (size_t i = 0; i < promo->action_count; i++) {
        const struct promo_action *a = &promo->actions[i];
        const struct promo_filter *filter = a->kind == PROMO_ADD_GIFT ? &a->get : &a->filter;
        if (a->kind == PROMO_DELIVERY_PERCENT || (a->kind == PROMO_ADD_GIFT && !a->per) ||
            (!filter->skus.count && !filter->products.count && !filter->categories.count))
            return 1;
        found |= action_finds(quote, a, promo->action_count == 1);
    }
    return found;
}

static int condition_finds(const struct quote *quote, const struct promo_facts *facts,
                           const struct promo_condition *c)
{
    struct promo_texts category = {&c->text, 1};
    switch (c->kind) {
    case PROMO_CONTAINS_PRODUCT:
        return finds(quote, &c->texts, 's') || finds(quote, &c->texts, 'p');
    case PROMO_CONTAINS_CATEGORY: return finds(quote, &c->texts, 'c');
    case PROMO_CATEGORY_TOTAL_AT_LEAST: return c->number < 1 || finds(quote, &category, 'c');
    case PROMO_CUSTOMER_GROUP_IN: return has(&c->texts, facts->customer.group);
    case PROMO_CUSTOMER_ID_IN: return has(&c->texts, facts->customer.id);
    case PROMO_DELIVERY_METHOD_IN:
        return quote->delivery_count && has(&c->texts, quote->delivery[0].method);
    case PROMO_CURRENCY_IN: return has(&c->texts, quote->currency);
    case PROMO_COUNTRY_IN: return has(&c->texts, facts->country);
    default: return 1;
    }
}

static int can_apply(const struct quote *quote, const struct promo_facts *facts,
                     const struct promo *promo)
{
    if (!promo->enabled)
        return 0;
    if (promo->coupon) {
        for (size_t i = 0; i < quote->coupon_count; i++)
            if (has(&promo->coupon->codes, promo_code_normalize(&arena, quote->coupons[i].code)))
                return 1;
        return facts->code_count && souk_str_equal(facts->codes[0].batch, promo->coupon->batch);
    }
    if ((promo->from && quote->at < promo->from) || (promo->to && quote->at >= promo->to))
        return 0;
    if (promo->channels.count && !has(&promo->channels, facts->channel))
        return 0;
    if (promo->segments.count && !has(&promo->segments, facts->customer.group) &&
        !has(&promo->segments, facts->customer.segments.at[0]))
        return 0;
    for (size_t i = 0; i < promo->condition_count; i++)
        if (!condition_finds(quote, facts, &promo->conditions[i]))
            return 0;
    return actions_find(quote, promo);
}

static struct quote random_quote(void)
{
    struct quote quote = {.currency = souk_str(random_below(2) ? "EUR" : "USD"),
                          .count = random_below(5),
                          .delivery_count = 1,
                          .coupon_count = random_below(3)};
    quote.lines = arena_array(&arena, struct quote_line, 6);
    quote.delivery = arena_array(&arena, struct quote_delivery, 1);
    quote.coupons = arena_array(&arena, struct quote_coupon, 3);
    for (size_t i = 0; i < quote.count; i++) {
        struct souk_str *categories = arena_array(&arena, struct souk_str, 2);
        categories[0] = word("c", 12);
        categories[1] = word("c", 12);
        quote.lines[i] = (struct quote_line){.sku = word("s", 12),
                                             .product = word("p", 12),
                                             .categories = categories,
                                             .category_count = random_below(3),
                                             .quantity = 1};
    }
    for (size_t i = 0; i < quote.coupon_count; i++)
        quote.coupons[i].code = word(" x", 9);
    quote.delivery[0].method = word("m", 12);
    clock_parse(souk_str(random_below(2) ? "2026-01-15" : "2026-02-01"), &quote.at);
    return quote;
}

static void test_index_equals_going_through_all(void **state)
{
    size_t yes = 0, no = 0;
    (void)state;
    for (size_t round = 0; round < 60; round++) {
        struct buf text = {.arena = &arena};
        size_t count = 1 + random_below(120);
        for (size_t i = 0; i < count; i++)
            add_random_rule(&text, i);
        const struct promo_set *set = read_set(buf_str(&text).ptr);
        for (size_t i = 0; i < 20; i++) {
            struct quote quote = random_quote();
            struct souk_str segment = word("g", 12);
            struct promo_code code = {.batch = word("b", 3)};
            struct promo_facts facts = {
                .customer = {.known = 1, .id = word("k", 12), .group = word("g", 12)},
                .channel = word("h", 3),
                .country = souk_str(random_below(2) ? "BG" : "RO"),
                .codes = &code,
                .code_count = random_below(2)};
            facts.customer.segments = (struct promo_texts){&segment, 1};
            const uint64_t *bits = promo_candidates(&arena, set, &quote, &facts);
            for (size_t k = 0; k < set->cart_count; k++) {
                int found = (bits[k / 64] >> (k % 64)) & 1;
                int wanted = can_apply(&quote, &facts, &set->cart[k]);
                if (found != wanted)
                    fail_msg("round %zu, rule %.*s: index %d, all %d\n%s", round,
                             SOUK_PRI(set->cart[k].id), found, wanted, buf_str(&text).ptr);
                *(found ? &yes : &no) += 1;
            }
        }
        arena_reset(&arena);
    }
    assert_true(yes > 5000);
    assert_true(no > 5000);
}

/* Of a thousand rules on skus of their own, a cart meets only its own. */
static void test_index_leaves_out(void **state)
{
    struct buf text = {.arena = &arena};
    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_printf(&text,
                   "promotion {\"id\":\"r%d\",\"when\":{\"contains_product\":[\"S%d\"],"
                   "\"currency_in\":[\"EUR\"]},\"give\":{\"order_fixed\":{\"amount\":1}}}\n",
                   i, i);
    const struct promo_set *set = read_set(buf_str(&text).ptr);
    struct quote_line line = {.sku = souk_str("S77"), .quantity = 1};
    struct quote quote = {.currency = souk_str("eur"), .lines = &line, .count = 1};
    struct promo_facts facts = {0};
    const uint64_t *bits = promo_candidates(&arena, set, &quote, &facts);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal((bits[i / 64] >> (i % 64)) & 1, i == 77);
}

static int setup(void **state)
{
    static const struct market_shop shop = {.name = "Test", .currency = "EUR", .locales = {"en"}};
    struct err err = {0};
    (void)state;
    market_setup(&shop);
    return zone_setup("UTC", &err);
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_all_fields),
        cmocka_unit_test(test_dates_stand_in_the_shops_zone),
        cmocka_unit_test(test_coupon_as_a_text),
        cmocka_unit_test(test_percentages_are_exact),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_actions_on_units),
        cmocka_unit_test(test_lists_of_actions_and_functions),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_order_of_conditions),
        cmocka_unit_test(test_offers),
        cmocka_unit_test(test_wrong_names),
        cmocka_unit_test(test_wrong_amounts),
        cmocka_unit_test(test_wrong_numbers),
        cmocka_unit_test(test_wrong_texts),
        cmocka_unit_test(test_wrong_times),
        cmocka_unit_test(test_wrong_actions),
        cmocka_unit_test(test_wrong_coupons_and_limits),
        cmocka_unit_test(test_wrong_catalogue),
        cmocka_unit_test(test_wrong_groups_and_ids),
        cmocka_unit_test(test_wrong_offers),
        cmocka_unit_test(test_action_of_a_function),
        cmocka_unit_test(test_codes),
        cmocka_unit_test(test_effective_order),
        cmocka_unit_test(test_switches),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_what_has_to_be_known),
        cmocka_unit_test(test_index_equals_going_through_all),
        cmocka_unit_test(test_index_leaves_out),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
