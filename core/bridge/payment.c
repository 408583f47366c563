/*
 * payment.c: calling payment providers, and what they tell the core.
 *
 * The idea: a provider's answer is checked before anybody believes it: its state is one that this
 * call can have, its amount is not below 0, its words are UTF-8, its address is one that a browser
 * may be sent to. What does not hold is the plugin's slip: an error, never a payment that looks
 * paid. A slip after the peer was asked leaves the movement "asked", so it is asked again with the
 * same key.
 *
 * Reports are written down as they are said (payment_report_put) with two things that the domain
 * cannot know: whether payers choose the sum, and whether the provider can pay back by itself.
 */
#include "bridge/internal.h"
#include "bridge/provider.h"

#include "base/money.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/payment.sql.h"
#include "plugin/provider.h"
#include "shop/market.h"
#include "shop/order.h"
#include "shop/payment.h"

#define KIND           "payment"
#define REFERENCE_MOST 200
#define MESSAGE_MOST   500
#define ADDRESS_MOST   2000
#define DATA_MOST      (16 << 10)

/* Tables grow at the end: a function is there when the plugin's table is long enough. */
#define HAS(table, function)                                                                       \
    ((table)->size >=                                                                              \
         offsetof(struct souk_payment_provider, function) + sizeof((table)->function) &&           \
     (table)->function)

static const struct souk_payment_provider *table_of(const struct provider *provider)
{
    return provider->row->table;
}

/* ---- offers ---- */

static int ask_offer(struct provider_call *call, const struct souk_payment_terms *terms,
                     struct json *offer)
{
    const struct souk_payment_provider *table = table_of(call->provider);
    return HAS(table, offer) ? table->offer(&call->ctx, terms, (struct souk_value *)offer)
                             : SOUK_OK;
}

/* What the core adds to an offer, and what it does not believe. */
static int dress_offer(struct provider_call *call, struct souk_str method, struct json *offer)
{
    const struct souk_payment_provider *table = table_of(call->provider);
    struct arena *arena = call->ctx.arena;
    const struct json *fee = json_at(offer, "fee"), *in_page = json_at(offer, "in_page");
    if (in_page && (in_page->kind != JSON_BOOL || table->flags & SOUK_PAYMENT_LOCAL))
        return bridge_refuse(&call->ctx, SOUK_INVALID,
                             "an offer's in_page is true or false, and not for LOCAL providers");
    if (fee && (fee->kind != JSON_INT || fee->number < 0))
        return bridge_refuse(&call->ctx, SOUK_INVALID, "an offer's fee is an integer from 0");
    json_add_str(arena, offer, "method", method);
    json_add_int(arena, offer, "flags", table->flags);
    if (!json_text(json_at(offer, "label")).len)
        json_add_str(arena, offer, "label",
                     call_table.translate(&call->ctx, souk_str(table->label), souk_str(NULL), 1));
    if (!fee)
        json_add_int(arena, offer, "fee", 0);
    if (!json_at(offer, "fields"))
        json_add(arena, offer, "fields", JSON_ARRAY);
    return SOUK_OK;
}

static int offer_of(const struct provider_scope *scope, struct souk_str method,
                    const struct souk_payment_terms *terms, struct json *offer, int32_t *flags,
                    struct err *err)
{
    struct provider_call call;
    struct souk_str name = arena_str(scope->arena, method);
    int code = provider_begin(&call, scope, KIND, name, "payment offer", err);
    if (code != SOUK_OK)
        return code;
    *flags = table_of(call.provider)->flags;
    code = ask_offer(&call, terms, offer);
    if (code == SOUK_OK)
        code = dress_offer(&call, name, offer);
    return provider_end(&call, code, err);
}

int payment_offers(const struct provider_scope *scope, const struct souk_payment_terms *terms,
                   struct json *items)
{
    struct provider_scope quick = *scope;
    int64_t began = clock_mono();
    const struct provider *at = NULL;
    while (scope->set && (at = provider_next(scope->set, KIND, at))) {
        struct json *offer = json_new(scope->arena, JSON_OBJECT);
        struct err err = {0};
        int32_t flags;
        quick.span = provider_look_span(scope, began);
        if (offer_of(&quick, souk_str(at->row->name), terms, offer, &flags, &err) == SOUK_OK)
            json_add_tree(scope->arena, items, NULL, offer);
    }
    return SOUK_OK;
}

