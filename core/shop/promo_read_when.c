/*
 * promo_read_when.c: `when` of a rule: a table of declared conditions, a function, or a list of
 * both. A table's conditions stand in the order of enum promo_when, whatever order they were
 * written in (tables of Lua have none); a list keeps its own.
 */
#include "base/money.h"
#include "base/str.h"
#include "shop/promo_read.h"

#define COUNT_MOST   1000000000
#define MINUTES_DAY  1440
#define SECONDS_DAY  86400
#define SECONDS_HOUR 3600
#define NESTED_MOST  1000 /* conditions of a rule */

typedef void read_fn(struct promo_reader *reader, const struct promo_place *at,
                     const struct json *value, struct promo_condition *condition);

static const char *const bases[] = {"running", "original", NULL};

/* 5000 or { amount = 5000, basis = "original" }. */
static void read_total(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    static const char *const names[] = {"amount", "basis", NULL};
    if (value->kind != JSON_OBJECT || json_at(value, "$decimal")) {
        condition->number = promo_value_amount(reader, at, value);
        return;
    }
    if (promo_check_names(reader, at, value, "field", names) != SOUK_OK)
        return;
    if (!promo_member(value, "amount"))
        promo_wrong(reader, at, "amount is missing");
    condition->number = promo_take_amount(reader, at, value, "amount", 0);
    condition->original = promo_take_choice(reader, at, value, "basis", bases, 0);
}

static void read_category_total(struct promo_reader *reader, const struct promo_place *at,
                                const struct json *value, struct promo_condition *condition)
{
    static const char *const names[] = {"category", "amount", "basis", NULL};
    if (promo_check_names(reader, at, value, "field", names) != SOUK_OK)
        return;
    condition->text = promo_take_text(reader, at, value, "category", 200);
    condition->number = promo_take_amount(reader, at, value, "amount", 0);
    condition->original = promo_take_choice(reader, at, value, "basis", bases, 0);
    for (int i = 0; i < 2; i++)
        if (!promo_member(value, names[i]))
            promo_wrong(reader, at, "%s is missing", names[i]);
}

static void read_count(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    condition->number = promo_value_whole(reader, at, value, 0, COUNT_MOST);
}

static void read_amount(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *value, struct promo_condition *condition)
{
    condition->number = promo_value_amount(reader, at, value);
}

static void read_nth(struct promo_reader *reader, const struct promo_place *at,
                     const struct json *value, struct promo_condition *condition)
{
    condition->number = promo_value_whole(reader, at, value, 1, COUNT_MOST);
}

static void read_texts(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    condition->texts = promo_value_texts(reader, at, value);
}

/* { "a", "b" } or { skus = { "a" }, quantity = 2 }. */
static void read_contains(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, struct promo_condition *condition)
{
    int product = condition->kind == PROMO_CONTAINS_PRODUCT;
    const char *const names[] = {product ? "skus" : "categories", "quantity", NULL};
    condition->number = 1;
    if (value->kind != JSON_OBJECT || !value->count) {
        read_texts(reader, at, value, condition);
        return;
    }
    if (promo_check_names(reader, at, value, "field", names) != SOUK_OK)
        return;
    if (!promo_member(value, names[0]))
        promo_wrong(reader, at, "%s are missing", names[0]);
    condition->texts = promo_take_texts(reader, at, value, names[0]);
    condition->number = promo_take_whole(reader, at, value, "quantity", 0, COUNT_MOST, 1);
}

/* ---- codes of the world ---- */

static void upper_texts(struct promo_reader *reader, struct promo_texts *texts)
{
    struct souk_str *upper = arena_array(reader->arena, struct souk_str, texts->count + 1);
    for (size_t i = 0; i < texts->count; i++) {
        char *copy = arena_cstr(reader->arena, texts->at[i]);
        for (size_t k = 0; k < texts->at[i].len; k++)
            if (copy[k] >= 'a' && copy[k] <= 'z')
                copy[k] = (char)(copy[k] - 'a' + 'A');
        upper[i] = str_make(copy, texts->at[i].len);
    }
    texts->at = upper;
}

static int is_country(struct souk_str text)
{
    return text.len == 2 && text.ptr[0] >= 'A' && text.ptr[0] <= 'Z' && text.ptr[1] >= 'A' &&
           text.ptr[1] <= 'Z';
}

