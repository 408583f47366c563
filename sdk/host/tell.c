/*
 * tell.c: calls of a track provider, and what came out of them.
 *
 * Each conversion has an order with a buyer in the database, as in a shop: a provider that looks
 * for more than it was given finds it there.
 */
#include "host/tell.h"

#include <stdio.h>
#include "host/host.h"

const char *const tell_person[] = {"Sentinelova", "sentinel7mail", "888777666", "Sentinelgrad",
                                   NULL};

static const struct souk_track_provider *table_of(const struct scene *scene)
{
    return scene->table;
}

/* ---- material ---- */

struct order {
    const struct souk_conversion *conversion;
    struct db *db;
    struct souk_str token;
};

static int put_order(struct db_conn *conn, void *arg)
{
    static const char sql[] =
        "INSERT INTO shop_order (id, number, token, status, payment_status, fulfilment_status, "
        "email, phone, name, address, locale, currency, prices_include_tax, items, discount, "
        "delivery, delivery_discount, tax, tax_included, total, placed_at, changed_at) VALUES ($1, "
        "$2, $3, 'placed', 'pending', 'none', 'sentinel7mail@example.com', '+359888777666', "
        "'Ada Sentinelova', '{\"country\":\"BG\",\"city\":\"Sentinelgrad\"}', 'en', $4, 1, $5, 0, "
        "0, 0, 0, 0, $5, $6, $6)";
    const struct order *order = arg;
    const struct souk_conversion *c = order->conversion;
    return db_run(conn, db_intern(order->db, NULL, sql), NULL, DB_INT(c->order_id),
                  DB_TEXT(order->token), DB_TEXT(order->token), DB_TEXT(c->currency),
                  DB_INT(c->amount), DB_INT(c->ordered_at));
}

static struct json *document(struct scene *scene, const struct souk_conversion *conversion)
{
    struct arena *arena = &scene->arena;
    struct json *doc = json_new(arena, JSON_OBJECT);
    json_add_str(arena, doc, "number", conversion->number);
    json_add_str(arena, doc, "currency", conversion->currency);
    struct json *totals = json_add(arena, doc, "totals", JSON_OBJECT);
    json_add_int(arena, totals, "items", conversion->amount);
    json_add_int(arena, totals, "total", conversion->amount);
    json_add_time(arena, doc, "placed_at", conversion->ordered_at);
    json_add_cstr(arena, doc, "channel", "web");
    json_add(arena, doc, "coupons", JSON_ARRAY);
    struct json *line =
        json_add(arena, json_add(arena, doc, "lines", JSON_ARRAY), NULL, JSON_OBJECT);
    json_add_cstr(arena, line, "sku", "TEA-100");
    json_add_cstr(arena, line, "name", "Mountain tea");
    json_add_int(arena, line, "quantity", 1);
    json_add_int(arena, line, "total", conversion->amount);
    json_add_cstr(arena, line, "category", "drinks/tea");
    json_add_int(arena, line, "counts", conversion->amount);
    return doc;
}

void tell_new(struct scene *scene, struct souk_conversion *conversion, int64_t amount,
              const char *currency)
{
    struct err err = {0};
    *conversion = (struct souk_conversion){.size = sizeof *conversion,
                                           .state = SOUK_CONVERSION_PENDING,
                                           .id = scene_id(scene),
                                           .order_id = scene_id(scene),
                                           .amount = amount,
                                           .clicked_at = clock_now() - CLOCK_HOUR,
                                           .ordered_at = clock_now(),
                                           .key = scene_key(scene, "conversion"),
                                           .click = scene_key(scene, "click"),
                                           .param = souk_str("click_id"),
                                           .currency = souk_str(currency),
                                           .coupon = souk_str("")};
    conversion->number =
        arena_printf(&scene->arena, "%lld", (long long)conversion->order_id % 1000000000);
    conversion->order = (const struct souk_value *)document(scene, conversion);
    struct order order = {
        conversion, scene->world->db,
        arena_printf(&scene->arena, "a-token-of-the-host-%lld", (long long)conversion->order_id)};
    if (db_write(scene->world->db, put_order, &order, &err) != SOUK_OK)
        scene_no(scene, "souk-host: no order can be put: %s", err.text);
}

/* ---- calls ---- */

void tell_send(struct scene *scene, const struct souk_conversion *from, struct tell_answer *answer)
{
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err = {0};
    *answer = (struct tell_answer){0};
    call_open(scene, &call, &scope);
    struct souk_conversion *view = arena_new(&call.arena, struct souk_conversion);
    *view = *from;
    struct souk_str *texts[] = {&view->key,      &view->click,  &view->param,
                                &view->currency, &view->number, &view->coupon};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_str(&call.arena, *texts[i]);
    view->order =
        (const struct souk_value *)json_copy(&call.arena, (const struct json *)from->order);
    struct souk_conversion_result *result = arena_new(&call.arena, struct souk_conversion_result);
    result->size = sizeof *result;
    int code =
        provider_begin(&inner, &scope, "track", souk_str(scene->provider), "track send", &err);
    if (code == SOUK_OK) {
        int returned = table_of(scene)->send(&inner.ctx, view, result);
        scene_code_seen(scene, "track send", returned, inner.ctx.failed || result->message.len);
        code = provider_end(&inner, returned, &err);
    }
    answer->code = code;
    snprintf(answer->words, sizeof answer->words, "%s", err.text);
    answer->reference = arena_str(&scene->arena, result->reference);
    answer->message = arena_str(&scene->arena, result->message);
    scene_text_seen(scene, "track send", answer->reference);
    scene_text_seen(scene, "track send", answer->message);
    call_shut(&call, &scope);
}

/* ---- the partner ---- */

static struct souk_str text_of(const struct json *item, const char *key)
{
    struct souk_str text = json_text(json_at(item, key));
    return text.ptr ? text : souk_str("");
}

size_t tell_known(struct scene *scene, struct souk_str click, struct tell_known *list, size_t room)
{
    size_t count = 0;
    json_each(item, scene_ask(scene, "told", NULL))
    {
        const struct json *row = &item->value;
        if (count < room && souk_str_equal(text_of(row, "click"), click))
            list[count++] = (struct tell_known){.state = text_of(row, "state"),
                                                .currency = text_of(row, "currency"),
                                                .click = text_of(row, "click"),
                                                .number = text_of(row, "number"),
                                                .coupon = text_of(row, "coupon"),
                                                .amount = json_int(json_at(row, "amount"), -1),
                                                .names = json_at(row, "names")};
    }
    return count;
}

int tell_hears(struct scene *scene, const char *state)
{
    const struct json *states = scene_hint(scene, "states");
    if (!states)
        return 1;
    json_each(item, states)
    {
        if (souk_str_is(json_text(&item->value), state))
            return 1;
    }
    return 0;
}
