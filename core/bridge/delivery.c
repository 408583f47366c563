/*
 * delivery.c: calling delivery providers, and what they tell the core.
 *
 * The idea: a method is "<provider>:<code>". What a provider lists is looked at before anybody sees
 * it: a code that is not one, an amount below zero, a second option of the same code are dropped
 * with a line in the log that names the plugin, and the rest is offered. A provider that fails or
 * is late costs its own options only.
 *
 * A report of a plugin is news of a parcel of its own provider; what follows from it is the shop's
 * affair (shop/shipment_news.c).
 */
#include "base/log.h"
#include "base/str.h"
#include "bridge/internal.h"
#include "bridge/provider.h"
#include "plugin/provider.h"
#include "shop/market.h"
#include "shop/shipment.h"

#define CODE_MOST    40
#define TEXT_MOST    200
#define WORDS_MOST   1000
#define OPTIONS_MOST 50
#define POINTS_MOST  20

static const char *const kind = "delivery";

/* ---- methods ---- */

static int split(struct souk_str method, struct souk_str *name, struct souk_str *code)
{
    ptrdiff_t colon = str_find(method, ':');
    if (colon <= 0)
        return 0;
    *name = str_make(method.ptr, (size_t)colon);
    *code = str_from(method, (size_t)colon + 1);
    return code->len > 0 && code->len <= CODE_MOST;
}

static const struct souk_delivery_provider *table_of(const struct provider *provider)
{
    return provider->row->table;
}

/* Members that the plugin's table does not reach are not there. */
#define HAS(table, member)                                                                         \
    ((table)->size >= offsetof(struct souk_delivery_provider, member) + sizeof(void *) &&          \
     (table)->member)

int delivery_flags(const struct plugin_set *set, struct souk_str method, int32_t *flags)
{
    struct souk_str name, code;
    const struct provider *provider =
        set && split(method, &name, &code) ? provider_find(set, kind, name) : NULL;
    *flags = provider ? table_of(provider)->flags : 0;
    return provider ? SOUK_OK : SOUK_NOT_FOUND;
}

/* ---- options ---- */

static int is_code(struct souk_str code)
{
    for (size_t i = 0; i < code.len; i++) {
        char c = code.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return 0;
    }
    return code.len > 0 && code.len <= CODE_MOST;
}

static int is_listed(const struct json *items, struct souk_str method)
{
    json_each(item, items)
    {
        if (souk_str_equal(json_text(json_at(&item->value, "method")), method))
            return 1;
    }
    return 0;
}

/* An amount of a choice in a field: a whole number, and none below zero. */
static int has_good_choices(const struct json *option)
{
    json_each(field, json_at(option, "fields"))
    {
        if (json_text(json_at(&field->value, "key")).len == 0)
            return 0;
        json_each(choice, json_at(&field->value, "choices"))
        {
            const struct json *amount = json_at(&choice->value, "amount");
            if (amount && json_int(amount, -1) < 0)
                return 0;
        }
    }
    return 1;
}

static const char *fault_of(const struct json *items, const struct json *option,
                            struct souk_str method)
{
    const struct json *points = json_at(option, "points");
    if (!is_code(json_text(json_at(option, "code"))))
        return "its code is not of a-z, 0-9, _ and -";
    if (is_listed(items, method))
        return "another option has this code";
    if (json_int(json_at(option, "amount"), -1) < 0)
        return "its amount is no whole number from 0 up";
    if (json_text(json_at(option, "label")).len == 0)
        return "it has no label";
    if (!has_good_choices(option))
        return "a field has no key, or a choice of it an amount below 0";
    if (points && points->count > POINTS_MOST)
        return "it has over 20 points";
    return NULL;
}