static void read_codes(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    int country = condition->kind == PROMO_COUNTRY_IN;
    read_texts(reader, at, value, condition);
    upper_texts(reader, &condition->texts);
    for (size_t i = 0; i < condition->texts.count; i++) {
        struct souk_str text = condition->texts.at[i];
        struct promo_place here = {at, NULL, i + 1};
        if (text.len &&
            (country ? !is_country(text) : money_digits(arena_cstr(reader->arena, text)) < 0))
            promo_wrong(reader, &here, "\"%.*s\" is no %s", SOUK_PRI(text),
                        country ? "country; write two letters like \"BG\""
                                : "currency; write a code like \"EUR\"");
    }
}

static void read_weekdays(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, struct promo_condition *condition)
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};
    read_texts(reader, at, value, condition);
    for (size_t i = 0; i < condition->texts.count; i++) {
        struct souk_str text = condition->texts.at[i];
        struct promo_place here = {at, NULL, i + 1};
        int known = !text.len;
        for (int d = 0; days[d] && !known; d++)
            known = souk_str_is(text, days[d]);
        if (!known)
            promo_wrong(reader, &here, "\"%.*s\" is no day: %s", SOUK_PRI(text),
                        promo_hint(reader, text, days));
    }
}

/* ---- times ---- */

/* "17:30" to minutes; -1. */
static int64_t parse_minutes(struct souk_str text)
{
    struct souk_str hours, minutes;
    int64_t hour, minute;
    ptrdiff_t colon = str_find(text, ':');
    if (colon < 1 || colon > 2)
        return -1;
    hours = str_make(text.ptr, (size_t)colon);
    minutes = str_from(text, (size_t)colon + 1);
    if (minutes.len != 2 || str_to_int(hours, &hour) || str_to_int(minutes, &minute) || hour < 0 ||
        minute < 0 || minute > 59 || hour * 60 + minute > MINUTES_DAY)
        return -1;
    return hour * 60 + minute;
}

static void read_hours(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    static const char *const names[] = {"from", "to", NULL};
    int64_t *to[] = {&condition->from, &condition->to};
    if (promo_check_names(reader, at, value, "field", names) != SOUK_OK)
        return;
    for (int i = 0; i < 2; i++) {
        struct souk_str text = promo_take_text(reader, at, value, names[i], 10);
        if (!promo_member(value, names[i])) {
            promo_wrong(reader, at, "%s is missing, like \"17:00\"", names[i]);
        } else if (text.len && (*to[i] = parse_minutes(text)) < 0) {
            promo_wrong(reader, at, "%s: \"%.*s\" is no time of the day; write one like \"17:00\"",
                        names[i], SOUK_PRI(text));
            *to[i] = 0;
        }
    }
}

static void read_guest(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    if (value->kind != JSON_BOOL)
        promo_wrong(reader, at, "must be true or false, not %s", promo_show(reader, value));
    condition->number = json_true(value);
}

static void read_since(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct promo_condition *condition)
{
    static const char *const names[] = {"event", "hours", "days", NULL};
    static const char *const events[] = {"registered", "first_order", "last_order", "lead", NULL};
    if (promo_check_names(reader, at, value, "field", names) != SOUK_OK)
        return;
    if (!promo_member(value, "event"))
        promo_wrong(reader, at,
                    "event is missing: one of registered, first_order, last_order, "
                    "lead");
    condition->text = souk_str(events[promo_take_choice(reader, at, value, "event", events, 0)]);
    if (!promo_member(value, "hours") && !promo_member(value, "days"))
        promo_wrong(reader, at, "hours or days are missing: how long ago it may be");
    condition->number = promo_take_whole(reader, at, value, "hours", 0, 1000000, 0) * SECONDS_HOUR +
                        promo_take_whole(reader, at, value, "days", 0, 100000, 0) * SECONDS_DAY;
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    read_fn *read;
} kinds[] = {
    [PROMO_ITEMS_TOTAL_AT_LEAST] = {"items_total_at_least", read_total},
    [PROMO_CART_QUANTITY_AT_LEAST] = {"cart_quantity_at_least", read_count},
    [PROMO_LINE_QUANTITY_AT_LEAST] = {"line_quantity_at_least", read_count},
    [PROMO_CONTAINS_PRODUCT] = {"contains_product", read_contains},
    [PROMO_CONTAINS_CATEGORY] = {"contains_category", read_contains},
    [PROMO_CATEGORY_TOTAL_AT_LEAST] = {"category_total_at_least", read_category_total},
    [PROMO_CUSTOMER_GROUP_IN] = {"customer_group_in", read_texts},
    [PROMO_CUSTOMER_ID_IN] = {"customer_id_in", read_texts},
    [PROMO_NTH_ORDER] = {"nth_order", read_nth},
    [PROMO_DELIVERY_METHOD_IN] = {"delivery_method_in", read_texts},
    [PROMO_CURRENCY_IN] = {"currency_in", read_codes},
    [PROMO_COUNTRY_IN] = {"country_in", read_codes},
    [PROMO_POSTCODE_IN] = {"postcode_in", read_texts},
    [PROMO_WEEKDAY_IN] = {"weekday_in", read_weekdays},
    [PROMO_HOURS] = {"hours", read_hours},
    [PROMO_ORDERS_AT_LEAST] = {"orders_at_least", read_count},
    [PROMO_SPENT_AT_LEAST] = {"spent_at_least", read_amount},
    [PROMO_GUEST] = {"guest", read_guest},
    [PROMO_SINCE] = {"since", read_since},
};
#define KINDS (sizeof kinds / sizeof kinds[0])

