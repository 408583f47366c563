/*
 * probe_sell: the smallest providers that a shop can sell with: delivery "flat" (to an address
 * for 5.00, or fetched for nothing; "few" has as many places as its option says; "asked", which no
 * list has, asks the test's peer what it costs), payment "invoice"
 * (asks nobody) and "peer" (asks an HTTP peer of the test, which answers in JSON what the payment
 * has come to).
 */
#include <souk.h>

/* ---- delivery ---- */

static void add_option(struct souk_ctx *ctx, struct souk_value *options, const char *code,
                       const char *label, int64_t amount)
{
    struct souk_value *option = souk_set_map(ctx, options, NULL);
    souk_set_cstr(ctx, option, "code", code);
    souk_set_cstr(ctx, option, "label", label);
    souk_set_int(ctx, option, "amount", amount);
}

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *list)
{
    add_option(ctx, list, "standard", "To your door", 500);
    add_option(ctx, list, "fetch", "I come for it", 0);
    add_option(ctx, list, "few", "While there are places", 700);
    return SOUK_OK;
}

static int ask_price(struct souk_ctx *ctx, struct souk_delivery_quote *quote)
{
    const struct souk_http_response *response;
    struct souk_http_request request = {.size = sizeof request, .method = "POST"};
    request.url = souk_printf(ctx, "%.*s/quote", SOUK_PRI(souk_option_text(ctx, "peer")));
    request.body = souk_str("{\"key\": \"quote\"}");
    quote->amount = 900;
    quote->label = souk_str("As the carrier says");
    return souk_http(ctx, &request, &response);
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    struct souk_str code = souk_text(souk_get(choice, "code"));
    struct souk_value *data = souk_map(ctx);
    souk_set_str(ctx, data, "code", code);
    quote->data = data;
    quote->flags = SOUK_DELIVERY_TAKES_CASH;
    if (souk_str_is(code, "standard"))
        quote->amount = 500, quote->label = souk_str("To your door");
    else if (souk_str_is(code, "few"))
        quote->amount = 700, quote->label = souk_str("While there are places");
    else if (souk_str_is(code, "fetch"))
        quote->amount = 0, quote->label = souk_str("I come for it");
    else if (souk_str_is(code, "asked"))
        return ask_price(ctx, quote);
    else
        return souk_fail(ctx, SOUK_INVALID, "method: there is no such way");
    return SOUK_OK;
}

static int book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    int64_t changed = 0;
    if (!souk_str_is(souk_text(souk_get(choice, "code")), "few"))
        return SOUK_OK;
    int code =
        souk_exec(ctx, &changed,
                  "UPDATE p_probe_sell_place SET booked = booked + 1 WHERE id = 1 AND booked < $1",
                  SOUK_A_INT(souk_option_int(ctx, "places")));
    if (code == SOUK_OK && changed == 0)
        return souk_fail(ctx, SOUK_CONFLICT, "the last place has just gone");
    return code;
}

static int give_back(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    if (!souk_str_is(souk_text(souk_get(choice, "code")), "few"))
        return SOUK_OK;
    return souk_exec(ctx, NULL, "UPDATE p_probe_sell_place SET booked = booked - 1 WHERE id = 1");
}

static int send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                struct souk_shipment_result *result)
{
    result->tracking = souk_printf(ctx, "T-%.*s", SOUK_PRI(shipment->number));
    return SOUK_OK;
}

static const struct souk_delivery_provider flat = {
    .size = sizeof flat,
    .flags = SOUK_DELIVERY_LOCAL | SOUK_DELIVERY_TAKES_CASH,
    .label = "Flat",
    .options = options,
    .check = check,
    .book = book,
    .free = give_back,
    .send = send,
};

/* ---- payment that asks nobody ---- */

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *offered)
{
    if (souk_option_int(ctx, "fee") > 0)
        souk_set_int(ctx, offered, "fee", souk_option_int(ctx, "fee"));
    return SOUK_OK;
}