static void take_option(const struct provider_scope *scope, const struct provider *provider,
                        const struct json *option, struct json *items)
{
    struct souk_str code = json_text(json_at(option, "code"));
    struct souk_str method =
        arena_printf(scope->arena, "%s:%.*s", provider->row->name, SOUK_PRI(code));
    const char *fault = fault_of(items, option, method);
    if (fault) {
        log_warn("delivery.dropped", LOG_S("plugin", provider->plugin->name), LOG_T("code", code),
                 LOG_S("text", fault));
        return;
    }
    struct json *item = json_add(scope->arena, items, NULL, JSON_OBJECT);
    json_add_str(scope->arena, item, "method", method);
    struct json *copy = json_copy(scope->arena, option);
    json_each(member, copy)
    {
        if (!souk_str_is(member->key, "code") && !souk_str_is(member->key, "method"))
            json_add_tree(scope->arena, item, arena_cstr(scope->arena, member->key),
                          &member->value);
    }
}

static void take_options(const struct provider_scope *scope, const struct provider *provider,
                         const struct souk_delivery_terms *terms, struct json *items)
{
    struct provider_call call;
    struct err err = {0};
    size_t taken = 0;
    struct json *list = json_new(scope->arena, JSON_ARRAY);
    const struct souk_delivery_provider *table = table_of(provider);
    if (!HAS(table, options) || provider_begin(&call, scope, kind, souk_str(provider->row->name),
                                               "delivery options", &err) != SOUK_OK)
        return;
    int code = table->options(&call.ctx, terms, (struct souk_value *)(void *)list);
    if (provider_end(&call, code, &err) != SOUK_OK)
        return; /* logged there; the others are offered */
    json_each(option, list)
    {
        if (taken++ < OPTIONS_MOST)
            take_option(scope, provider, &option->value, items);
    }
}

int delivery_options(const struct provider_scope *scope, const struct souk_delivery_terms *terms,
                     struct json *items)
{
    struct provider_scope quick = *scope;
    int64_t began = clock_mono();
    const struct provider *provider = NULL;
    while (scope->set && (provider = provider_next(scope->set, kind, provider))) {
        quick.span = provider_look_span(scope, began);
        take_options(&quick, provider, terms, items);
    }
    return SOUK_OK;
}

/* ---- one choice ---- */

/* What the shopper sent, with the code of the option in place of the method. */
static struct json *choice_of(struct arena *arena, const struct json *sent, struct souk_str code)
{
    struct json *choice = json_new(arena, JSON_OBJECT);
    json_add_str(arena, choice, "code", code);
    json_each(member, sent)
    {
        if (!souk_str_is(member->key, "code") && !souk_str_is(member->key, "method"))
            json_add_tree(arena, choice, arena_cstr(arena, member->key), &member->value);
    }
    return choice;
}

static struct souk_str clean(struct arena *arena, struct souk_str text, size_t most)
{
    if (!bridge_view_ok(text) || text.len > most)
        return souk_str("");
    return value_clean(arena, text);
}

static int take_quote(const struct provider_scope *scope, const struct provider *provider,
                      struct souk_str code, struct souk_delivery_quote *quote, struct err *err)
{
    const int32_t takes = SOUK_DELIVERY_TAKES_CASH | SOUK_DELIVERY_TAKES_CARD;
    struct json *data = (struct json *)(void *)quote->data;
    if (quote->amount < 0) {
        log_error("delivery.wrong", LOG_S("plugin", provider->plugin->name), LOG_T("code", code),
                  LOG_S("text", "check() gave an amount below 0"));
        return err_set(err, SOUK_ERROR, "this delivery cannot be had now");
    }
    quote->flags = (quote->flags & takes) | (table_of(provider)->flags & ~takes);
    quote->label = clean(scope->arena, quote->label, TEXT_MOST);
    quote->tax_class = clean(scope->arena, quote->tax_class, TEXT_MOST);
    if (!data || data->kind != JSON_OBJECT)
        data = json_new(scope->arena, JSON_OBJECT);
    else
        data = json_copy(scope->arena, data);
    json_add_str(scope->arena, data, "code", arena_str(scope->arena, code));
    quote->data = (struct souk_value *)(void *)data;
    if (quote->label.len == 0)
        quote->label = souk_str(table_of(provider)->label);
    return SOUK_OK;
}

