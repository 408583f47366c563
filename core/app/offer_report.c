/*
 * offer_report.c: what each rule of scripts/upsell brought: the book's numbers with what the rules
 * that are loaded say. Rules that nobody has seen yet stand there too, and so do rules that are
 * gone, as long as there is something to tell of them.
 */
#include "app/offer_inner.h"

static const struct promo_offer *find(const struct promo_set *set, struct souk_str id)
{
    for (size_t i = 0; i < set->offer_count; i++)
        if (souk_str_equal(set->offers[i].id, id))
            return &set->offers[i];
    return NULL;
}

static void add_rule(struct arena *arena, const struct promo_offer *rule, struct json *item)
{
    json_add_str(arena, item, "name", rule ? arena_str(arena, rule->name) : souk_str(""));
    json_add_str(arena, item, "file", rule ? arena_str(arena, rule->file) : souk_str(""));
    json_add_int(arena, item, "line", rule ? rule->line : 0);
    json_add_bool(arena, item, "loaded", rule != NULL);
    json_add_bool(arena, item, "on", rule && rule->enabled);
    json_add_int(arena, item, "holdout_ppm", rule ? rule->holdout : 0);
}

/* For the same number of carts, what those that saw it brought beyond those that did not: 0 as long
 * as nobody is held out. */
static void add_difference(struct arena *arena, struct json *item)
{
    int64_t carts = json_int(json_at(item, "carts"), 0);
    int64_t held = json_int(json_at(item, "held_carts"), 0);
    int64_t revenue = json_int(json_at(item, "order_revenue"), 0), scaled;
    if (!held || __builtin_mul_overflow(json_int(json_at(item, "held_revenue"), 0), carts, &scaled))
        json_add_null(arena, item, "uplift");
    else
        json_add_int(arena, item, "uplift", revenue - scaled / held);
}

static int is_told(const struct json *items, struct souk_str id)
{
    json_each(item, items)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "offer")), id))
            return 1;
    }
    return 0;
}

static void add_unseen(struct arena *arena, const struct promo_offer *rule, struct json *items)
{
    static const char *const numbers[] = {
        "shown",         "accepted",   "declined",    "failed",      "held",
        "units",         "revenue",    "margin",      "carts",       "orders",
        "order_revenue", "held_carts", "held_orders", "held_revenue"};
    struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
    json_add_str(arena, item, "offer", arena_str(arena, rule->id));
    json_add_str(arena, item, "slot", arena_str(arena, rule->slot));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        json_add_int(arena, item, numbers[i], 0);
}

int offer_report(struct db_conn *conn, struct arena *arena, int64_t since, struct json *items,
                 struct err *err)
{
    struct promo_live *live = promo_live_pin();
    int code = promo_offer_report(conn, arena, since, items);
    for (size_t i = 0; code == SOUK_OK && i < live->set->offer_count; i++)
        if (!is_told(items, live->set->offers[i].id))
            add_unseen(arena, &live->set->offers[i], items);
    for (struct json_item *item = code == SOUK_OK ? items->first : NULL; item; item = item->next) {
        add_rule(arena, find(live->set, json_text(json_at(&item->value, "offer"))), &item->value);
        add_difference(arena, &item->value);
    }
    promo_live_unpin(live);
    return code ? err_set(err, code, "the report cannot be made: %s", db_error(conn)) : SOUK_OK;
}