static int wait(struct souk_ctx *ctx, const struct souk_payment *payment,
                struct souk_payment_result *result)
{
    result->state = SOUK_PAID_PENDING;
    return SOUK_OK;
}

static int note(struct souk_ctx *ctx, const struct souk_payment *payment,
                const struct souk_payment_move *move, struct souk_payment_result *result)
{
    result->state = SOUK_PAID_REFUNDED;
    return SOUK_OK;
}

static int drop(struct souk_ctx *ctx, const struct souk_payment *payment,
                const struct souk_payment_move *move, struct souk_payment_result *result)
{
    result->state = SOUK_PAID_CANCELLED;
    return SOUK_OK;
}

static const struct souk_payment_provider invoice = {
    .size = sizeof invoice,
    .flags = SOUK_PAYMENT_LOCAL | SOUK_PAYMENT_PART_REFUND | SOUK_PAYMENT_MANUAL_REFUND,
    .label = "Invoice",
    .offer = offer,
    .begin = wait,
    .cancel = drop,
    .refund = note,
};

/* ---- payment through the peer: POST /begin, /capture, /cancel, /refund, GET /payment?key= ---- */

static int32_t state_of(struct souk_str state)
{
    static const struct {
        const char *name;
        int32_t state;
    } states[] = {{"pending", SOUK_PAID_PENDING},     {"authorised", SOUK_PAID_AUTHORISED},
                  {"captured", SOUK_PAID_CAPTURED},   {"failed", SOUK_PAID_FAILED},
                  {"cancelled", SOUK_PAID_CANCELLED}, {"refunded", SOUK_PAID_REFUNDED}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (souk_str_is(state, states[i].name))
            return states[i].state;
    return SOUK_PAID_PENDING;
}

static int ask(struct souk_ctx *ctx, const char *verb, struct souk_str key, int64_t amount,
               const struct souk_payment *payment, struct souk_payment_result *result)
{
    struct souk_value *body = souk_map(ctx), *answer = NULL;
    const struct souk_http_response *response;
    souk_set_str(ctx, body, "key", key);
    souk_set_int(ctx, body, "amount", amount);
    souk_set_str(ctx, body, "currency", payment->currency);
    souk_set_str(ctx, body, "number", payment->number);
    souk_set_str(ctx, body, "reference", payment->reference);
    struct souk_http_request request = {0};
    request.size = sizeof request;
    request.method = "POST";
    request.url = souk_printf(ctx, "%.*s/%s", SOUK_PRI(souk_option_text(ctx, "peer")), verb);
    request.body = souk_json_print(ctx, body);
    int code = souk_http(ctx, &request, &response);
    if (code != SOUK_OK)
        return souk_fail(ctx, code, "the peer does not answer");
    if (response->status >= 500)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the peer answers %d", response->status);
    code = souk_json_parse(ctx, response->body, &answer);
    if (code != SOUK_OK)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the peer answers nonsense");
    result->state = state_of(souk_text(souk_get(answer, "state")));
    result->reference = souk_text(souk_get(answer, "reference"));
    result->redirect = souk_text(souk_get(answer, "redirect"));
    result->message = souk_text(souk_get(answer, "message"));
    return SOUK_OK;
}

static int peer_begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                      struct souk_payment_result *result)
{
    return ask(ctx, "begin", payment->key, payment->amount, payment, result);
}
static int peer_capture(struct souk_ctx *ctx, const struct souk_payment *payment,
                        const struct souk_payment_move *move, struct souk_payment_result *result)
{
    return ask(ctx, "capture", move->key, move->amount, payment, result);
}
static int peer_cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                       const struct souk_payment_move *move, struct souk_payment_result *result)
{
    return ask(ctx, "cancel", move->key, move->amount, payment, result);
}
static int peer_refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                       const struct souk_payment_move *move, struct souk_payment_result *result)
{
    return ask(ctx, "refund", move->key, move->amount, payment, result);
}
static int peer_fetch(struct souk_ctx *ctx, const struct souk_payment *payment,
                      struct souk_payment_result *result)
{
    return ask(ctx, "fetch", payment->key, payment->amount, payment, result);
}