int payment_offer(const struct provider_scope *scope, struct souk_str method,
                  const struct souk_payment_terms *terms, struct json *offer, int32_t *flags,
                  struct err *err)
{
    return offer_of(scope, method, terms, offer, flags, err);
}

int payment_flags(const struct plugin_set *set, struct souk_str method, int32_t *flags)
{
    const struct provider *provider = set ? provider_find(set, KIND, method) : NULL;
    *flags = provider ? table_of(provider)->flags : 0;
    return provider ? SOUK_OK : SOUK_NOT_FOUND;
}

void payment_traits(const struct plugin_set *set, struct souk_str method, int *parts, int *refunds)
{
    const struct provider *provider = set ? provider_find(set, KIND, method) : NULL;
    const struct souk_payment_provider *table = provider ? table_of(provider) : NULL;
    *parts = table && (table->flags & SOUK_PAYMENT_PART_CAPTURE) &&
             !(table->flags & SOUK_PAYMENT_CAPTURE);
    *refunds = table && !(table->flags & SOUK_PAYMENT_MANUAL_REFUND) && HAS(table, refund);
}

/* ---- movements ---- */

static const char *const verbs[] = {"payment begin", "payment capture", "payment cancel",
                                    "payment refund", "payment fetch"};

static int run_verb(struct provider_call *call, enum payment_verb verb,
                    const struct souk_payment *payment, const struct souk_payment_move *move,
                    struct souk_payment_result *result)
{
    const struct souk_payment_provider *table = table_of(call->provider);
    struct souk_ctx *ctx = &call->ctx;
    if (verb == PAYMENT_BEGIN && HAS(table, begin))
        return table->begin(ctx, payment, result);
    if (verb == PAYMENT_CAPTURE && HAS(table, capture))
        return table->capture(ctx, payment, move, result);
    if (verb == PAYMENT_CANCEL && HAS(table, cancel))
        return table->cancel(ctx, payment, move, result);
    if (verb == PAYMENT_REFUND && HAS(table, refund))
        return table->refund(ctx, payment, move, result);
    if (verb == PAYMENT_FETCH && HAS(table, fetch))
        return table->fetch(ctx, payment, result);
    return SOUK_NOT_FOUND;
}

/* Which states an answer to a call may have: a bit for each SOUK_PAID_… */
static int may_be(enum payment_verb verb, int32_t state)
{
    static const unsigned states[] = {
        [PAYMENT_BEGIN] = 1u << SOUK_PAID_PENDING | 1u << SOUK_PAID_AUTHORISED |
                          1u << SOUK_PAID_CAPTURED | 1u << SOUK_PAID_FAILED,
        [PAYMENT_CAPTURE] =
            1u << SOUK_PAID_PENDING | 1u << SOUK_PAID_CAPTURED | 1u << SOUK_PAID_FAILED,
        [PAYMENT_CANCEL] =
            1u << SOUK_PAID_PENDING | 1u << SOUK_PAID_CANCELLED | 1u << SOUK_PAID_FAILED,
        [PAYMENT_REFUND] =
            1u << SOUK_PAID_PENDING | 1u << SOUK_PAID_REFUNDED | 1u << SOUK_PAID_FAILED,
        [PAYMENT_FETCH] = ~0u,
    };
    return state >= SOUK_PAID_PENDING && state <= SOUK_PAID_DISPUTED && (states[verb] >> state & 1);
}

/* The whole host: "http://127.0.0.1.example.org" and "http://localhost:1@example.org" are others.
 */
static int is_loopback(struct souk_str url)
{
    static const char *const hosts[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (!str_starts(url, hosts[i]))
            continue;
        struct souk_str rest = str_from(url, strlen(hosts[i]));
        if (rest.len && rest.ptr[0] == ':')
            do
                rest = str_from(rest, 1);
            while (rest.len && rest.ptr[0] >= '0' && rest.ptr[0] <= '9');
        return rest.len == 0 || strchr("/?#", rest.ptr[0]) != NULL;
    }
    return 0;
}

static int is_redirect(struct souk_str url)
{
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= 0x20 || url.ptr[i] == 0x7f || url.ptr[i] == '\\')
            return 0;
    return url.len <= ADDRESS_MOST && (str_starts(url, "https://") || is_loopback(url));
}

static int is_text(struct souk_str text, size_t most)
{
    return bridge_view_ok(text) && text.len <= most && utf8_valid(text);
}