int delivery_check(const struct provider_scope *scope, struct souk_str method,
                   const struct souk_delivery_terms *terms, const struct json *choice,
                   struct souk_delivery_quote *quote, struct err *err)
{
    struct provider_call call;
    struct souk_str name, code;
    *quote = (struct souk_delivery_quote){.size = sizeof *quote};
    if (!split(method, &name, &code))
        return err_set(err, SOUK_INVALID, "method: choose one of the ways that are offered");
    int result = provider_begin(&call, scope, kind, name, "delivery check", err);
    if (result != SOUK_OK)
        return result == SOUK_NOT_FOUND
                   ? err_set(err, SOUK_INVALID, "method: this delivery is not to be had now")
                   : result;
    const struct provider *provider = call.provider;
    const struct souk_delivery_provider *table = table_of(provider);
    const struct json *sent = choice_of(scope->arena, choice, code);
    int returned =
        HAS(table, check)
            ? table->check(&call.ctx, terms, (const struct souk_value *)(const void *)sent, quote)
            : SOUK_INVALID;
    result = provider_end(&call, returned, err);
    return result ? result : take_quote(scope, provider, code, quote, err);
}

/* ---- places ---- */

static int place(const struct provider_scope *scope, struct souk_str method, struct souk_str number,
                 const struct json *choice, int give, struct err *err)
{
    struct provider_call call;
    struct souk_str name, code;
    if (!split(method, &name, &code))
        return SOUK_OK; /* made by staff, by no provider's hand */
    int result =
        provider_begin(&call, scope, kind, name, give ? "delivery free" : "delivery book", err);
    if (result != SOUK_OK)
        return result;
    const struct souk_delivery_provider *table = table_of(call.provider);
    const struct souk_value *data = (const struct souk_value *)(const void *)choice;
    int returned = SOUK_OK;
    if (!give && HAS(table, book))
        returned = table->book(&call.ctx, number, data);
    else if (give && HAS(table, free))
        returned = (table->free)(&call.ctx, number, data);
    return provider_end(&call, returned, err);
}

int delivery_book(const struct provider_scope *scope, struct souk_str method,
                  struct souk_str number, const struct json *choice, struct err *err)
{
    return place(scope, method, number, choice, 0, err);
}

int delivery_free(const struct provider_scope *scope, struct souk_str method,
                  struct souk_str number, const struct json *choice, struct err *err)
{
    return place(scope, method, number, choice, 1, err);
}

/* ---- parcels ---- */

/* 0: its state is none that there is. */
static int take_result(const struct provider_scope *scope, struct souk_shipment_result *result)
{
    struct json *data = (struct json *)(void *)result->data;
    struct souk_str state = clean(scope->arena, result->state, TEXT_MOST);
    result->message = clean(scope->arena, result->message, WORDS_MOST);
    result->tracking = str_trim(clean(scope->arena, result->tracking, TEXT_MOST));
    result->tracking_url = str_trim(clean(scope->arena, result->tracking_url, WORDS_MOST));
    if (!str_starts(result->tracking_url, "https://") &&
        !str_starts(result->tracking_url, "http://"))
        result->tracking_url = souk_str("");
    result->state = state;
    result->data = data && data->kind == JSON_OBJECT
                       ? (struct souk_value *)(void *)json_copy(scope->arena, data)
                       : NULL;
    return state.len == 0 || shipment_state_known(state);
}

/* Staff read the words of the plugin, whatever the code. */
static void keep_words(const struct provider_call *call, int code, struct err *err)
{
    const struct err *said = &call->ctx.failure;
    if (code != SOUK_OK && call->ctx.failed == 1 && said->code == code && said->text[0])
        err_set(err, code, "%s", said->text);
}