/* A price on a shelf is shown before there is a cart. */
static int needs_cart(enum promo_when kind)
{
    return kind <= PROMO_CATEGORY_TOTAL_AT_LEAST || kind == PROMO_DELIVERY_METHOD_IN ||
           kind == PROMO_POSTCODE_IN || kind == PROMO_FUNCTION;
}

struct conditions {
    struct promo_condition *at;
    size_t count;
};

static struct promo_condition *add(struct promo_reader *reader, const struct promo_place *at,
                                   struct conditions *list, enum promo_when kind, const char *name)
{
    struct promo_condition *condition = &list->at[list->count++];
    *condition = (struct promo_condition){
        .kind = kind, .name = name, .function = (int)PROMO_NONE, .line = reader->line};
    if (reader->catalogue && needs_cart(kind))
        promo_wrong(reader, at,
                    "is not possible in a catalogue promotion: its prices are shown before there "
                    "is a cart");
    return condition;
}

static void read_function(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, struct conditions *list)
{
    if (list->count >= NESTED_MOST)
        return;
    struct promo_condition *condition = add(reader, at, list, PROMO_FUNCTION, "function");
    condition->function = (int)promo_value_function(value);
    reader->functions++;
}

static void read_table(struct promo_reader *reader, const struct promo_place *at,
                       const struct json *value, struct conditions *list)
{
    const char *names[KINDS + 1] = {NULL};
    for (size_t i = 0; i < KINDS; i++)
        names[i] = kinds[i].name;
    if (promo_check_names(reader, at, value, "condition", names) != SOUK_OK)
        return;
    for (size_t i = 0; i < KINDS; i++) {
        const struct json *given = promo_member(value, kinds[i].name);
        if (!given || list->count >= NESTED_MOST)
            continue;
        struct promo_place here = {at, kinds[i].name, 0};
        kinds[i].read(reader, &here, given,
                      add(reader, &here, list, (enum promo_when)i, kinds[i].name));
    }
}

static void read_one(struct promo_reader *reader, const struct promo_place *at,
                     const struct json *value, struct conditions *list)
{
    if (promo_value_function(value) >= 0)
        read_function(reader, at, value, list);
    else
        read_table(reader, at, value, list);
}

void promo_read_conditions(struct promo_reader *reader, const struct json *rule,
                           const struct promo_condition **conditions, size_t *count)
{
    const struct json *when = promo_member(rule, "when");
    struct promo_place at = {NULL, "when", 0};
    struct conditions list = {0};
    *conditions = NULL;
    *count = 0;
    if (!when)
        return;
    size_t most = KINDS * (when->kind == JSON_ARRAY ? when->count : 1);
    list.at = arena_array(reader->arena, struct promo_condition,
                          (most < NESTED_MOST ? most : NESTED_MOST) + 1);
    if (when->kind == JSON_ARRAY) {
        size_t number = 0;
        json_each(item, when)
        {
            struct promo_place here = {&at, NULL, ++number};
            read_one(reader, &here, &item->value, &list);
        }
        if (list.count >= NESTED_MOST)
            promo_wrong(reader, &at, "has more than %d conditions", NESTED_MOST - 1);
    } else {
        read_one(reader, &at, when, &list);
    }
    *conditions = list.at;
    *count = list.count;
}