static int check_result(struct provider_call *call, enum payment_verb verb,
                        const struct souk_payment *payment,
                        const struct souk_payment_result *result)
{
    const struct json *data = (const struct json *)result->data;
    if (!may_be(verb, result->state))
        return bridge_refuse(&call->ctx, SOUK_ERROR, "%s gave state %d, which it cannot have",
                             verbs[verb], result->state);
    if (result->amount < 0 || result->check_at < 0)
        return bridge_refuse(&call->ctx, SOUK_ERROR, "%s gave an amount or a time below 0",
                             verbs[verb]);
    if (!is_text(result->reference, REFERENCE_MOST) || !is_text(result->message, MESSAGE_MOST))
        return bridge_refuse(&call->ctx, SOUK_ERROR,
                             "%s gave a reference or message that is too long or not UTF-8",
                             verbs[verb]);
    if (result->redirect.len &&
        (!bridge_view_ok(result->redirect) || !is_redirect(result->redirect)))
        return bridge_refuse(&call->ctx, SOUK_ERROR,
                             "%s gave a redirect that is no https address (http for loopback)",
                             verbs[verb]);
    const char *fault = payment_client_fault(&call->ctx, verb, payment, result);
    if (fault)
        return bridge_refuse(&call->ctx, SOUK_ERROR, "%s gave %s", verbs[verb], fault);
    if (data && (data->kind != JSON_OBJECT || value_print(call->ctx.arena, data).len > DATA_MOST))
        return bridge_refuse(&call->ctx, SOUK_ERROR, "%s gave data that is no map below 16 KiB",
                             verbs[verb]);
    return SOUK_OK;
}

/* What a row or a buffer of the plugin holds is gone when the call ends. */
static void keep_result(struct arena *arena, struct souk_payment_result *result)
{
    result->reference = arena_str(arena, result->reference);
    result->redirect = arena_str(arena, result->redirect);
    result->message = arena_str(arena, result->message);
    if (result->data)
        result->data = (struct souk_value *)json_copy(arena, (const struct json *)result->data);
    if (result->client)
        result->client = (struct souk_value *)json_copy(arena, (const struct json *)result->client);
}

int payment_call(const struct provider_scope *scope, enum payment_verb verb,
                 const struct souk_payment *payment, struct souk_str method,
                 const struct souk_payment_move *move, struct souk_payment_result *result,
                 struct err *err)
{
    struct provider_call call;
    *result = (struct souk_payment_result){.size = sizeof *result};
    int code = provider_begin(&call, scope, KIND, method, verbs[verb], err);
    if (code != SOUK_OK)
        return code;
    code = run_verb(&call, verb, payment, move, result);
    if (code == SOUK_OK)
        code = check_result(&call, verb, payment, result);
    if (code == SOUK_OK)
        keep_result(scope->arena, result);
    return provider_end(&call, code, err);
}

int payment_can(const struct plugin_set *set, struct souk_str method, enum payment_verb verb)
{
    const struct provider *provider = set ? provider_find(set, KIND, method) : NULL;
    const struct souk_payment_provider *table = provider ? table_of(provider) : NULL;
    if (!table)
        return 0;
    switch (verb) {
    case PAYMENT_BEGIN: return HAS(table, begin) != 0;
    case PAYMENT_CAPTURE: return HAS(table, capture) != 0;
    case PAYMENT_CANCEL: return HAS(table, cancel) != 0;
    case PAYMENT_REFUND: return HAS(table, refund) != 0;
    default: return HAS(table, fetch) != 0;
    }
}

/* A provider gives sums as money; whoever reads the facts gets them as people write them. */
static void print_sums(const struct provider_scope *scope, struct json *view)
{
    const char *locale = scope->locale ? scope->locale : "en";
    const struct json *facts = json_at(view, "facts");
    for (struct json_item *item = facts ? facts->first : NULL; item; item = item->next) {
        struct json *value = (struct json *)(uintptr_t)json_at(&item->value, "value");
        struct souk_str currency = json_text(json_at(value, "currency"));
        if (!value || value->kind != JSON_OBJECT || !currency.len)
            continue;
        struct souk_str text = money_format(scope->arena, json_int(json_at(value, "amount"), 0),
                                            arena_cstr(scope->arena, currency), locale);
        *value = (struct json){.kind = JSON_STRING, .text = text};
    }
}

