/*
 * promo_read_give.c: `give` of a rule: one action, a list of them, or a function that answers with
 * either. Each kind is a row of one table: its name, what it may have, how it is read. What a
 * function returned comes through the same rows (promo_action_read).
 */
#include "base/str.h"
#include "shop/promo_read.h"

#define COUNT_MOST   1000000000
#define ACTIONS_MOST 100
#define TIERS_MOST   1000

typedef void read_fn(struct promo_reader *reader, const struct promo_place *at,
                     const struct json *value, struct promo_action *action);

static void need(struct promo_reader *reader, const struct promo_place *at,
                 const struct json *value, const char *key)
{
    if (!promo_member(value, key))
        promo_wrong(reader, at, "%s is missing", key);
}

static int64_t take_count(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, const char *key, int64_t least,
                          int64_t otherwise)
{
    return promo_take_whole(reader, at, value, key, least, COUNT_MOST, otherwise);
}

/* ---- amounts of an action ---- */

static void take_amount(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *value, struct promo_action *action)
{
    need(reader, at, value, "amount");
    action->amount = promo_take_amount(reader, at, value, "amount", 0);
}

static void take_percent(struct promo_reader *reader, const struct promo_place *at,
                         const struct json *value, struct promo_action *action)
{
    need(reader, at, value, "percent");
    action->ppm = promo_take_percent(reader, at, value, "percent", 0);
}

/* percent or amount, one of the two. */
static void take_either(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *value, struct promo_action *action)
{
    int percent = promo_member(value, "percent") != NULL;
    int amount = promo_member(value, "amount") != NULL;
    if (percent == amount)
        promo_wrong(reader, at,
                    percent ? "has both percent and amount; leave one of them out"
                            : "percent or amount is missing");
    action->ppm = promo_take_percent(reader, at, value, "percent", PROMO_NONE);
    action->amount = promo_take_amount(reader, at, value, "amount", PROMO_NONE);
}

static struct promo_tier take_tier(struct promo_reader *reader, const struct promo_place *at,
                                   const struct json *value, int money, const char *what)
{
    const char *const names[] = {"min", what, NULL};
    struct promo_tier tier = {0, PROMO_NONE, PROMO_NONE};
    if (promo_check_names(reader, at, value, "field", names) != SOUK_OK)
        return tier;
    need(reader, at, value, "min");
    need(reader, at, value, what);
    tier.min = money ? promo_take_amount(reader, at, value, "min", 0)
                     : take_count(reader, at, value, "min", 0, 0);
    if (strcmp(what, "percent") == 0)
        tier.ppm = promo_take_percent(reader, at, value, what, 0);
    else
        tier.amount = promo_take_amount(reader, at, value, what, 0);
    return tier;
}

/* Ascending, whatever order they were written in; two with one threshold are a mistake. */
static void put_tier(struct promo_reader *reader, const struct promo_place *at,
                     struct promo_action *action, struct promo_tier tier)
{
    size_t place = action->tier_count++;
    for (; place > 0 && action->tiers[place - 1].min > tier.min; place--)
        action->tiers[place] = action->tiers[place - 1];
    action->tiers[place] = tier;
    if (place > 0 && action->tiers[place - 1].min == tier.min)
        promo_wrong(reader, at, "there are two tiers from %lld on; leave one of them out",
                    (long long)tier.min);
}

static void take_tiers(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_action *action, int money,
                       const char *what)
{
    const struct json *list = promo_member(value, "tiers");
    struct promo_place here = {at, "tiers", 0};
    size_t number = 0;
    if (!list || list->kind != JSON_ARRAY || !list->count || list->count > TIERS_MOST) {
        promo_wrong(reader, &here, "must be a list like { { min = 2, %s = … } }", what);
        return;
    }
    action->tiers = arena_array(reader->arena, struct promo_tier, list->count);
    json_each(item, list)
    {
        struct promo_place place = {&here, NULL, ++number};
        size_t before = reader->wrong;
        struct promo_tier tier = take_tier(reader, &place, &item->value, money, what);
        if (reader->wrong == before)
            put_tier(reader, &here, action, tier);
    }
}

/* ---- lines ---- */

