/*
 * offer.c: what the rules of upsell brought: shown, taken, declined, and what was earned by it,
 * against the share of customers who were held out. Switching one off is done on its page among the
 * promotions.
 */
#include "app/offer.h"

#include "app/admin/admin.h"
#include "app/admin/route.h"
#include "base/clock.h"
#include "base/str.h"
#include "shop/market.h"

static const int spans[] = {7, 30, 90, 365};

/* Per thousand, so that templates print "12.5 %". */
static void add_rate(struct arena *arena, struct json *item, const char *name, int64_t part,
                     int64_t whole)
{
    if (whole > 0)
        json_add_str(arena, item, name,
                     arena_printf(arena, "%lld.%lld %%", (long long)(part * 100 / whole),
                                  (long long)(part * 1000 / whole % 10)));
    else
        json_add_str(arena, item, name, souk_str(""));
}

static int64_t number(const struct json *item, const char *key)
{
    return json_int(json_at(item, key), 0);
}

static void add_rates(struct arena *arena, struct json *items)
{
    for (struct json_item *item = items->first; item; item = item->next) {
        struct json *row = &item->value;
        add_rate(arena, row, "taken_rate", number(row, "accepted"), number(row, "shown"));
        add_rate(arena, row, "order_rate", number(row, "orders"), number(row, "carts"));
        add_rate(arena, row, "held_rate", number(row, "held_orders"), number(row, "held_carts"));
    }
}

int offer_admin(struct request *request, const struct web_route *route)
{
    (void)route;
    struct arena *arena = &request->arena;
    struct json *view = json_new(arena, JSON_OBJECT), *items = json_new(arena, JSON_ARRAY);
    struct json *choices = json_add(arena, view, "spans", JSON_ARRAY);
    struct err err = {0};
    int64_t days = 30;
    if (str_to_int(request_query(request, "days"), &days) != SOUK_OK || days < 1 || days > 3650)
        days = 30;
    int code =
        offer_report(request_conn(request), arena, request->now - days * CLOCK_DAY, items, &err);
    if (code != SOUK_OK)
        return code;
    add_rates(arena, items);
    for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
        struct json *choice = json_add(arena, choices, NULL, JSON_OBJECT);
        json_add_int(arena, choice, "days", spans[i]);
        json_add_bool(arena, choice, "chosen", spans[i] == days);
    }
    json_add_tree(arena, view, "offers", items);
    json_add_cstr(arena, view, "currency", market_shop()->currency);
    return admin_render(request, "admin/offers", 200, "Offers", view);
}
