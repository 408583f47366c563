/*
 * promotion_trial.c: a dry run as a page shows it: a cart of the shop, an order as it was placed,
 * or goods that are typed, at any moment, with the rule that is looked at switched on. Amounts of
 * conditions are written out here, because only their names say whether they are money.
 */
#include "app/admin/promotion.h"

#include "app/promo_explain.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/market.h"

#define GOODS_MOST 100

int promotion_trial_read(struct request *request, struct promotion_trial *trial)
{
    *trial = (struct promotion_trial){.on = request_param(request, "id"),
                                      .order = str_trim(request_query(request, "order")),
                                      .cart = str_trim(request_query(request, "cart")),
                                      .goods = str_trim(request_query(request, "goods")),
                                      .codes = str_trim(request_query(request, "codes")),
                                      .at = str_trim(request_query(request, "at"))};
    return trial->order.len || trial->cart.len || trial->goods.len;
}

/* ---- what is tried ---- */

/* "TEA 2": a sku, and a quantity behind the last space. */
static void add_goods(struct arena *arena, struct json *lines, struct souk_str text)
{
    struct json *line = json_add(arena, lines, NULL, JSON_OBJECT);
    size_t space = text.len;
    int64_t quantity = 1;
    while (space > 0 && text.ptr[space - 1] != ' ')
        space--;
    if (space > 0 && str_to_int(str_from(text, space), &quantity) == SOUK_OK)
        text = str_trim(str_make(text.ptr, space));
    else
        quantity = 1;
    json_add_str(arena, line, "sku", text);
    json_add_int(arena, line, "quantity", quantity);
}

/* Parts of a text, cut at commas and ends of lines. */
static int next_part(struct souk_str *rest, struct souk_str *part)
{
    while (rest->len) {
        size_t at = 0;
        while (at < rest->len && rest->ptr[at] != ',' && rest->ptr[at] != '\n')
            at++;
        *part = str_trim(str_make(rest->ptr, at));
        *rest = str_from(*rest, at + 1);
        if (part->len)
            return 1;
    }
    return 0;
}

static struct json *make_cart(struct arena *arena, const struct promotion_trial *trial)
{
    struct json *cart = json_new(arena, JSON_OBJECT);
    struct json *lines = json_add(arena, cart, "lines", JSON_ARRAY);
    struct json *codes = json_add(arena, cart, "coupons", JSON_ARRAY);
    struct souk_str rest = trial->goods, part;
    while (lines->count < GOODS_MOST && next_part(&rest, &part))
        add_goods(arena, lines, part);
    rest = trial->codes;
    while (codes->count < GOODS_MOST && next_part(&rest, &part))
        json_add_str(arena, codes, NULL, part);
    return cart;
}

/* A cart's id, also as the end of an address. */
static struct souk_str token_of(struct souk_str text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != '/' && text.ptr[at - 1] != '=')
        at--;
    return str_from(text, at);
}

static int explain(struct request *request, const struct promotion_trial *trial,
                   struct json **answer, struct err *err)
{
    struct arena *arena = &request->arena;
    struct json *body = json_new(arena, JSON_OBJECT), *errors = json_new(arena, JSON_ARRAY);
    if (trial->order.len)
        json_add_str(arena, body, "order", trial->order);
    else if (trial->cart.len)
        json_add_str(arena, body, "token", token_of(trial->cart));
    else
        json_add_tree(arena, body, "cart", make_cart(arena, trial));
    if (trial->at.len)
        json_add_str(arena, body, "at", trial->at);
    if (trial->on.len && !str_starts(trial->on, "offer:"))
        json_add_str(arena, body, "on", trial->on);
    return promo_explain_asked(request_conn(request), arena, body, request->now, answer, errors,
                               err);
}

/* ---- as a view ---- */

static int is_money(struct souk_str condition)
{
    return souk_str_is(condition, "items_total_at_least") ||
           souk_str_is(condition, "category_total_at_least") ||
           souk_str_is(condition, "spent_at_least");
}

static void add_value(struct request *request, struct json *row, const char *key,
                      const struct json *value, int money, const char *currency)
{
    struct arena *arena = &request->arena;
    struct buf text = {.arena = arena};
    if (!value || value->kind == JSON_NULL)
        json_add_cstr(arena, row, key, "");
    else if (money && value->kind == JSON_INT)
        json_add_str(arena, row, key,
                     money_format(arena, value->number, currency, request->locale));
    else if (value->kind == JSON_STRING)
        json_add_str(arena, row, key, value->text);
    else {
        json_print(&text, value);
        json_add_str(arena, row, key, buf_str(&text));
    }
}

