/*
 * promo_read_rule.c: one promotion, offer or group as it was declared: everything but conditions
 * and actions, and what does not go together.
 */
#include "base/clock.h"
#include "base/str.h"
#include "shop/promo_read.h"

#define ID_MOST       64
#define NAME_MOST     200
#define NUDGE_MOST    400
#define CODE_MOST     64
#define PRIORITY_MOST 1000000000
#define USES_MOST     INT64_C(1000000000000)

/* ---- names ---- */

static int is_id(struct souk_str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        int first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!first && (i == 0 || (c != '_' && c != '.' && c != '-')))
            return 0;
    }
    return id.len > 0 && id.len <= ID_MOST;
}

/* Sets reader->id, so that everything that follows is told under it. */
static struct souk_str read_id(struct promo_reader *reader, const struct json *value)
{
    const struct json *id = promo_member(value, "id");
    struct promo_place at = {NULL, "id", 0};
    reader->id = souk_str("");
    if (!id) {
        promo_wrong(reader, NULL,
                    "id is missing: orders and reports know the rule by it, like id "
                    "= \"second-half\"");
    } else if (id->kind != JSON_STRING || !is_id(id->text)) {
        promo_wrong(reader, &at,
                    "%s is not possible: small letters, digits, \"-\", \"_\" and \".\", at most "
                    "%d, a letter or digit first",
                    promo_show(reader, id), ID_MOST);
    } else {
        reader->id = id->text;
    }
    return reader->id;
}

static void read_window(struct promo_reader *reader, const struct json *value, int64_t *from,
                        int64_t *to)
{
    size_t before = reader->wrong;
    *from = promo_take_time(reader, NULL, value, "from");
    *to = promo_take_time(reader, NULL, value, "to");
    if (reader->wrong == before && *from && *to && *to <= *from)
        promo_wrong(reader, NULL, "to is not after from: it would never apply");
}

/* ---- coupons and limits ---- */

static void put_codes(struct promo_reader *reader, const struct promo_place *at,
                      struct promo_texts typed, struct promo_coupon *coupon)
{
    struct souk_str *codes =
        arena_array(reader->arena, struct souk_str, coupon->codes.count + typed.count + 1);
    for (size_t i = 0; i < coupon->codes.count; i++)
        codes[i] = coupon->codes.at[i];
    for (size_t i = 0; i < typed.count; i++) {
        struct souk_str code = promo_code_normalize(reader->arena, typed.at[i]);
        if (!code.len && typed.at[i].len)
            promo_wrong(reader, at, "\"%.*s\" cannot be a code: 1 to %d visible characters",
                        SOUK_PRI(typed.at[i]), CODE_MOST);
        for (size_t k = 0; k < coupon->codes.count; k++)
            if (code.len && souk_str_equal(codes[k], code))
                promo_wrong(reader, at,
                            "\"%.*s\" is there twice (codes are compared in capital "
                            "letters)",
                            SOUK_PRI(code));
        codes[coupon->codes.count++] = code;
    }
    coupon->codes.at = codes;
}

static const struct promo_coupon *read_coupon(struct promo_reader *reader, const struct json *rule)
{
    static const char *const names[] = {
        "code", "codes", "batch", "to", "uses", "per_customer", "again_after_cancel", NULL};
    const struct json *value = promo_member(rule, "coupon");
    struct promo_place at = {NULL, "coupon", 0};
    if (!value)
        return NULL;
    struct promo_coupon *coupon = arena_new(reader->arena, struct promo_coupon);
    coupon->uses = coupon->per_customer = PROMO_NONE;
    coupon->again = 1;
    if (value->kind == JSON_STRING) {
        put_codes(reader, &at, promo_value_texts(reader, &at, value), coupon);
        return coupon;
    }
    if (promo_check_names(reader, &at, value, "field", names) != SOUK_OK)
        return coupon;
    struct souk_str code = promo_take_text(reader, &at, value, "code", NAME_MOST);
    put_codes(reader, &at, (struct promo_texts){&code, code.len > 0}, coupon);
    put_codes(reader, &at, promo_take_texts(reader, &at, value, "codes"), coupon);
    coupon->batch = promo_take_text(reader, &at, value, "batch", NAME_MOST);
    coupon->ends_at = promo_take_time(reader, &at, value, "to");
    coupon->uses = promo_take_whole(reader, &at, value, "uses", 0, USES_MOST, PROMO_NONE);
    coupon->per_customer =
        promo_take_whole(reader, &at, value, "per_customer", 0, USES_MOST, PROMO_NONE);
    coupon->again = promo_take_bool(reader, &at, value, "again_after_cancel", 1);
    if (!promo_member(value, "code") && !promo_member(value, "codes") &&
        !promo_member(value, "batch"))
        promo_wrong(reader, &at, "has no code: give it code, codes or batch");
    return coupon;
}