int delivery_call(const struct provider_scope *scope, enum delivery_verb verb,
                  struct souk_str method, const struct souk_shipment *shipment,
                  struct souk_shipment_result *result, struct err *err)
{
    static const char *const verbs[] = {"delivery send", "delivery cancel", "delivery track"};
    struct provider_call call;
    struct souk_str name, code;
    *result = (struct souk_shipment_result){.size = sizeof *result};
    if (!split(method, &name, &code))
        return err_set(err, SOUK_INVALID, "\"%.*s\" is no delivery of a plugin", SOUK_PRI(method));
    int found = provider_begin(&call, scope, kind, name, verbs[verb], err);
    if (found != SOUK_OK)
        return found;
    const struct souk_delivery_provider *table = table_of(call.provider);
    const char *plugin = call.provider->plugin->name;
    int returned = SOUK_OK;
    if (verb == DELIVERY_SEND && HAS(table, send))
        returned = (table->send)(&call.ctx, shipment, result);
    else if (verb == DELIVERY_CANCEL && HAS(table, cancel))
        returned = table->cancel(&call.ctx, shipment, result);
    else if (verb == DELIVERY_TRACK && HAS(table, track))
        returned = table->track(&call.ctx, shipment, result);
    int done = provider_end(&call, returned, err);
    keep_words(&call, done, err);
    if (take_result(scope, result) || done != SOUK_OK)
        return done;
    log_error("delivery.state", LOG_S("plugin", plugin), LOG_T("state", result->state),
              LOG_S("text", "this is no state of a parcel; souk/delivery.h lists them"));
    err_set(err, SOUK_ERROR, "plugin \"%s\" gives the parcel the state \"%.*s\", which is none",
            plugin, SOUK_PRI(result->state));
    result->message = arena_str(scope->arena, souk_str(err->text));
    return SOUK_ERROR;
}

/* ---- labels ---- */

struct souk_str delivery_words(const struct provider_scope *scope, const char *words)
{
    const struct site *site = scope->set ? scope->set->web : NULL;
    if (!site || !site->web.i18n)
        return souk_str(words);
    return i18n_text(site->web.i18n, "souk", scope->locale ? scope->locale : "en", souk_str(words));
}

static void add_line(struct arena *arena, struct json *list, struct souk_str text)
{
    struct souk_str line = str_trim(text);
    if (line.len)
        json_add_str(arena, list, NULL, line);
}

void delivery_from(struct arena *arena, struct json *list)
{
    const struct market_shop *shop = market_shop();
    struct souk_str rest = souk_str(shop->address), line;
    add_line(arena, list, souk_str(shop->name));
    while (str_split(&rest, '\n', &line))
        add_line(arena, list, line);
    add_line(arena, list, souk_str(shop->phone));
}

void delivery_to(struct arena *arena, const struct souk_shipment *shipment, struct json *list)
{
    add_line(arena, list, shipment->name);
    add_line(arena, list, shipment->company);
    add_line(arena, list, shipment->line1);
    add_line(arena, list, shipment->line2);
    add_line(
        arena, list,
        arena_printf(arena, "%.*s %.*s", SOUK_PRI(shipment->postcode), SOUK_PRI(shipment->city)));
    add_line(arena, list, shipment->region);
    add_line(arena, list, shipment->country);
    add_line(arena, list, shipment->phone);
}

static int is_code_type(struct souk_str type)
{
    return souk_str_is(type, "code128") || souk_str_is(type, "gs1_128") ||
           souk_str_is(type, "ean13") || souk_str_is(type, "qr");
}

/* What the plugin left out, the core knows. */
static void fill_label(const struct provider_scope *scope, const char *service,
                       const struct souk_shipment *shipment, struct json *label)
{
    struct arena *arena = scope->arena;
    if (json_text(json_at(label, "service")).len == 0)
        json_add_cstr(arena, label, "service", service);
    if (json_text(json_at(label, "code")).len == 0 ||
        !is_code_type(json_text(json_at(label, "code_type")))) {
        json_add_str(arena, label, "code", shipment->number);
        json_add_cstr(arena, label, "code_type", "code128");
    }
    if (!json_first(json_at(label, "from")))
        delivery_from(arena, json_add(arena, label, "from", JSON_ARRAY));
    if (!json_first(json_at(label, "to")))
        delivery_to(arena, shipment, json_add(arena, label, "to", JSON_ARRAY));
    if (!json_at(label, "facts"))
        json_add(arena, label, "facts", JSON_ARRAY);
    json_add_str(arena, label, "number", shipment->number);
}

