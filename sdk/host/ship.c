/*
 * ship.c: calls of a delivery provider's functions, each with memory of its own. Booking runs in a
 * write, as in the order's transaction.
 */
#include "host/ship.h"

#include <stdio.h>
#include "host/host.h"
#include "shop/shipment.h"
#include "store/db.h"

struct ask { /* one call that is open */
    struct call call;
    struct provider_scope scope;
    struct provider_call inner;
    struct err err;
};

static const struct souk_delivery_provider *table_of(const struct scene *scene)
{
    return scene->table;
}

int ship_flags(const struct scene *scene)
{
    return table_of(scene)->flags;
}

int ship_can(const struct scene *scene, enum ship_verb verb)
{
    const struct souk_delivery_provider *table = table_of(scene);
    return verb == SHIP_SEND     ? table->send != NULL
           : verb == SHIP_CANCEL ? table->cancel != NULL
                                 : table->track != NULL;
}

int ship_books(const struct scene *scene)
{
    return table_of(scene)->book && table_of(scene)->free;
}

int ship_labels(const struct scene *scene)
{
    return table_of(scene)->parcel_label != NULL;
}

static int open_ask(struct scene *scene, struct ask *ask, const char *verb)
{
    *ask = (struct ask){0};
    call_open(scene, &ask->call, &ask->scope);
    return provider_begin(&ask->inner, &ask->scope, "delivery", souk_str(scene->provider), verb,
                          &ask->err);
}

static int shut_ask(struct scene *scene, struct ask *ask, int returned, const char *verb)
{
    scene_code_seen(scene, verb, returned, ask->inner.ctx.failed);
    return provider_end(&ask->inner, returned, &ask->err);
}

/* ---- terms ---- */

static struct souk_str place_of(struct scene *scene, struct arena *arena, const char *key,
                                const char *otherwise)
{
    const struct json *hint = scene_hint(scene, "served");
    const struct json *value = hint ? json_at(hint, key) : NULL;
    return arena_str(arena, value ? json_text(value) : souk_str(otherwise));
}

static struct souk_delivery_terms *terms_of(struct scene *scene, struct arena *arena,
                                            const struct ship_terms *from)
{
    struct souk_delivery_terms *terms = arena_new(arena, struct souk_delivery_terms);
    struct souk_delivery_item *item = arena_new(arena, struct souk_delivery_item);
    *item = (struct souk_delivery_item){.size = sizeof *item,
                                        .quantity = 1,
                                        .variant_id = 1,
                                        .line_total = 2599,
                                        .weight_g = from->weight_g,
                                        .length_mm = 200,
                                        .width_mm = 150,
                                        .height_mm = 100,
                                        .sku = arena_str(arena, souk_str("TEA-100")),
                                        .name = arena_str(arena, souk_str("Mountain tea"))};
    *terms = (struct souk_delivery_terms){.size = sizeof *terms,
                                          .item_count = 1,
                                          .items = item,
                                          .total = 2599,
                                          .weight_g = from->weight_g,
                                          .volume_cm3 = 3000,
                                          .at = clock_now(),
                                          .currency = arena_str(arena, souk_str(from->currency)),
                                          .locale = arena_str(arena, souk_str("en")),
                                          .country = souk_str(""),
                                          .region = souk_str(""),
                                          .city = souk_str(""),
                                          .postcode = souk_str("")};
    if (from->no_place)
        return terms;
    terms->country = place_of(scene, arena, "country", "BG");
    terms->region = place_of(scene, arena, "region", "");
    terms->city = place_of(scene, arena, "city", "София");
    terms->postcode = place_of(scene, arena, "postcode", "1000");
    return terms;
}

static struct ship_terms usual(struct scene *scene)
{
    const struct json *currency = scene_hint(scene, "currency");
    return (struct ship_terms){.weight_g = 500,
                               .currency = currency ? arena_cstr(&scene->arena, json_text(currency))
                                                    : "EUR"};
}

int ship_options_for(struct scene *scene, const struct ship_terms *terms, struct json **list)
{
    struct ask ask;
    struct ship_terms all = usual(scene);
    int code = open_ask(scene, &ask, "delivery options");
    if (!terms)
        terms = &all;
    struct json *out = json_new(&ask.call.arena, JSON_ARRAY);
    if (code == SOUK_OK)
        code = shut_ask(scene, &ask,
                        table_of(scene)->options(&ask.inner.ctx,
                                                 terms_of(scene, &ask.call.arena, terms),
                                                 (struct souk_value *)out),
                        "delivery options");
    *list = json_copy(&scene->arena, out);
    call_shut(&ask.call, &ask.scope);
    return code;
}

int ship_options(struct scene *scene, struct json **list)
{
    return ship_options_for(scene, NULL, list);
}

/* ---- a choice ---- */