static void read_limits(struct promo_reader *reader, const struct json *value, struct promo *promo)
{
    static const char *const limits[] = {"uses", "per_customer", NULL};
    static const char *const budget[] = {"amount", "uses", NULL};
    const struct json *given = promo_member(value, "limits");
    struct promo_place at = {NULL, "limits", 0};
    promo->uses = promo->uses_per_customer = promo->budget = promo->budget_uses = PROMO_NONE;
    if (given && promo_check_names(reader, &at, given, "field", limits) == SOUK_OK) {
        promo->uses = promo_take_whole(reader, &at, given, "uses", 0, USES_MOST, PROMO_NONE);
        promo->uses_per_customer =
            promo_take_whole(reader, &at, given, "per_customer", 0, USES_MOST, PROMO_NONE);
        if (!given->count)
            promo_wrong(reader, &at, "is empty: give it uses or per_customer");
    }
    given = promo_member(value, "budget");
    at.key = "budget";
    if (given && promo_check_names(reader, &at, given, "field", budget) == SOUK_OK) {
        promo->budget = promo_take_amount(reader, &at, given, "amount", PROMO_NONE);
        promo->budget_uses = promo_take_whole(reader, &at, given, "uses", 0, USES_MOST, PROMO_NONE);
        if (!given->count)
            promo_wrong(reader, &at, "is empty: give it amount or uses");
    }
}

/* ---- groups ---- */

static const struct promo_group *read_group_name(struct promo_reader *reader,
                                                 const struct json *value,
                                                 const struct promo_group *groups)
{
    struct souk_str name = promo_take_text(reader, NULL, value, "group", NAME_MOST);
    struct promo_place at = {NULL, "group", 0};
    if (!name.len)
        return NULL;
    for (int i = 0; reader->sets[i]; i++)
        if (souk_str_is(name, reader->sets[i]))
            return &groups[i];
    if (reader->sets[0])
        promo_wrong(reader, &at, "there is no group \"%.*s\": %s", SOUK_PRI(name),
                    promo_hint(reader, name, reader->sets));
    else
        promo_wrong(reader, &at,
                    "there is no group \"%.*s\"; declare it: group { name = \"%.*s\", mode = "
                    "\"best\" }",
                    SOUK_PRI(name), SOUK_PRI(name));
    return NULL;
}

void promo_read_group(struct promo_reader *reader, const struct json *value,
                      struct promo_group *group)
{
    static const char *const names[] = {"name", "mode", NULL};
    static const char *const modes[] = {"stack", "first", "best", "best_per_line", NULL};
    reader->id = souk_str("");
    if (promo_check_names(reader, NULL, value, "field", names) != SOUK_OK)
        return;
    for (int i = 0; names[i]; i++)
        if (!promo_member(value, names[i]))
            promo_wrong(reader, NULL, "%s is missing: group { name = \"sale\", mode = \"best\" }",
                        names[i]);
    group->name = promo_take_text(reader, NULL, value, "name", NAME_MOST);
    group->mode =
        (enum promo_mode)promo_take_choice(reader, NULL, value, "mode", modes, PROMO_STACK);
}

/* ---- promotions ---- */

static int64_t usual_priority(const struct promo_action *actions, size_t count)
{
    switch (count ? actions[0].kind : PROMO_COMPUTED) {
    case PROMO_ADD_GIFT: return 400;
    case PROMO_LINE_PERCENT:
    case PROMO_UNIT_FIXED:
    case PROMO_LINE_FIXED:
    case PROMO_BUY_GET:
    case PROMO_CHEAPEST_UNITS:
    case PROMO_UNIT_GROUPS:
    case PROMO_FIRST_ADDITIONAL:
    case PROMO_UNIT_PERCENT:
    case PROMO_CATALOGUE_FIXED: return 300;
    case PROMO_DELIVERY_PERCENT:
    case PROMO_DELIVERY_FIXED: return 100;
    default: return 200;
    }
}

static void check_catalogue(struct promo_reader *reader, const struct json *value)
{
    static const char *const without[] = {"coupon",  "limits",       "budget", "group",
                                          "holdout", "skip_reduced", "nudge"};
    for (size_t i = 0; i < sizeof without / sizeof without[0]; i++)
        if (promo_member(value, without[i]))
            promo_wrong(reader, NULL,
                        "%s is not possible in a catalogue promotion: everybody sees its prices; "
                        "leave it out or make it a cart promotion",
                        without[i]);
}

static void read_terms(struct promo_reader *reader, const struct json *value, struct promo *promo)
{
    promo->exclusive = promo_take_bool(reader, NULL, value, "exclusive", 0);
    promo->skip_reduced = promo_take_bool(reader, NULL, value, "skip_reduced", 0);
    promo->channels = promo_take_texts(reader, NULL, value, "channels");
    promo->segments = promo_take_texts(reader, NULL, value, "segments");
    promo->holdout = promo_take_percent(reader, NULL, value, "holdout", 0);
    promo->nudge = promo_take_text(reader, NULL, value, "nudge", NUDGE_MOST);
    promo->coupon = read_coupon(reader, value);
    read_limits(reader, value, promo);
}