static const struct souk_payment_provider peer = {
    .size = sizeof peer,
    .flags = SOUK_PAYMENT_CAPTURE | SOUK_PAYMENT_PART_CAPTURE | SOUK_PAYMENT_PART_REFUND,
    .label = "Peer",
    .offer = offer,
    .begin = peer_begin,
    .capture = peer_capture,
    .cancel = peer_cancel,
    .refund = peer_refund,
    .fetch = peer_fetch,
};

/* ---- what comes in: JSON {"event", "state", "amount", "currency", "number" | "payment"} ---- */

static int hook(struct souk_ctx *ctx)
{
    const struct souk_value *body;
    int32_t fresh = 0;
    int code = souk_body_json(ctx, &body);
    if (code != SOUK_OK)
        return code;
    struct souk_payment_report report = {.size = sizeof report,
                                         .state = state_of(souk_text(souk_get(body, "state"))),
                                         .provider = souk_str("peer"),
                                         .event = souk_text(souk_get(body, "event")),
                                         .payment_reference = souk_text(souk_get(body, "payment")),
                                         .number = souk_text(souk_get(body, "number")),
                                         .reference = souk_text(souk_get(body, "reference")),
                                         .amount = souk_int(souk_get(body, "amount"), 0),
                                         .currency = souk_text(souk_get(body, "currency"))};
    code = souk_payment_report(ctx, &report, &fresh);
    struct souk_value *answer = souk_map(ctx);
    souk_set_int(ctx, answer, "fresh", fresh);
    return code ? code : souk_answer_json(ctx, 200, answer);
}

/* A shop whose plugin says no: order.placing with this e-mail address is refused. */
static int placing(struct souk_ctx *ctx, const struct souk_event *event)
{
    if (souk_str_is(souk_text(souk_get(event->payload, "email")), "refused@example.org"))
        return souk_fail(ctx, SOUK_DENIED, "we cannot deliver to you");
    return SOUK_OK;
}

static const struct souk_option option_table[] = {
    {.key = "peer",
     .type = SOUK_STRING,
     .initial = "",
     .summary = "Where the peer of the test listens."},
    {.key = "fee",
     .type = SOUK_INT,
     .initial = "0",
     .max = 1000000,
     .summary = "What paying costs."},
    {.key = "places",
     .type = SOUK_INT,
     .initial = "10",
     .max = 1000000,
     .summary = "Places of \"few\"."},
};
static const struct souk_route routes[] = {
    {.method = "POST",
     .path = "/event",
     .kind = SOUK_WRITE,
     .surface = SOUK_WEBHOOK,
     .handle = hook},
};
static const struct souk_listener events[] = {{"order.placing", SOUK_FILTER, 0, placing}};
static const struct souk_migration migrations[] = {
    {1, 0, "place",
     "CREATE TABLE p_probe_sell_place (id BIGINT PRIMARY KEY, booked BIGINT NOT NULL CHECK (booked >= 0))"},
    {2, 0, "first", "INSERT INTO p_probe_sell_place (id, booked) VALUES (1, 0)"},
};
static const struct souk_provider providers[] = {
    {"delivery", "flat", &flat}, {"payment", "invoice", &invoice}, {"payment", "peer", &peer}};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_sell",
    .version = "1.0.0",
    .summary = "The smallest providers that a shop can sell with",
    .contact = "tests@example.org",
    .options = SOUK_TABLE(option_table),
    .routes = SOUK_TABLE(routes),
    .events = SOUK_TABLE(events),
    .migrations = SOUK_TABLE(migrations),
    .providers = SOUK_TABLE(providers),
};