static void read_line_percent(struct promo_reader *reader, const struct promo_place *at,
                              const struct json *value, struct promo_action *action)
{
    static const char *const bases[] = {"unit_price", "remaining", NULL};
    take_percent(reader, at, value, action);
    action->remaining = promo_take_choice(reader, at, value, "base", bases, 0);
    action->max_quantity = take_count(reader, at, value, "max_quantity", 1, PROMO_NONE);
}

static void read_unit_fixed(struct promo_reader *reader, const struct promo_place *at,
                            const struct json *value, struct promo_action *action)
{
    take_amount(reader, at, value, action);
    action->max_quantity = take_count(reader, at, value, "max_quantity", 1, PROMO_NONE);
    if (reader->catalogue && promo_member(value, "max_quantity"))
        promo_wrong(reader, at, "max_quantity is not possible in a catalogue promotion");
}

static void read_order_percent(struct promo_reader *reader, const struct promo_place *at,
                               const struct json *value, struct promo_action *action)
{
    take_percent(reader, at, value, action);
    action->cap = promo_take_amount(reader, at, value, "cap", PROMO_NONE);
}

/* ---- delivery ---- */

static void read_delivery_percent(struct promo_reader *reader, const struct promo_place *at,
                                  const struct json *value, struct promo_action *action)
{
    static const char *const bases[] = {"original", "remaining", NULL};
    take_percent(reader, at, value, action);
    action->remaining = promo_take_choice(reader, at, value, "base", bases, 0);
    action->methods = promo_take_texts(reader, at, value, "methods");
}

static void read_delivery_fixed(struct promo_reader *reader, const struct promo_place *at,
                                const struct json *value, struct promo_action *action)
{
    static const char *const ways[] = {"each", "across", NULL};
    take_amount(reader, at, value, action);
    action->across = promo_take_choice(reader, at, value, "allocation", ways, 0);
    action->methods = promo_take_texts(reader, at, value, "methods");
}

/* ---- units ---- */

static void read_buy_get(struct promo_reader *reader, const struct promo_place *at,
                         const struct json *value, struct promo_action *action)
{
    static const char *const picks[] = {"most_expensive", "cheapest", NULL};
    static const char *const needed[] = {"buy", "buy_quantity", "get", "get_quantity"};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        need(reader, at, value, needed[i]);
    action->filter = promo_take_filter(reader, at, value, "buy");
    action->get = promo_take_filter(reader, at, value, "get");
    action->buy_quantity = take_count(reader, at, value, "buy_quantity", 1, 1);
    action->get_quantity = take_count(reader, at, value, "get_quantity", 1, 1);
    action->max_quantity = take_count(reader, at, value, "max_get_quantity", 1, PROMO_NONE);
    action->cheapest = promo_take_choice(reader, at, value, "pick", picks, 1);
    action->once = !promo_take_bool(reader, at, value, "repeats", 1);
    take_either(reader, at, value, action);
}

static void read_cheapest(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, struct promo_action *action)
{
    need(reader, at, value, "quantity");
    action->quantity = take_count(reader, at, value, "quantity", 1, 1);
    take_either(reader, at, value, action);
}

static void read_groups(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *value, struct promo_action *action)
{
    static const char *const ways[] = {"items_total", "quantity", NULL};
    need(reader, at, value, "group_size");
    action->quantity = take_count(reader, at, value, "group_size", 1, 1);
    if (!promo_member(value, "tiers") && !promo_member(value, "base_percent")) {
        take_either(reader, at, value, action);
        return;
    }
    for (int i = 0; i < 2; i++)
        if (promo_member(value, i ? "amount" : "percent"))
            promo_wrong(reader, at, "%s does not go with tiers; leave it out",
                        i ? "amount" : "percent");
    action->ppm = promo_take_percent(reader, at, value, "base_percent", 0);
    action->by_quantity = promo_take_choice(reader, at, value, "by", ways, 0);
    take_tiers(reader, at, value, action, !action->by_quantity, "percent");
}

static void read_tiered(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *value, struct promo_action *action)
{
    static const char *const ways[] = {"items_total", "quantity", NULL};
    int percent = action->kind == PROMO_TIERED_PERCENT;
    need(reader, at, value, "by");
    action->by_quantity = promo_take_choice(reader, at, value, "by", ways, 0);
    if (percent)
        action->ppm = promo_take_percent(reader, at, value, "base_percent", 0);
    else
        action->amount = promo_take_amount(reader, at, value, "base", 0);
    take_tiers(reader, at, value, action, !action->by_quantity, percent ? "percent" : "amount");
}