int delivery_label(const struct provider_scope *scope, struct souk_str method,
                   const struct souk_shipment *shipment, struct json *label)
{
    struct provider_call call;
    struct souk_str name, code;
    struct err err = {0};
    const char *service = "";
    if (split(method, &name, &code) &&
        provider_begin(&call, scope, kind, name, "delivery label", &err) == SOUK_OK) {
        const struct souk_delivery_provider *table = table_of(call.provider);
        struct json *own = json_new(scope->arena, JSON_OBJECT);
        int returned =
            HAS(table, parcel_label)
                ? table->parcel_label(&call.ctx, shipment, (struct souk_value *)(void *)own)
                : SOUK_OK;
        service = table->label;
        if (provider_end(&call, returned, &err) == SOUK_OK)
            *label = *json_copy(scope->arena, own);
    }
    fill_label(scope, service, shipment, label);
    return SOUK_OK;
}

/* ---- reports ---- */

struct reporting {
    struct shipment_news news;
    struct souk_str provider, tracking, number;
    int fresh;
};

static int put_report(struct souk_ctx *ctx, void *arg)
{
    struct reporting *r = arg;
    struct err err = {0};
    int code = shipment_find(ctx->conn, r->provider, r->tracking, r->number, &r->news.shipment_id);
    if (code == SOUK_NOT_FOUND)
        return bridge_refuse(ctx, code, "souk_delivery_report: \"%.*s\" has no parcel \"%.*s%.*s\"",
                             SOUK_PRI(r->provider), SOUK_PRI(r->tracking), SOUK_PRI(r->number));
    if (code == SOUK_OK)
        code = shipment_apply(ctx->conn, ctx->arena, &r->news, ctx->now, &r->fresh, &err);
    if (code == SOUK_OK)
        return SOUK_OK;
    if (!err.text[0])
        err_set(&err, code, "souk_delivery_report: %s", db_error(ctx->conn));
    err.code = code;
    return bridge_refuse_err(ctx, &err);
}

static int is_own(const struct souk_ctx *ctx, struct souk_str name)
{
    const struct provider *provider = ctx->set ? provider_find(ctx->set, kind, name) : NULL;
    return provider && provider->plugin == ctx->self;
}

static int read_report(struct souk_ctx *ctx, const struct souk_delivery_report *report,
                       struct reporting *r)
{
    struct souk_str parts[] = {report->provider, report->tracking, report->number, report->event,
                               report->state,    report->code,     report->text};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!bridge_view_ok(parts[i]) || parts[i].len > WORDS_MOST)
            return bridge_refuse(ctx, SOUK_INVALID,
                                 "souk_delivery_report: a text is over 1,000 bytes, or no text");
        parts[i] = value_clean(ctx->arena, parts[i]);
    }
    *r = (struct reporting){.provider = parts[0], .tracking = parts[1], .number = parts[2]};
    r->news = (struct shipment_news){
        .event = parts[3],
        .state = parts[4],
        .code = parts[5],
        .text = parts[6],
        .at = report->at,
        .actor = arena_printf(ctx->arena, "plugin:%s", ctx->self->name),
        .accepted = (const struct json *)(const void *)report->accepted,
    };
    if (!r->tracking.len && !r->number.len)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_delivery_report: which parcel? give tracking or number");
    if (str_starts(r->news.event, "souk:"))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_delivery_report: events that begin with \"souk:\" are ours");
    return is_own(ctx, r->provider)
               ? SOUK_OK
               : bridge_refuse(ctx, SOUK_DENIED,
                               "souk_delivery_report: \"%.*s\" is no delivery of this plugin",
                               SOUK_PRI(r->provider));
}

static int report(struct souk_ctx *ctx, const struct souk_delivery_report *report, int32_t *fresh)
{
    struct reporting r;
    if (fresh)
        *fresh = 0;
    if (!report || report->size < sizeof *report)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_delivery_report: set report.size");
    int code = read_report(ctx, report, &r);
    if (code != SOUK_OK)
        return code;
    code = bridge_write(ctx, "souk_delivery_report", put_report, &r);
    if (code == SOUK_OK && fresh)
        *fresh = r.fresh;
    return code;
}

const struct souk_delivery_api delivery_table = {.size = sizeof(struct souk_delivery_api),
                                                 .report = report};