static const struct json *line_at(const struct json *quote, int64_t at)
{
    json_each(item, json_at(quote, "lines"))
    {
        if (at-- == 0)
            return &item->value;
    }
    return NULL;
}

static void add_conditions(struct request *request, struct json *trace, const struct json *entry,
                           const char *currency)
{
    struct arena *arena = &request->arena;
    struct json *rows = json_add(arena, trace, "conditions", JSON_ARRAY);
    json_each(item, json_at(entry, "trace"))
    {
        const struct json *tested = &item->value;
        struct souk_str name = json_text(json_at(tested, "condition"));
        struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
        json_add_str(arena, row, "name", name);
        json_add_bool(arena, row, "held", json_true(json_at(tested, "held")));
        json_add_str(arena, row, "reason", json_text(json_at(tested, "reason")));
        add_value(request, row, "wanted", json_at(tested, "wanted"), is_money(name), currency);
        add_value(request, row, "actual", json_at(tested, "actual"), is_money(name), currency);
    }
}

static void add_amounts(struct arena *arena, struct json *trace, const struct json *quote,
                        const struct json *entry)
{
    struct json *rows = json_add(arena, trace, "amounts", JSON_ARRAY);
    json_each(item, json_at(entry, "lines"))
    {
        const struct json *line = line_at(quote, json_int(json_at(&item->value, "line"), -1));
        struct json *row = json_add(arena, rows, NULL, JSON_OBJECT);
        json_add_str(arena, row, "sku", json_text(json_at(line, "sku")));
        json_add_str(arena, row, "name", json_text(json_at(line, "name")));
        json_add_int(arena, row, "amount", json_int(json_at(&item->value, "amount"), 0));
    }
}

static void add_entry(struct request *request, struct json *trace, const struct json *quote,
                      const struct json *entry, const char *currency)
{
    static const char *const texts[] = {"id", "name", "reason", "displaced_by", "code", "file"};
    struct arena *arena = &request->arena;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        json_add_str(arena, trace, texts[i], json_text(json_at(entry, texts[i])));
    json_add_bool(arena, trace, "applied", json_true(json_at(entry, "applied")));
    json_add_int(arena, trace, "line", json_int(json_at(entry, "line"), 0));
    json_add_int(arena, trace, "order", json_int(json_at(entry, "order"), 0));
    json_add_int(arena, trace, "amount", json_int(json_at(entry, "amount"), 0));
    json_add_int(arena, trace, "delivery_amount", json_int(json_at(entry, "delivery_amount"), 0));
    add_conditions(request, trace, entry, currency);
    add_amounts(arena, trace, quote, entry);
    const struct json *script = json_at(entry, "script"), *capped = json_at(entry, "capped");
    if (script && script->kind == JSON_OBJECT)
        json_add_tree(arena, trace, "script", script);
    if (capped)
        json_add_tree(arena, trace, "capped", capped);
    if (json_at(entry, "log"))
        json_add_tree(arena, trace, "log", json_at(entry, "log"));
}

static void add_traces(struct request *request, struct json *trial, const struct json *quote,
                       struct souk_str id, const char *currency)
{
    struct arena *arena = &request->arena;
    struct json *others = json_add(arena, trial, "others", JSON_ARRAY);
    json_each(item, json_at(quote, "promotions"))
    {
        const struct json *entry = &item->value;
        int looked_at = souk_str_equal(json_text(json_at(entry, "id")), id);
        add_entry(request,
                  looked_at ? json_add(arena, trial, "trace", JSON_OBJECT)
                            : json_add(arena, others, NULL, JSON_OBJECT),
                  quote, entry, currency);
    }
}

int promotion_trial_run(struct request *request, const struct promotion_trial *trial,
                        struct json *view, struct err *err)
{
    static const char *const parts[] = {"lines", "totals", "coupons", "nudges", "discounts"};
    struct arena *arena = &request->arena;
    struct json *answer = NULL;
    int code = explain(request, trial, &answer, err);
    if (code != SOUK_OK)
        return code;
    const struct json *quote = json_at(answer, "quote");
    const char *currency = arena_cstr(arena, json_text(json_at(quote, "currency")));
    struct json *shown = json_add(arena, view, "trial", JSON_OBJECT);
    json_add_str(arena, shown, "subject", json_text(json_at(answer, "subject")));
    json_add_str(arena, shown, "name", json_text(json_at(answer, "name")));
    json_add_str(arena, shown, "moment", json_text(json_at(answer, "at")));
    json_add_cstr(arena, shown, "currency", currency);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (json_at(quote, parts[i]))
            json_add_tree(arena, shown, parts[i], json_at(quote, parts[i]));
    add_traces(request, shown, quote, trial->on, currency);
    return SOUK_OK;
}