void promo_read_promotion(struct promo_reader *reader, const struct json *value,
                          const struct promo_group *groups, struct promo *promo)
{
    static const char *const names[] = {
        "id",        "name",         "kind",   "enabled", "from",   "to",       "priority",
        "exclusive", "group",        "coupon", "limits",  "budget", "segments", "channels",
        "holdout",   "skip_reduced", "nudge",  "when",    "give",   NULL};
    static const char *const kinds[] = {"cart", "catalogue", NULL};
    reader->id = souk_str("");
    if (promo_check_names(reader, NULL, value, "field", names) != SOUK_OK)
        return;
    promo->id = read_id(reader, value);
    promo->name = promo_take_text(reader, NULL, value, "name", NAME_MOST);
    if (!promo->name.len)
        promo->name = promo->id;
    promo->catalogue = promo_take_choice(reader, NULL, value, "kind", kinds, 0);
    reader->catalogue = promo->catalogue;
    promo->enabled = promo_take_bool(reader, NULL, value, "enabled", 1);
    read_window(reader, value, &promo->from, &promo->to);
    read_terms(reader, value, promo);
    if (promo->catalogue)
        check_catalogue(reader, value);
    else
        promo->group = read_group_name(reader, value, groups);
    promo_read_conditions(reader, value, &promo->conditions, &promo->condition_count);
    if (!promo_member(value, "give"))
        promo_wrong(reader, NULL,
                    "give is missing: what the customer gets, like give = { "
                    "order_percent = { percent = 10 } }");
    promo_read_actions(reader, value, &promo->actions, &promo->action_count);
    promo->priority =
        promo_take_whole(reader, NULL, value, "priority", -PRIORITY_MOST, PRIORITY_MOST,
                         usual_priority(promo->actions, promo->action_count));
}

/* ---- offers ---- */

static void read_offered(struct promo_reader *reader, const struct json *value,
                         struct promo_offer *offer)
{
    const struct json *choose = promo_member(value, "choose");
    struct promo_place at = {NULL, "choose", 0};
    offer->skus = promo_take_texts(reader, NULL, value, "skus");
    offer->function = (int)promo_value_function(choose);
    if (choose && offer->function < 0)
        promo_wrong(reader, &at, "must be a function(cart) that returns { sku = … }, not %s",
                    promo_show(reader, choose));
    if (!choose == !promo_member(value, "skus"))
        promo_wrong(reader, NULL,
                    choose ? "has both skus and choose; leave one of them out"
                           : "skus are missing: what is offered, like skus = { "
                             "\"TEA-1\" }");
    reader->functions += offer->function >= 0;
}

void promo_read_offer(struct promo_reader *reader, const struct json *value,
                      struct promo_offer *offer)
{
    static const char *const names[] = {
        "id", "name",     "slot", "skus",    "quantity", "text",   "minutes", "from",
        "to", "priority", "when", "holdout", "give",     "choose", "enabled", NULL};
    static const char *const slots[] = {"product", "cart", "bump", "after", "thanks", NULL};
    reader->id = souk_str("");
    reader->catalogue = 0;
    if (promo_check_names(reader, NULL, value, "field", names) != SOUK_OK)
        return;
    offer->id = read_id(reader, value);
    offer->name = promo_take_text(reader, NULL, value, "name", NAME_MOST);
    if (!offer->name.len)
        offer->name = offer->id;
    offer->enabled = promo_take_bool(reader, NULL, value, "enabled", 1);
    if (!promo_member(value, "slot"))
        promo_wrong(reader, NULL,
                    "slot is missing: where it is shown, one of product, cart, bump, "
                    "after, thanks");
    offer->slot = souk_str(slots[promo_take_choice(reader, NULL, value, "slot", slots, 0)]);
    read_offered(reader, value, offer);
    offer->quantity = promo_take_whole(reader, NULL, value, "quantity", 1, QUOTE_QUANTITY, 1);
    offer->ttl = promo_take_whole(reader, NULL, value, "minutes", 1, 100000, 30) * CLOCK_MINUTE;
    offer->text = promo_take_text(reader, NULL, value, "text", NUDGE_MOST);
    read_window(reader, value, &offer->from, &offer->to);
    offer->priority =
        promo_take_whole(reader, NULL, value, "priority", -PRIORITY_MOST, PRIORITY_MOST, 0);
    offer->holdout = promo_take_percent(reader, NULL, value, "holdout", 0);
    promo_read_conditions(reader, value, &offer->conditions, &offer->condition_count);
    promo_read_actions(reader, value, &offer->actions, &offer->action_count);
}