static void read_first(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_action *action)
{
    need(reader, at, value, "first");
    need(reader, at, value, "additional");
    action->amount = promo_take_amount(reader, at, value, "first", 0);
    action->additional = promo_take_amount(reader, at, value, "additional", 0);
    action->max_quantity = take_count(reader, at, value, "max_items", 0, 0);
}

static void read_gift(struct promo_reader *reader, const struct promo_place *at,
                      const struct json *value, struct promo_action *action)
{
    need(reader, at, value, "sku");
    action->text = promo_take_text(reader, at, value, "sku", 200);
    action->amount = promo_take_amount(reader, at, value, "unit_price", PROMO_NONE);
    action->quantity = take_count(reader, at, value, "quantity", 1, 1);
    action->per = promo_member(value, "per") != NULL;
    action->get = promo_take_filter(reader, at, value, "per");
}

/* ---- all of them ---- */

enum { IN_CART = 1, ON_SHELF = 2 };
static const struct kind {
    enum promo_give kind;
    const char *name;
    int where;
    read_fn *read;
    const char *fields[10];
} kinds[] = {
    {PROMO_LINE_PERCENT,
     "line_percent",
     IN_CART,
     read_line_percent,
     {"percent", "filter", "base", "max_quantity"}},
    {PROMO_UNIT_FIXED,
     "unit_fixed",
     IN_CART | ON_SHELF,
     read_unit_fixed,
     {"amount", "filter", "max_quantity"}},
    {PROMO_LINE_FIXED, "line_fixed", IN_CART, take_amount, {"amount", "filter"}},
    {PROMO_ORDER_PERCENT,
     "order_percent",
     IN_CART,
     read_order_percent,
     {"percent", "filter", "cap"}},
    {PROMO_ORDER_FIXED, "order_fixed", IN_CART, take_amount, {"amount", "filter"}},
    {PROMO_ORDER_FIXED_PRICE, "order_fixed_price", IN_CART, take_amount, {"amount", "filter"}},
    {PROMO_DELIVERY_PERCENT,
     "delivery_percent",
     IN_CART,
     read_delivery_percent,
     {"percent", "base", "methods"}},
    {PROMO_DELIVERY_FIXED,
     "delivery_fixed",
     IN_CART,
     read_delivery_fixed,
     {"amount", "allocation", "methods"}},
    {PROMO_BUY_GET,
     "buy_get",
     IN_CART,
     read_buy_get,
     {"buy", "buy_quantity", "get", "get_quantity", "percent", "amount", "pick", "max_get_quantity",
      "repeats"}},
    {PROMO_CHEAPEST_UNITS,
     "cheapest_units",
     IN_CART,
     read_cheapest,
     {"quantity", "percent", "amount", "filter"}},
    {PROMO_UNIT_GROUPS,
     "unit_groups",
     IN_CART,
     read_groups,
     {"group_size", "percent", "amount", "by", "base_percent", "tiers", "filter"}},
    {PROMO_TIERED_PERCENT,
     "tiered_percent",
     IN_CART,
     read_tiered,
     {"by", "base_percent", "tiers", "filter"}},
    {PROMO_TIERED_FIXED, "tiered_fixed", IN_CART, read_tiered, {"by", "base", "tiers", "filter"}},
    {PROMO_FIRST_ADDITIONAL,
     "first_additional",
     IN_CART,
     read_first,
     {"first", "additional", "max_items", "filter"}},
    {PROMO_ADD_GIFT, "add_gift", IN_CART, read_gift, {"sku", "unit_price", "quantity", "per"}},
    {PROMO_UNIT_PERCENT, "unit_percent", ON_SHELF, take_percent, {"percent", "filter"}},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static int has_field(const struct kind *kind, const char *name)
{
    for (int i = 0; kind->fields[i]; i++)
        if (strcmp(kind->fields[i], name) == 0)
            return 1;
    return 0;
}

static void read_kind(struct promo_reader *reader, const struct promo_place *at,
                      const struct json *value, const struct kind *kind,
                      struct promo_action *action)
{
    struct promo_place here = {at, kind->name, 0};
    action->kind = kind->kind;
    action->name = kind->name;
    if (reader->catalogue && kind->kind == PROMO_UNIT_FIXED)
        action->kind = PROMO_CATALOGUE_FIXED;
    if (!(kind->where & (reader->catalogue ? ON_SHELF : IN_CART)))
        promo_wrong(reader, &here,
                    reader->catalogue
                        ? "is not possible in a catalogue promotion; there are unit_percent and "
                          "unit_fixed"
                        : "is for catalogue promotions: write line_percent, or kind = "
                          "\"catalogue\"");
    if (promo_check_names(reader, &here, value, "field", kind->fields) != SOUK_OK)
        return;
    if (has_field(kind, "filter"))
        action->filter = promo_take_filter(reader, &here, value, "filter");
    kind->read(reader, &here, value, action);
}

static void read_function(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, struct promo_action *action)
{
    action->kind = PROMO_COMPUTED;
    action->name = "function";
    action->function = (int)promo_value_function(value);
    reader->functions++;
    if (reader->deep)
        promo_wrong(reader, at, "is a function; return the action itself");
    else if (reader->catalogue)
        promo_wrong(reader, at,
                    "a catalogue promotion cannot have a function: its prices are on "
                    "every page");
}

void promo_read_action(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *doc, struct promo_action *action)
{
    const char *names[KINDS + 1] = {NULL};
    *action = (struct promo_action){.kind = PROMO_LINE_FIXED,
                                    .name = "",
                                    .ppm = PROMO_NONE,
                                    .amount = PROMO_NONE,
                                    .additional = PROMO_NONE,
                                    .cap = PROMO_NONE,
                                    .quantity = PROMO_NONE,
                                    .buy_quantity = PROMO_NONE,
                                    .get_quantity = PROMO_NONE,
                                    .max_quantity = PROMO_NONE,
                                    .filter = {.price_from = PROMO_NONE, .price_to = PROMO_NONE},
                                    .get = {.price_from = PROMO_NONE, .price_to = PROMO_NONE},
                                    .function = (int)PROMO_NONE,
                                    .line = reader->line};
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    if (promo_value_function(doc) >= 0) {
        read_function(reader, at, doc, action);
        return;
    }
    if (promo_check_names(reader, at, doc, "action", names) != SOUK_OK)
        return;
    if (doc->count != 1) {
        promo_wrong(reader, at,
                    doc->count ? "has several actions in one table; write a list, so that their "
                                 "order is told: { { … }, { … } }"
                               : "is empty; name an action like order_percent = { percent = 10 }");
        return;
    }
    for (size_t i = 0; i < KINDS; i++)
        if (promo_member(doc, kinds[i].name))
            read_kind(reader, at, promo_member(doc, kinds[i].name), &kinds[i], action);
}

void promo_read_actions(struct promo_reader *reader, const struct json *rule,
                        const struct promo_action **actions, size_t *count)
{
    const struct json *give = promo_member(rule, "give");
    struct promo_place at = {NULL, "give", 0};
    size_t number = 0;
    *actions = NULL;
    *count = 0;
    if (!give)
        return;
    if (give->kind == JSON_ARRAY && (!give->count || give->count > ACTIONS_MOST)) {
        promo_wrong(reader, &at, "has %u actions; write 1 to %d", give->count, ACTIONS_MOST);
        return;
    }
    size_t room = give->kind == JSON_ARRAY ? give->count : 1;
    struct promo_action *list = arena_array(reader->arena, struct promo_action, room);
    if (give->kind != JSON_ARRAY)
        promo_read_action(reader, &at, give, &list[0]);
    json_each(item, give->kind == JSON_ARRAY ? give : NULL)
    {
        struct promo_place here = {&at, NULL, ++number};
        promo_read_action(reader, &here, &item->value, &list[number - 1]);
    }
    *actions = list;
    *count = room;
}

int promo_action_read(struct arena *arena, const struct json *doc, struct promo_action *action,
                      struct err *err)
{
    struct promo_reader reader = {
        .arena = arena, .errors = json_new(arena, JSON_ARRAY), .deep = 1, .file = souk_str("")};
    struct buf text = {.arena = arena};
    promo_read_action(&reader, NULL, doc, action);
    if (!reader.wrong)
        return SOUK_OK;
    json_each(item, reader.errors)
    {
        buf_add_cstr(&text, text.len ? "; " : "");
        buf_add_str(&text, json_text(json_at(&item->value, "message")));
    }
    return err_set(err, SOUK_INVALID, "%.*s", SOUK_PRI(buf_str(&text)));
}