int payment_show(const struct provider_scope *scope, struct souk_str method,
                 const struct souk_payment *payment, struct json *view)
{
    struct provider_call call;
    struct err err = {0};
    int code = provider_begin(&call, scope, KIND, method, "payment show", &err);
    if (code != SOUK_OK)
        return code;
    const struct souk_payment_provider *table = table_of(call.provider);
    code = HAS(table, show) ? table->show(&call.ctx, payment, (struct souk_value *)view)
                            : SOUK_NOT_FOUND;
    code = provider_end(&call, code, &err);
    if (code == SOUK_OK)
        print_sums(scope, view);
    return code;
}

/* ---- a payment as providers see it ---- */

static struct souk_str kept(struct arena *arena, struct db_rows *rows, int column)
{
    return arena_str(arena, db_text(rows, column));
}

static int view_order(struct db_conn *conn, struct arena *arena, const struct payment_row *row,
                      struct souk_payment *view)
{
    struct db_rows rows;
    int code =
        db_first(db_query(conn, &sql_payment_view_order, &rows, DB_INT(row->order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    const char *url = market_shop()->url ? market_shop()->url : "";
    view->number = kept(arena, &rows, 0);
    view->email = kept(arena, &rows, 2);
    view->name = kept(arena, &rows, 3);
    view->country = kept(arena, &rows, 4);
    view->locale = kept(arena, &rows, 5);
    view->return_url = arena_printf(arena, "%s/order/%.*s?token=%.*s", url, SOUK_PRI(view->number),
                                    SOUK_PRI(kept(arena, &rows, 1)));
    view->cancel_url = view->return_url;
    db_close(&rows);
    return SOUK_OK;
}

int payment_view(struct db_conn *conn, struct arena *arena, const struct payment_row *row,
                 struct souk_payment *view)
{
    struct json *order = NULL, *data = NULL;
    struct err err = {0};
    *view = (struct souk_payment){
        .size = sizeof *view,
        .id = row->id,
        .order_id = row->order_id,
        .created_at = row->created_at,
        .amount = row->amount,
        .authorised = row->authorised,
        .captured = row->captured,
        .refunded = row->refunded,
        .currency = row->currency,
        .reference = row->reference,
        .key = arena_printf(arena, "souk-p%lld", (long long)row->id),
    };
    int code = view_order(conn, arena, row, view);
    if (code == SOUK_OK)
        code = order_share(conn, arena, row->order_id, &order);
    if (code == SOUK_OK && row->data.len)
        code = json_parse(arena, row->data, &data, &err);
    view->order = (const struct souk_value *)order;
    view->data = (const struct souk_value *)data;
    view->in_page = payment_in_page(data);
    return code;
}

/* ---- what plugins tell ---- */

struct told { /* of one report */
    struct souk_ctx *ctx;
    const char *provider;
    struct souk_str event, body;
    int fresh;
};

static int put_told(struct souk_ctx *ctx, void *arg)
{
    struct told *told = arg;
    int code = payment_report_put(ctx->conn, told->provider, told->event, told->body, ctx->now,
                                  &told->fresh);
    if (code != SOUK_OK)
        bridge_refuse(ctx, code, "souk_payment_report: %s", db_error(ctx->conn));
    return code;
}

static int check_report(struct souk_ctx *ctx, const struct souk_payment_report *said,
                        const struct provider **provider)
{
    const struct souk_str texts[] = {said->provider, said->event,    said->payment_reference,
                                     said->number,   said->currency, said->reference};
    char currency[4] = "";
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (!is_text(texts[i], REFERENCE_MOST))
            return bridge_refuse(ctx, SOUK_INVALID,
                                 "souk_payment_report: a name is over %d bytes or not UTF-8",
                                 REFERENCE_MOST);
    if (said->event.len == 0 || !bridge_view_ok(said->payer) || !bridge_view_ok(said->text) ||
        !bridge_view_ok(said->message))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_payment_report: an event needs its name");
    if (said->state < SOUK_PAID_PENDING || said->state > SOUK_PAID_DISPUTED || said->amount < 0)
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_payment_report: state %d is no SOUK_PAID_…, or the amount is "
                             "below 0",
                             said->state);
    str_copy(currency, sizeof currency, said->currency);
    if ((said->currency.len || said->amount) &&
        (said->currency.len != 3 || money_digits(currency) < 0))
        return bridge_refuse(ctx, SOUK_INVALID,
                             "souk_payment_report: an amount needs its currency, such as EUR");
    *provider = provider_find(ctx->set, KIND, said->provider);
    if (!*provider || (*provider)->plugin != ctx->self)
        return bridge_refuse(ctx, SOUK_DENIED,
                             "souk_payment_report: \"%.*s\" is no payment provider of this plugin",
                             SOUK_PRI(said->provider));
    return SOUK_OK;
}

static void add_text(struct souk_ctx *ctx, struct json *body, const char *key, struct souk_str text,
                     size_t most)
{
    struct souk_str clean = value_clean(ctx->arena, text);
    if (clean.len)
        json_add_str(ctx->arena, body, key, utf8_cut(clean, most));
}

static struct souk_str report_body(struct souk_ctx *ctx, const struct souk_payment_report *said)
{
    struct json *body = json_new(ctx->arena, JSON_OBJECT);
    const struct json *data = (const struct json *)said->data;
    int parts, refunds;
    payment_traits(ctx->set, said->provider, &parts, &refunds);
    json_add_int(ctx->arena, body, "state", said->state);
    json_add_int(ctx->arena, body, "amount", said->amount);
    if (said->payment_id)
        json_add_int(ctx->arena, body, "payment_id", said->payment_id);
    add_text(ctx, body, "payment_reference", said->payment_reference, REFERENCE_MOST);
    add_text(ctx, body, "number", said->number, REFERENCE_MOST);
    add_text(ctx, body, "reference", said->reference, REFERENCE_MOST);
    add_text(ctx, body, "currency", said->currency, 3);
    add_text(ctx, body, "payer", said->payer, MESSAGE_MOST);
    add_text(ctx, body, "text", said->text, MESSAGE_MOST);
    add_text(ctx, body, "message", said->message, MESSAGE_MOST);
    if (data && data->kind == JSON_OBJECT)
        json_add_tree(ctx->arena, body, "data", data);
    json_add_bool(ctx->arena, body, "parts", parts);
    json_add_bool(ctx->arena, body, "refunds", refunds);
    json_add_str(ctx->arena, body, "actor", arena_printf(ctx->arena, "plugin:%s", ctx->self->name));
    return value_print(ctx->arena, body);
}

/* What the plugin's header did not know yet stays 0. */
static struct souk_payment_report read_report(const struct souk_payment_report *from)
{
    struct souk_payment_report said = {0};
    memcpy(&said, from, from->size < sizeof said ? from->size : sizeof said);
    return said;
}

static int report(struct souk_ctx *ctx, const struct souk_payment_report *from, int32_t *fresh)
{
    const struct provider *provider = NULL;
    if (fresh)
        *fresh = 0;
    if (!from || from->size < offsetof(struct souk_payment_report, payment_reference))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_payment_report: set the report's size");
    if (ctx->kind != SOUK_WRITE && ctx->kind != SOUK_TASK)
        return bridge_refuse(ctx, SOUK_WRONG_KIND, "souk_payment_report in %s call",
                             bridge_kind_name(ctx->kind));
    struct souk_payment_report said = read_report(from);
    if (check_report(ctx, &said, &provider) != SOUK_OK)
        return ctx->failure.code;
    struct told told = {ctx, provider->row->name, arena_str(ctx->arena, said.event),
                        report_body(ctx, &said), 0};
    int code = bridge_write(ctx, "souk_payment_report", put_told, &told);
    if (code == SOUK_OK && fresh)
        *fresh = told.fresh;
    return code;
}

static int find(struct souk_ctx *ctx, struct souk_str provider, struct souk_str reference,
                const struct souk_payment **payment)
{
    struct payment_row row;
    if (!payment || !is_text(provider, REFERENCE_MOST) || !is_text(reference, REFERENCE_MOST))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_payment_find: no place, or no UTF-8");
    *payment = NULL;
    struct db_conn *conn = query_conn(ctx);
    if (!conn)
        return ctx->failure.code;
    struct souk_payment *view = arena_new(ctx->arena, struct souk_payment);
    int code = payment_find(conn, ctx->arena, provider, reference, &row);
    if (code == SOUK_OK)
        code = payment_view(conn, ctx->arena, &row, view);
    if (code == SOUK_OK)
        *payment = view;
    else if (code != SOUK_NOT_FOUND)
        bridge_refuse(ctx, code, "souk_payment_find: %s", db_error(conn));
    return code;
}

const struct souk_payment_api payment_table = {
    .size = sizeof(struct souk_payment_api),
    .report = report,
    .find = find,
};
