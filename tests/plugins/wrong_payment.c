/*
 * wrong_payment: a payment provider that keeps every rule, or breaks the one that its option
 * `wrong` names: what the conformance suite is tried with. Its peer is in
 * wrong_payment.conform.lua.
 */
#include <souk.h>

#include <stdio.h>
#include <stdlib.h>

#define AGE_MOST INT64_C(300000000) /* of an event: five minutes */

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

static _Atomic int was_late; /* what "slow" remembers where it should not: of a call that is over */

/* ---- asking the peer ---- */

static int ask(struct souk_ctx *ctx, const char *method, struct souk_str path,
               const struct souk_value *body, int32_t *status, struct souk_value **answer)
{
    struct souk_http_header headers[] = {
        {SOUK_STR("Authorization"),
         souk_printf(ctx, "Bearer %.*s", SOUK_PRI(souk_option_text(ctx, "key")))},
        {SOUK_STR("Content-Type"), SOUK_STR("application/json")}};
    struct souk_http_request request = {
        .size = sizeof(request),
        .method = method,
        .url = souk_printf(ctx, "https://pay.example%.*s", SOUK_PRI(path)),
        .body = body ? souk_json_print(ctx, body) : souk_str(""),
        .headers = headers,
        .header_count = 2};
    const struct souk_http_response *response = NULL;
    int code = souk_http(ctx, &request, &response);
    was_late = code == SOUK_TIMEOUT && wrong(ctx, "slow");
    if (wrong(ctx, "late") && code == SOUK_TIMEOUT)
        return souk_fail(ctx, SOUK_DENIED, "the peer does not want to");
    if (wrong(ctx, "crash")) /* nobody looks at the code */
        code = response->status > 0 ? SOUK_OK : code;
    if (code != SOUK_OK)
        return code;
    *status = response->status;
    if (*status >= 500)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the peer says %d; it is asked again", *status);
    code = souk_json_parse(ctx, response->body, answer);
    return code == SOUK_OK ? SOUK_OK
                           : souk_fail(ctx, SOUK_UNAVAILABLE, "the peer's answer cannot be read");
}

static struct souk_str key_of(struct souk_ctx *ctx, struct souk_str key)
{
    if (was_late) /* asks under another name, and so a second time */
        return souk_printf(ctx, "%.*s-again", SOUK_PRI(key));
    return wrong(ctx, "key-once") ? souk_printf(ctx, "%lld", (long long)souk_new_id(ctx)) : key;
}

static int state_of(struct souk_str state)
{
    return souk_str_is(state, "authorised")  ? SOUK_PAID_AUTHORISED
           : souk_str_is(state, "captured")  ? SOUK_PAID_CAPTURED
           : souk_str_is(state, "refunded")  ? SOUK_PAID_REFUNDED
           : souk_str_is(state, "cancelled") ? SOUK_PAID_CANCELLED
           : souk_str_is(state, "failed")    ? SOUK_PAID_FAILED
                                             : SOUK_PAID_PENDING;
}

/* One movement at the peer, and what it came to. */
static int move(struct souk_ctx *ctx, struct souk_str path, const struct souk_value *body,
                struct souk_payment_result *result)
{
    int32_t status = 0;
    struct souk_value *answer = NULL;
    int code = ask(ctx, "POST", path, body, &status, &answer);
    if (code != SOUK_OK && wrong(ctx, "unknown-not-failed")) {
        result->state = SOUK_PAID_FAILED;
        result->message = souk_str("The payment failed.");
        return SOUK_OK;
    }
    if (code != SOUK_OK)
        return code;
    if (status == 402) {
        if (wrong(ctx, "declined-final"))
            return souk_fail(ctx, SOUK_UNAVAILABLE, "refused; perhaps later");
        result->state = SOUK_PAID_FAILED;
        result->message = souk_str("Your bank has refused the payment.");
        return SOUK_OK;
    }
    result->state = state_of(souk_text(souk_get(answer, "state")));
    result->reference = souk_text(souk_get(answer, "id"));
    return SOUK_OK;
}

/* ---- the provider ---- */

static int takes(struct souk_ctx *ctx, struct souk_str currency)
{
    return souk_str_is(currency, "EUR") || souk_str_is(currency, "JPY") ||
           wrong(ctx, "currency-known");
}

