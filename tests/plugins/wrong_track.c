/*
 * wrong_track: tells a peer of conversions in JSON and keeps every rule, or breaks the one that its
 * option `wrong` names: what the conformance suite is tried with. "document" is no fault: it tells
 * the order's document as it came.
 */
#include <souk.h>

#include <stdio.h>

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

static const char *state_of(struct souk_ctx *ctx, int32_t state)
{
    if (wrong(ctx, "states-told"))
        return "pending";
    return state == SOUK_CONVERSION_APPROVED   ? "approved"
           : state == SOUK_CONVERSION_REJECTED ? "rejected"
                                               : "pending";
}

static struct souk_str body_of(struct souk_ctx *ctx, const struct souk_conversion *conversion)
{
    struct souk_value *body = souk_map(ctx);
    int64_t amount = conversion->amount;
    if (wrong(ctx, "document"))
        return souk_json_print(ctx, conversion->order);
    if (wrong(ctx, "amount-exact") && !souk_str_is(conversion->currency, "EUR"))
        amount = amount / 100 * 100; /* as if all had two digits */
    if (wrong(ctx, "key-once"))
        souk_set_int(ctx, body, "key", souk_new_id(ctx));
    else
        souk_set_str(ctx, body, "key", conversion->key);
    if (!wrong(ctx, "no-injection"))
        souk_set_str(ctx, body, "click", conversion->click);
    souk_set_str(ctx, body, "number", conversion->number);
    souk_set_str(ctx, body, "coupon", conversion->coupon);
    souk_set_cstr(ctx, body, "state", state_of(ctx, conversion->state));
    souk_set_int(ctx, body, "amount", amount);
    souk_set_str(ctx, body, "currency", conversion->currency);
    if (wrong(ctx, "no-person")) {
        const struct souk_value *order = NULL;
        if (souk_order_get(ctx, conversion->order_id, &order) == SOUK_OK)
            souk_set_copy(ctx, body, "buyer", souk_get(order, "email"));
    }
    return souk_json_print(ctx, body);
}

static int judge(struct souk_ctx *ctx, int32_t status, struct souk_conversion_result *result)
{
    if (status >= 200 && status < 300)
        return SOUK_OK;
    result->message = souk_printf(ctx, "the peer answers %d", status);
    if (status >= 500 && wrong(ctx, "unknown-not-told"))
        return SOUK_OK;
    if (status < 500 && !wrong(ctx, "refused-final"))
        return souk_fail(ctx, SOUK_INVALID, "the peer refuses it (%d)", status);
    return souk_fail(ctx, SOUK_UNAVAILABLE, "the peer is not well (%d)", status);
}

static int send(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                struct souk_conversion_result *result)
{
    const struct souk_http_response *response = NULL;
    struct souk_str token = souk_option_text(ctx, "token");
    struct souk_str url = souk_option_text(ctx, "url");
    struct souk_http_header headers[] = {{souk_str("Content-Type"), souk_str("application/json")},
                                         {souk_str("X-Token"), token}};
    if (wrong(ctx, "no-injection"))
        url = souk_printf(ctx, "%.*s?click=%.*s", SOUK_PRI(url), SOUK_PRI(conversion->click));
    if (wrong(ctx, "no-secrets"))
        souk_log(ctx, SOUK_LOG_INFO, "telling with %.*s", SOUK_PRI(token));
    struct souk_http_request request = {.size = sizeof request,
                                        .method = "POST",
                                        .url = url,
                                        .body = body_of(ctx, conversion),
                                        .headers = headers,
                                        .header_count = 2};
    int code = souk_http(ctx, &request, &response);
    if (code != SOUK_OK) {
        result->message = souk_copy(ctx, souk_failure(ctx));
        return code;
    }
    return judge(ctx, response->status, result);
}

/* clang-format off */
static const char *const params[] = {"wid", NULL};
static const struct souk_track_provider provider = {
    .size = sizeof(struct souk_track_provider), .label = "Wrong", .params = params, .send = send,
};
static const struct souk_option options[] = {
    {"wrong", SOUK_STRING, 0, "", "The rule to break"},
    {"url", SOUK_URL, 0, "https://partner.example/hit", "Where the peer is"},
    {"token", SOUK_SECRET, SOUK_REQUIRED, NULL, "The key at the peer"},
};
static const struct souk_provider providers[] = {{"track", "wrong", &provider}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_track", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .providers = SOUK_TABLE(providers)};