static struct souk_str first_of(const struct json *option, const struct json *field)
{
    struct souk_str type = json_text(json_at(field, "type"));
    const struct json_item *item = json_first(json_at(field, "choices"));
    if (item)
        return json_text(json_at(&item->value, "value"));
    item = souk_str_is(type, "point") ? json_first(json_at(option, "points")) : NULL;
    return item ? json_text(json_at(&item->value, "code")) : souk_str("1");
}

struct json *ship_choice(struct scene *scene, const struct json *option)
{
    struct json *args = json_new(&scene->arena, JSON_ARRAY);
    json_add_tree(&scene->arena, args, NULL, option);
    struct json *made = scene_ask(scene, "choice", args);
    if (made && made->kind == JSON_OBJECT)
        return made;
    struct json *choice = json_new(&scene->arena, JSON_OBJECT);
    json_add_str(&scene->arena, choice, "code", json_text(json_at(option, "code")));
    json_each(field, json_at(option, "fields"))
    {
        const char *key = arena_cstr(&scene->arena, json_text(json_at(&field->value, "key")));
        json_add_str(&scene->arena, choice, key, first_of(option, &field->value));
    }
    return choice;
}

void ship_check(struct scene *scene, const struct json *choice, struct ship_quote *out)
{
    struct ask ask;
    struct ship_terms terms = usual(scene);
    *out = (struct ship_quote){0};
    int code = open_ask(scene, &ask, "delivery check");
    struct souk_delivery_quote *quote = arena_new(&ask.call.arena, struct souk_delivery_quote);
    quote->size = sizeof *quote;
    if (code == SOUK_OK)
        code = shut_ask(
            scene, &ask,
            table_of(scene)->check(&ask.inner.ctx, terms_of(scene, &ask.call.arena, &terms),
                                   (struct souk_value *)json_copy(&ask.call.arena, choice), quote),
            "delivery check");
    out->code = code;
    snprintf(out->words, sizeof out->words, "%s", ask.err.text);
    if (code == SOUK_OK) {
        out->amount = quote->amount;
        out->label = arena_str(&scene->arena, quote->label);
        out->tax_class = arena_str(&scene->arena, quote->tax_class);
        out->data =
            quote->data ? json_copy(&scene->arena, (const struct json *)quote->data) : choice;
        scene_text_seen(scene, "delivery check", out->label);
    }
    call_shut(&ask.call, &ask.scope);
}

/* ---- booking ---- */

struct booking {
    struct scene *scene;
    struct souk_str order;
    const struct json *choice;
    int undo, give_back;
    int code;
};

static int run_booking(struct db_conn *conn, void *arg)
{
    struct booking *booking = arg;
    struct scene *scene = booking->scene;
    struct ask ask = {0};
    const char *verb = booking->give_back ? "delivery free" : "delivery book";
    call_open(scene, &ask.call, &ask.scope);
    ask.scope.kind = SOUK_WRITE;
    ask.scope.conn = conn;
    int code = provider_begin(&ask.inner, &ask.scope, "delivery", souk_str(scene->provider), verb,
                              &ask.err);
    if (code == SOUK_OK) {
        struct souk_str order = arena_str(&ask.call.arena, booking->order);
        struct souk_value *choice =
            (struct souk_value *)json_copy(&ask.call.arena, booking->choice);
        code = shut_ask(scene, &ask,
                        booking->give_back ? table_of(scene)->free(&ask.inner.ctx, order, choice)
                                           : table_of(scene)->book(&ask.inner.ctx, order, choice),
                        verb);
    }
    booking->code = code;
    call_shut(&ask.call, &ask.scope);
    return code == SOUK_OK && booking->undo ? SOUK_CONFLICT : code;
}

static int write_booking(struct booking *booking)
{
    int code = db_write(booking->scene->world->db, run_booking, booking, NULL);
    return booking->undo ? booking->code : code;
}

int ship_book(struct scene *scene, struct souk_str order, const struct json *choice, int undo)
{
    struct booking booking = {scene, order, choice, undo, 0, 0};
    return write_booking(&booking);
}

int ship_free(struct scene *scene, struct souk_str order, const struct json *choice)
{
    struct booking booking = {scene, order, choice, 0, 1, 0};
    return write_booking(&booking);
}

/* ---- parcels ---- */