static int offer(struct souk_ctx *ctx, const struct souk_payment_terms *terms,
                 struct souk_value *out)
{
    if (!takes(ctx, terms->currency))
        return SOUK_NOT_FOUND;
    souk_set_cstr(ctx, out, "label", "Card");
    souk_set_bool(ctx, out, "in_page", 1);
    return SOUK_OK;
}

/* What a script in the front end's page would want. */
static void hand_over(struct souk_ctx *ctx, struct souk_payment_result *result)
{
    result->client = souk_map(ctx);
    souk_set_str(ctx, result->client, "secret",
                 wrong(ctx, "in-page")
                     ? souk_printf(ctx, "%lld", (long long)souk_new_id(ctx))
                     : souk_printf(ctx, "%.*s_open", SOUK_PRI(result->reference)));
    souk_set_cstr(ctx, result->client, "key", "pk_of_all");
}

static struct souk_str kept; /* what no plugin may do: a view that outlives its call */

static int begin(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    struct souk_value *body = souk_map(ctx);
    int64_t amount = payment->amount;
    if (!takes(ctx, payment->currency))
        return souk_fail(ctx, SOUK_INVALID,
                         "cards are not taken in %.*s; choose another way to pay",
                         SOUK_PRI(payment->currency));
    if (amount == 0 && !wrong(ctx, "amount-zero")) {
        result->state = SOUK_PAID_CAPTURED;
        return SOUK_OK;
    }
    if (wrong(ctx, "amount-exact") && souk_str_is(payment->currency, "JPY"))
        amount *= 100;
    if (wrong(ctx, "no-secrets"))
        souk_log(ctx, SOUK_LOG_INFO, "asking with %.*s", SOUK_PRI(souk_option_text(ctx, "key")));
    if (wrong(ctx, "poison") && !kept.ptr)
        kept = payment->currency;
    souk_set_str(ctx, body, "key", key_of(ctx, payment->key));
    souk_set_int(ctx, body, "amount", amount);
    souk_set_str(ctx, body, "currency", kept.ptr ? kept : payment->currency);
    souk_set_str(ctx, body, "number", payment->number);
    souk_set_bool(ctx, body, "in_page", payment->in_page);
    int code = move(ctx, souk_str("/charges"), body, result);
    if (code == SOUK_OK && amount == 0)
        result->state = SOUK_PAID_CAPTURED;
    if (code == SOUK_OK && payment->in_page && result->state == SOUK_PAID_PENDING)
        hand_over(ctx, result);
    return code;
}

static int moved(struct souk_ctx *ctx, const struct souk_payment *payment,
                 const struct souk_payment_move *asked, const char *verb,
                 struct souk_payment_result *result)
{
    struct souk_value *body = souk_map(ctx);
    int64_t amount = asked->amount;
    if (wrong(ctx, "amount-exact") && souk_str_is(payment->currency, "JPY"))
        amount *= 100;
    souk_set_str(ctx, body, "key", key_of(ctx, asked->key));
    souk_set_int(ctx, body, "amount", amount);
    return move(ctx, souk_printf(ctx, "/charges/%.*s/%s", SOUK_PRI(payment->reference), verb), body,
                result);
}

static int capture(struct souk_ctx *ctx, const struct souk_payment *payment,
                   const struct souk_payment_move *asked, struct souk_payment_result *result)
{
    if (asked->amount > payment->authorised - payment->captured && !wrong(ctx, "capture-limit"))
        return souk_fail(ctx, SOUK_CONFLICT, "only %lld may be captured",
                         (long long)(payment->authorised - payment->captured));
    return moved(ctx, payment, asked, "capture", result);
}

static int cancel(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *asked, struct souk_payment_result *result)
{
    if (payment->captured > 0 && !wrong(ctx, "cancel-captured"))
        return souk_fail(ctx, SOUK_CONFLICT, "the money has come in; refund it instead");
    return moved(ctx, payment, asked, "cancel", result);
}

static int refund(struct souk_ctx *ctx, const struct souk_payment *payment,
                  const struct souk_payment_move *asked, struct souk_payment_result *result)
{
    if (asked->amount > payment->captured - payment->refunded && !wrong(ctx, "refund-limit"))
        return souk_fail(ctx, SOUK_CONFLICT, "only %lld may be refunded",
                         (long long)(payment->captured - payment->refunded));
    return moved(ctx, payment, asked, "refund", result);
}

