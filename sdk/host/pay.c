/*
 * pay.c: calls of a payment provider's functions, each with memory of its own.
 *
 * The plugin's function is called straight, between provider_begin and provider_end: what the
 * bridge refuses before it asks a plugin is not the plugin's merit.
 */
#include "host/pay.h"

#include <stdio.h>
#include "host/host.h"

static const struct souk_payment_provider *table_of(const struct scene *scene)
{
    return scene->table;
}

int pay_flags(const struct scene *scene)
{
    return table_of(scene)->flags;
}

int pay_can(const struct scene *scene, enum pay_verb verb)
{
    const struct souk_payment_provider *table = table_of(scene);
    switch (verb) {
    case PAY_BEGIN: return table->begin != NULL;
    case PAY_CAPTURE: return table->capture != NULL;
    case PAY_CANCEL: return table->cancel != NULL;
    case PAY_REFUND: return table->refund != NULL;
    default: return table->fetch != NULL;
    }
}

/* ---- material ---- */

static struct json *order_document(struct scene *scene, const struct souk_payment *view)
{
    struct arena *arena = &scene->arena;
    struct json *order = json_new(arena, JSON_OBJECT);
    json_add_int(arena, order, "id", view->order_id);
    json_add_str(arena, order, "number", view->number);
    json_add_str(arena, order, "status", souk_str("placed"));
    json_add_str(arena, order, "currency", view->currency);
    json_add_str(arena, order, "email", view->email);
    json_add_str(arena, order, "name", view->name);
    json_add_str(arena, order, "phone", souk_str("+359888123456"));
    struct json *address = json_add(arena, order, "address", JSON_OBJECT);
    json_add_cstr(arena, address, "country", "BG");
    json_add_cstr(arena, address, "city", "София");
    json_add_cstr(arena, address, "postcode", "1000");
    json_add_cstr(arena, address, "line1", "ul. Shipka 34");
    struct json *line =
        json_add(arena, json_add(arena, order, "lines", JSON_ARRAY), NULL, JSON_OBJECT);
    json_add_cstr(arena, line, "sku", "TEA-100");
    json_add_cstr(arena, line, "name", "Mountain tea");
    json_add_int(arena, line, "quantity", 1);
    json_add_int(arena, line, "total", view->amount);
    struct json *totals = json_add(arena, order, "totals", JSON_OBJECT);
    json_add_int(arena, totals, "total", view->amount);
    json_add_time(arena, order, "placed_at", view->created_at);
    return order;
}

void pay_new(struct scene *scene, struct pay *pay, int64_t amount, const char *currency)
{
    struct arena *arena = &scene->arena;
    *pay = (struct pay){0};
    pay->view = (struct souk_payment){.size = sizeof pay->view,
                                      .id = scene_id(scene),
                                      .order_id = scene_id(scene),
                                      .created_at = clock_now(),
                                      .amount = amount,
                                      .currency = souk_str(currency),
                                      .reference = souk_str(""),
                                      .key = scene_key(scene, "begin"),
                                      .email = souk_str("ada@example.com"),
                                      .name = souk_str("Ada Lovelace"),
                                      .country = souk_str("BG"),
                                      .locale = souk_str("en")};
    pay->view.number = arena_printf(arena, "%lld", (long long)pay->view.order_id);
    pay->view.return_url =
        arena_printf(arena, "https://shop.example/order/%.*s?token=t", SOUK_PRI(pay->view.number));
    pay->view.cancel_url = arena_printf(arena, "https://shop.example/order/%.*s?token=t&again=1",
                                        SOUK_PRI(pay->view.number));
    pay->data = json_new(arena, JSON_OBJECT);
    pay->order = order_document(scene, &pay->view);
}

/* A copy of all that the plugin sees, in the memory of the call. */
static struct souk_payment *view_of(struct arena *arena, const struct pay *pay)
{
    struct souk_payment *view = arena_new(arena, struct souk_payment);
    *view = pay->view;
    struct souk_str *texts[] = {
        &view->currency, &view->number,  &view->reference, &view->key,        &view->email,
        &view->name,     &view->country, &view->locale,    &view->return_url, &view->cancel_url};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_str(arena, *texts[i]);
    view->order = (const struct souk_value *)json_copy(arena, pay->order);
    view->data = (const struct souk_value *)json_copy(arena, pay->data);
    return view;
}

/* ---- calls ---- */