void ship_parcel(struct scene *scene, struct parcel *parcel)
{
    struct json *list;
    struct ship_quote quote;
    *parcel = (struct parcel){0};
    int code = ship_options(scene, &list);
    EXPECT(scene, code == SOUK_OK, "options() for the served address gives %s", code_name(code));
    SKIP_UNLESS(scene, list->count > 0,
                "there is no option for half a kilo to the address `served` of conform.lua");
    const struct json *option = &json_first(list)->value;
    parcel->choice = ship_choice(scene, option);
    ship_check(scene, parcel->choice, &quote);
    EXPECT(scene, quote.code == SOUK_OK, "check() of the first option gives %s: %s",
           code_name(quote.code), quote.words);
    parcel->choice = quote.data;
    parcel->data = json_new(&scene->arena, JSON_OBJECT);
    struct souk_shipment *view = &parcel->view;
    *view = (struct souk_shipment){.size = sizeof *view,
                                   .line_count = 1,
                                   .id = scene_id(scene),
                                   .order_id = scene_id(scene),
                                   .weight_g = 500,
                                   .declared_value = 2599,
                                   .currency = souk_str("EUR"),
                                   .option = json_text(json_at(option, "code")),
                                   .key = scene_key(scene, "send"),
                                   .tracking = souk_str(""),
                                   .name = souk_str("Ада Лъвлейс"),
                                   .phone = souk_str("+359888123456"),
                                   .email = souk_str("ada@example.com"),
                                   .locale = souk_str("en"),
                                   .country = place_of(scene, &scene->arena, "country", "BG"),
                                   .region = place_of(scene, &scene->arena, "region", ""),
                                   .city = place_of(scene, &scene->arena, "city", "София"),
                                   .postcode = place_of(scene, &scene->arena, "postcode", "1000"),
                                   .line1 = souk_str("ul. Shipka 34"),
                                   .line2 = souk_str(""),
                                   .company = souk_str("")};
    view->order_number = arena_printf(&scene->arena, "%lld", (long long)view->order_id);
    view->number = arena_printf(&scene->arena, "%.*s-1", SOUK_PRI(view->order_number));
}

static struct souk_shipment *view_of(struct arena *arena, const struct parcel *parcel)
{
    struct souk_shipment *view = arena_new(arena, struct souk_shipment);
    struct souk_shipment_line *line = arena_new(arena, struct souk_shipment_line);
    *view = parcel->view;
    *line = (struct souk_shipment_line){.size = sizeof *line,
                                        .quantity = 1,
                                        .line_id = view->order_id + 1,
                                        .amount = 2599,
                                        .sku = arena_str(arena, souk_str("TEA-100")),
                                        .name = arena_str(arena, souk_str("Mountain tea"))};
    view->lines = line;
    struct souk_str *texts[] = {
        &view->currency, &view->number, &view->order_number, &view->option,   &view->key,
        &view->tracking, &view->name,   &view->phone,        &view->email,    &view->locale,
        &view->country,  &view->region, &view->city,         &view->postcode, &view->line1,
        &view->line2,    &view->company};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *texts[i] = arena_str(arena, *texts[i]);
    view->choice = (const struct souk_value *)json_copy(arena, parcel->choice);
    view->data = (const struct souk_value *)json_copy(arena, parcel->data);
    return view;
}

void ship_call(struct scene *scene, enum ship_verb verb, struct parcel *parcel,
               struct ship_answer *answer)
{
    static const char *const verbs[] = {"delivery send", "delivery cancel", "delivery track"};
    const struct souk_delivery_provider *table = table_of(scene);
    struct ask ask;
    *answer = (struct ship_answer){0};
    int code = open_ask(scene, &ask, verbs[verb]);
    struct souk_shipment_result *result = arena_new(&ask.call.arena, struct souk_shipment_result);
    result->size = sizeof *result;
    if (code == SOUK_OK) {
        struct souk_shipment *view = view_of(&ask.call.arena, parcel);
        int returned = verb == SHIP_SEND     ? table->send(&ask.inner.ctx, view, result)
                       : verb == SHIP_CANCEL ? table->cancel(&ask.inner.ctx, view, result)
                                             : table->track(&ask.inner.ctx, view, result);
        code = shut_ask(scene, &ask, returned, verbs[verb]);
    }
    answer->code = code;
    snprintf(answer->words, sizeof answer->words, "%s", ask.err.text);
    if (code == SOUK_OK) {
        answer->state = arena_str(&scene->arena, result->state);
        answer->tracking = arena_str(&scene->arena, result->tracking);
        answer->message = arena_str(&scene->arena, result->message);
        scene_text_seen(scene, verbs[verb], answer->tracking);
        scene_text_seen(scene, verbs[verb], answer->message);
        if (result->data)
            answer->data = parcel->data =
                json_copy(&scene->arena, (const struct json *)result->data);
        if (verb == SHIP_SEND)
            parcel->view.tracking = answer->tracking;
    }
    call_shut(&ask.call, &ask.scope);
}

int ship_state_known(struct souk_str state)
{
    return shipment_state_known(state);
}

int ship_label(struct scene *scene, const struct parcel *parcel, struct json **label)
{
    struct ask ask;
    int code = open_ask(scene, &ask, "delivery label");
    struct json *out = json_new(&ask.call.arena, JSON_OBJECT);
    if (code == SOUK_OK)
        code =
            shut_ask(scene, &ask,
                     table_of(scene)->parcel_label(&ask.inner.ctx, view_of(&ask.call.arena, parcel),
                                                   (struct souk_value *)out),
                     "delivery label");
    *label = json_copy(&scene->arena, out);
    call_shut(&ask.call, &ask.scope);
    return code;
}