static int fetch(struct souk_ctx *ctx, const struct souk_payment *payment,
                 struct souk_payment_result *result)
{
    int32_t status = 0;
    struct souk_value *answer = NULL;
    if (wrong(ctx, "fetch-agrees")) {
        result->state = SOUK_PAID_AUTHORISED;
        return SOUK_OK;
    }
    int code = ask(ctx, "GET", souk_printf(ctx, "/charges/%.*s", SOUK_PRI(payment->reference)),
                   NULL, &status, &answer);
    if (code != SOUK_OK)
        return code;
    if (status != 200)
        return souk_fail(ctx, SOUK_NOT_FOUND, "the peer does not know the payment");
    result->state = state_of(souk_text(souk_get(answer, "state")));
    return SOUK_OK;
}

/* ---- the webhook: X-Signature: <microseconds>.<hex of the HMAC of "microseconds.body"> ---- */

static int is_signed(struct souk_ctx *ctx, struct souk_str body)
{
    struct souk_str given = souk_header(ctx, "X-Signature"), at = {given.ptr, 0};
    uint8_t digest[32];
    char hex[65];
    while (at.len < given.len && given.ptr[at.len] != '.')
        at.len++;
    int64_t when = souk_number(at, 0), age = souk_now(ctx) - when;
    if (age > AGE_MOST || age < -AGE_MOST || at.len == given.len)
        return 0;
    if (souk_hmac_sha256(ctx, souk_option_text(ctx, "key"),
                         souk_printf(ctx, "%.*s.%.*s", SOUK_PRI(at), SOUK_PRI(body)), digest) != 0)
        return 0;
    for (size_t i = 0; i < 32; i++)
        snprintf(hex + i * 2, 3, "%02x", digest[i]);
    struct souk_str rest = {given.ptr + at.len + 1, given.len - at.len - 1};
    return souk_equal_secret(rest, souk_str(hex));
}

static int hear(struct souk_ctx *ctx)
{
    struct souk_value *event = NULL;
    struct souk_str body = souk_body(ctx);
    if (!wrong(ctx, "webhook-signed") && !is_signed(ctx, body))
        return souk_fail(ctx, SOUK_INVALID, "the signature is wrong or too old");
    if (souk_json_parse(ctx, body, &event) != SOUK_OK)
        return souk_fail(ctx, SOUK_INVALID, "the body is no JSON");
    struct souk_payment_report report = {.size = sizeof(report),
                                         .state = state_of(souk_text(souk_get(event, "kind"))),
                                         .provider = souk_str("wrong"),
                                         .event = souk_text(souk_get(event, "event")),
                                         .payment_reference =
                                             souk_text(souk_get(event, "reference")),
                                         .amount = souk_int(souk_get(event, "amount"), 0),
                                         .currency = souk_text(souk_get(event, "currency"))};
    int32_t fresh = 0;
    if (wrong(ctx, "webhook-once"))
        report.event = souk_printf(ctx, "%lld", (long long)souk_new_id(ctx));
    if (wrong(ctx, "webhook-amount")) {
        report.amount = 2599;
        report.currency = souk_str("EUR");
    }
    int code = souk_payment_report(ctx, &report, &fresh);
    return code ? code : souk_answer_text(ctx, 200, souk_str("ok"));
}

/* clang-format off */
static const struct souk_payment_provider provider = {
    .size = sizeof(struct souk_payment_provider),
    .flags = SOUK_PAYMENT_CAPTURE | SOUK_PAYMENT_PART_CAPTURE | SOUK_PAYMENT_PART_REFUND,
    .label = "Card", .offer = offer, .begin = begin, .capture = capture, .cancel = cancel, .refund = refund, .fetch = fetch,
};
static const struct souk_option options[] = {
    {"wrong", SOUK_STRING, 0, "", "The rule to break"},
    {"key", SOUK_SECRET, SOUK_REQUIRED, NULL, "The key of the account"},
};
static const struct souk_route routes[] = {{"POST", "/event", SOUK_TASK, SOUK_WEBHOOK, hear, "Events"}};
static const struct souk_provider providers[] = {{"payment", "wrong", &provider}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_payment", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .routes = SOUK_TABLE(routes), .providers = SOUK_TABLE(providers)};
