/*
 * probe_ship: a delivery whose carrier says what the test has told it to say: "away", a state, or
 * nothing.
 */
#include <souk.h>

static int options(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                   struct souk_value *list)
{
    struct souk_value *option = souk_set_map(ctx, list, NULL);
    souk_set_cstr(ctx, option, "code", "van");
    souk_set_cstr(ctx, option, "label", "By van");
    souk_set_int(ctx, option, "amount", 400);
    return SOUK_OK;
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    quote->amount = 400;
    quote->label = souk_str("By van");
    quote->flags = SOUK_DELIVERY_TAKES_CASH;
    return SOUK_OK;
}

static int answer(struct souk_ctx *ctx, struct souk_shipment_result *result)
{
    struct souk_str word;
    if (souk_kv_get(ctx, "word", &word) != SOUK_OK)
        return SOUK_OK;
    if (souk_str_is(word, "away"))
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the van has a flat tyre");
    if (souk_str_is(word, "slip"))
        return souk_kv_put(ctx, "", word);
    result->state = word;
    return SOUK_OK;
}

static int send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                struct souk_shipment_result *result)
{
    result->tracking = souk_printf(ctx, "VAN-%.*s", SOUK_PRI(shipment->number));
    return answer(ctx, result);
}

static int track(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                 struct souk_shipment_result *result)
{
    return answer(ctx, result);
}

static int say(struct souk_ctx *ctx) /* WRITE */
{
    int code = souk_kv_put(ctx, "word", souk_form(ctx, "word"));
    return code ? code : souk_answer_text(ctx, 200, souk_str("so be it\n"));
}

/* clang-format off */
static const struct souk_delivery_provider provider = {
    .size = sizeof provider, .flags = SOUK_DELIVERY_TAKES_CASH, .label = "Van", .options = options, .check = check, .send = send, .track = track};
static const struct souk_provider providers[] = {{"delivery", "ship", &provider}};
static const struct souk_route routes[] = {{"POST", "/say", SOUK_WRITE, SOUK_PUBLIC, say, "What the carrier says from now on"}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "probe_ship", .version = "1.0.0", .summary = "A carrier that says what it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT", .providers = SOUK_TABLE(providers), .routes = SOUK_TABLE(routes)};
