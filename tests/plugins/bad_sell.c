/*
 * bad_sell: delivery "bad" and payments "bad" (asks nobody) and "badnet" (asks a peer) that die, or
 * ask a peer that never answers, in the function that the option "dies" or "hangs" names. All else
 * of them is in order.
 */
#include <souk.h>

#include <stdlib.h>

/* Dies or waits where it was told to; SOUK_OK: neither. */
static int at(struct souk_ctx *ctx, const char *place)
{
    if (souk_str_is(souk_option_text(ctx, "dies"), place))
        abort();
    if (!souk_str_is(souk_option_text(ctx, "hangs"), place))
        return SOUK_OK;
    const struct souk_http_response *response;
    struct souk_http_request request = {0};
    request.size = sizeof request;
    request.url = souk_option_text(ctx, "peer");
    int code = souk_http(ctx, &request, &response);
    return code ? souk_fail(ctx, code, "the peer does not answer") : SOUK_OK;
}

/* ---- delivery ---- */

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *list)
{
    struct souk_value *option = souk_set_map(ctx, list, NULL);
    souk_set_cstr(ctx, option, "code", "door");
    souk_set_cstr(ctx, option, "label", "Bad");
    souk_set_int(ctx, option, "amount", 100);
    return at(ctx, "options");
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    quote->amount = 100;
    quote->label = souk_str("Bad");
    quote->flags = SOUK_DELIVERY_TAKES_CASH;
    return at(ctx, "check");
}

static int book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    return at(ctx, "book");
}

static int give_back(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    return at(ctx, "free");
}

static int send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                struct souk_shipment_result *result)
{
    result->tracking = souk_printf(ctx, "B-%.*s", SOUK_PRI(shipment->number));
    return at(ctx, "send");
}

static const struct souk_delivery_provider bad_delivery = {
    .size = sizeof bad_delivery,
    .flags = SOUK_DELIVERY_TAKES_CASH,
    .label = "Bad",
    .options = options,
    .check = check,
    .book = book,
    .free = give_back,
    .send = send,
};

/* ---- payment ---- */

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *offered)
{
    return at(ctx, "offer");
}

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    result->state = SOUK_PAID_PENDING;
    return at(ctx, "begin");
}

static int refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *move, struct souk_payment_result *result)
{
    result->state = SOUK_PAID_REFUNDED;
    return at(ctx, "refund");
}

static int begin_net(struct souk_ctx *ctx, const struct souk_payment *payment,
                     struct souk_payment_result *result)
{
    result->state = SOUK_PAID_CAPTURED;
    result->reference = souk_printf(ctx, "bad-%lld", (long long)payment->id);
    return at(ctx, "begin_net");
}

static int show(struct souk_ctx *ctx, const struct souk_payment *payment, struct souk_value *view)
{
    return at(ctx, "show");
}

static const struct souk_payment_provider bad_payment = {
    .size = sizeof bad_payment,
    .flags = SOUK_PAYMENT_LOCAL | SOUK_PAYMENT_MANUAL_REFUND,
    .label = "Bad",
    .offer = offer,
    .begin = begin,
    .refund = refund,
    .show = show,
};

static const struct souk_payment_provider bad_net = {
    .size = sizeof bad_net,
    .flags = SOUK_PAYMENT_PART_REFUND,
    .label = "Bad over the network",
    .offer = offer,
    .begin = begin_net,
    .refund = refund,
    .fetch = begin_net,
};

static const struct souk_option option_table[] = {
    {.key = "dies", .type = SOUK_STRING, .initial = "", .summary = "The function that dies."},
    {.key = "hangs",
     .type = SOUK_STRING,
     .initial = "",
     .summary = "The function that asks the peer."},
    {.key = "peer", .type = SOUK_STRING, .initial = "", .summary = "Where nobody answers."},
};
static const struct souk_provider providers[] = {{"delivery", "bad", &bad_delivery},
                                                 {"payment", "bad", &bad_payment},
                                                 {"payment", "badnet", &bad_net}};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "bad_sell",
    .version = "1.0.0",
    .summary = "Providers that die in the middle of a checkout",
    .contact = "tests@example.org",
    .options = SOUK_TABLE(option_table),
    .providers = SOUK_TABLE(providers),
};