static int run(const struct souk_payment_provider *table, enum pay_verb verb, struct souk_ctx *ctx,
               const struct souk_payment *view, const struct souk_payment_move *move,
               struct souk_payment_result *result)
{
    switch (verb) {
    case PAY_BEGIN: return table->begin(ctx, view, result);
    case PAY_CAPTURE: return table->capture(ctx, view, move, result);
    case PAY_CANCEL: return table->cancel(ctx, view, move, result);
    case PAY_REFUND: return table->refund(ctx, view, move, result);
    default: return table->fetch(ctx, view, result);
    }
}

static void keep_result(struct scene *scene, const struct souk_payment_result *result,
                        struct pay_answer *answer)
{
    answer->state = result->state;
    answer->amount = result->amount;
    answer->reference = arena_str(&scene->arena, result->reference);
    answer->redirect = arena_str(&scene->arena, result->redirect);
    answer->message = arena_str(&scene->arena, result->message);
    answer->data =
        result->data ? json_copy(&scene->arena, (const struct json *)result->data) : NULL;
    answer->client =
        result->client ? json_copy(&scene->arena, (const struct json *)result->client) : NULL;
    json_each(fact, answer->client)
        scene_text_seen(scene, "a client fact", json_text(&fact->value));
}

/* As the core books what it hears. */
static void move_on(struct pay *pay, enum pay_verb verb, int64_t asked,
                    const struct pay_answer *answer)
{
    struct souk_payment *view = &pay->view;
    int64_t amount = answer->amount ? answer->amount : asked;
    if (verb != PAY_CAPTURE && verb != PAY_REFUND && verb != PAY_CANCEL && answer->reference.len)
        view->reference = answer->reference;
    if (answer->data)
        pay->data = answer->data;
    if (verb == PAY_REFUND) {
        if (answer->state == SOUK_PAID_REFUNDED)
            view->refunded += amount;
        return;
    }
    pay->state = answer->state;
    if (answer->state == SOUK_PAID_AUTHORISED)
        view->authorised = amount;
    if (answer->state == SOUK_PAID_CAPTURED) {
        view->captured = verb == PAY_CAPTURE ? view->captured + amount : amount;
        if (view->authorised < view->captured)
            view->authorised = view->captured;
    }
}

void pay_call(struct scene *scene, enum pay_verb verb, struct pay *pay, int64_t amount,
              struct souk_str key, struct pay_answer *answer)
{
    static const char *const verbs[] = {"payment begin", "payment capture", "payment cancel",
                                        "payment refund", "payment fetch"};
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err = {0};
    *answer = (struct pay_answer){0};
    call_open(scene, &call, &scope);
    struct souk_payment_move *move = arena_new(&call.arena, struct souk_payment_move);
    *move = (struct souk_payment_move){.size = sizeof *move,
                                       .id = scene_id(scene),
                                       .amount = amount,
                                       .key = arena_str(&call.arena, key),
                                       .reason = souk_str("as agreed")};
    struct souk_payment_result *result = arena_new(&call.arena, struct souk_payment_result);
    result->size = sizeof *result;
    int code =
        provider_begin(&inner, &scope, "payment", souk_str(scene->provider), verbs[verb], &err);
    if (code == SOUK_OK) {
        int returned =
            run(table_of(scene), verb, &inner.ctx, view_of(&call.arena, pay), move, result);
        scene_code_seen(scene, verbs[verb], returned, inner.ctx.failed);
        code = provider_end(&inner, returned, &err);
    }
    answer->code = code;
    snprintf(answer->words, sizeof answer->words, "%s", err.text);
    if (code == SOUK_OK) {
        answer->fault =
            payment_client_fault(&inner.ctx, (enum payment_verb)verb, &pay->view, result);
        keep_result(scene, result, answer);
        scene_text_seen(scene, verbs[verb], answer->reference);
        scene_text_seen(scene, verbs[verb], answer->redirect);
        scene_text_seen(scene, verbs[verb], answer->message);
        move_on(pay, verb, amount ? amount : pay->view.amount, answer);
    }
    call_shut(&call, &scope);
}

int pay_offer(struct scene *scene, int64_t total, const char *currency, struct json **offer)
{
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err = {0};
    *offer = NULL;
    call_open(scene, &call, &scope);
    struct souk_payment_terms *terms = arena_new(&call.arena, struct souk_payment_terms);
    const struct json *delivery = scene_hint(scene, "delivery_method");
    *terms = (struct souk_payment_terms){
        .size = sizeof *terms,
        .orders_before = 1,
        .total = total,
        .currency = arena_str(&call.arena, souk_str(currency)),
        .country = arena_str(&call.arena, souk_str("BG")),
        .delivery_method = delivery ? arena_str(&call.arena, json_text(delivery)) : souk_str(""),
        .delivery_takes_cash = 1,
        .delivery_takes_card = 1};
    struct json *map = json_new(&call.arena, JSON_OBJECT);
    int code =
        provider_begin(&inner, &scope, "payment", souk_str(scene->provider), "payment offer", &err);
    if (code == SOUK_OK) {
        int returned = table_of(scene)->offer
                           ? table_of(scene)->offer(&inner.ctx, terms, (struct souk_value *)map)
                           : SOUK_OK;
        code = provider_end(&inner, returned, &err);
    }
    if (code == SOUK_OK)
        *offer = json_copy(&scene->arena, map);
    call_shut(&call, &scope);
    return code;
}

int pay_in_page(struct scene *scene, int64_t total, const char *currency)
{
    struct json *offer;
    return pay_offer(scene, total, currency, &offer) == SOUK_OK && payment_in_page(offer);
}

int pay_show(struct scene *scene, const struct pay *pay, struct json **view)
{
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err = {0};
    *view = NULL;
    if (!table_of(scene)->show)
        return SOUK_NOT_FOUND;
    call_open(scene, &call, &scope);
    scope.kind = SOUK_READ;
    struct json *map = json_new(&call.arena, JSON_OBJECT);
    int code =
        provider_begin(&inner, &scope, "payment", souk_str(scene->provider), "payment show", &err);
    if (code == SOUK_OK) {
        int returned =
            table_of(scene)->show(&inner.ctx, view_of(&call.arena, pay), (struct souk_value *)map);
        code = provider_end(&inner, returned, &err);
    }
    if (code == SOUK_OK)
        *view = json_copy(&scene->arena, map);
    call_shut(&call, &scope);
    return code;
}

/* ---- the peer ---- */

int64_t pay_charged(struct scene *scene, const char *kind, struct souk_str key,
                    struct souk_str reference, int *count, struct souk_str *currency)
{
    int64_t sum = 0;
    struct json *list = scene_ask(scene, "charges", NULL);
    *count = 0;
    if (currency)
        *currency = souk_str("");
    if (!list)
        return -1;
    json_each(item, list)
    {
        struct souk_str what = json_text(json_at(&item->value, "kind"));
        if (!souk_str_is(what.len ? what : souk_str("charge"), kind))
            continue;
        int is_key = key.len && souk_str_equal(json_text(json_at(&item->value, "key")), key);
        int is_ref = reference.len &&
                     souk_str_equal(json_text(json_at(&item->value, "reference")), reference);
        if (!is_key && !is_ref)
            continue;
        sum += json_int(json_at(&item->value, "amount"), 0);
        (*count)++;
        if (currency)
            *currency = json_text(json_at(&item->value, "currency"));
    }
    return sum;
}

static void let_pay(struct scene *scene, struct pay *pay)
{
    struct pay_answer answer;
    struct json *args = json_new(&scene->arena, JSON_ARRAY);
    json_add_str(&scene->arena, args, NULL, pay->view.reference);
    json_add_int(&scene->arena, args, NULL, pay->view.amount);
    scene_ask(scene, "pay", args);
    if (pay_can(scene, PAY_FETCH))
        pay_call(scene, PAY_FETCH, pay, 0, souk_str(""), &answer);
}

void pay_until(struct scene *scene, struct pay *pay, int state)
{
    struct pay_answer answer;
    pay_call(scene, PAY_BEGIN, pay, 0, souk_str(""), &answer);
    EXPECT(scene, answer.code == SOUK_OK, "begin() of %lld %.*s gives %s: %s",
           (long long)pay->view.amount, SOUK_PRI(pay->view.currency), code_name(answer.code),
           answer.words);
    if (pay->state == SOUK_PAID_PENDING && scene_has(scene, "pay"))
        let_pay(scene, pay);
    if (state == SOUK_PAID_CAPTURED && pay->state == SOUK_PAID_AUTHORISED &&
        pay_can(scene, PAY_CAPTURE)) {
        pay_call(scene, PAY_CAPTURE, pay, pay->view.amount, scene_key(scene, "capture"), &answer);
        EXPECT(scene, answer.code == SOUK_OK, "capture() of all gives %s: %s",
               code_name(answer.code), answer.words);
    }
    /* Money that comes by hand or with the parcel: booked by the core, not by the plugin. */
    if (state == SOUK_PAID_CAPTURED && pay->state == SOUK_PAID_PENDING &&
        pay_flags(scene) & SOUK_PAYMENT_LOCAL) {
        pay->state = SOUK_PAID_CAPTURED;
        pay->view.captured = pay->view.authorised = pay->view.amount;
    }
    if (pay->state != state)
        scene_skip(scene, state == SOUK_PAID_CAPTURED
                              ? "the payment stays open: conform.lua has no pay() that pays it"
                              : "it does not come to an authorised payment");
}
