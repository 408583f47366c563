/*
 * wrong_delivery: a delivery provider that keeps every rule, or breaks the one that its option
 * `wrong` names: what the conformance suite is tried with. Its carrier is in
 * wrong_delivery.conform.lua.
 */
#include <souk.h>

#include <stdio.h>

#define HEAVIEST INT64_C(20000) /* grams */
#define PLACES   4

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

/* ---- choosing ---- */

static void add_option(struct souk_ctx *ctx, struct souk_value *list, struct souk_str code,
                       int64_t amount)
{
    struct souk_value *option = souk_set_map(ctx, list, NULL);
    souk_set_str(ctx, option, "code", code);
    souk_set_cstr(ctx, option, "label", "By van");
    souk_set_int(ctx, option, "amount", amount);
    struct souk_value *field = souk_set_map(ctx, souk_set_list(ctx, option, "fields"), NULL);
    souk_set_cstr(ctx, field, "key", "slot");
    souk_set_cstr(ctx, field, "label", "When");
    souk_set_cstr(ctx, field, "type", "slot");
    struct souk_value *choices = souk_set_list(ctx, field, "choices");
    for (int i = 0; i < 2; i++) {
        struct souk_value *choice = souk_set_map(ctx, choices, NULL);
        souk_set_cstr(ctx, choice, "value", i ? "evening" : "morning");
        souk_set_cstr(ctx, choice, "label", i ? "In the evening" : "In the morning");
        souk_set_int(ctx, choice, "amount", i ? 150 : 0);
    }
}

static int options_for(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                       struct souk_value *list)
{
    if (terms->country.len == 0)
        return wrong(ctx, "no-place") ? souk_fail(ctx, SOUK_INVALID, "say where to") : SOUK_OK;
    if (terms->weight_g > HEAVIEST && !wrong(ctx, "too-heavy"))
        return SOUK_OK;
    if (!souk_str_is(terms->currency, "EUR") && !wrong(ctx, "option-amounts"))
        return SOUK_OK;
    add_option(ctx, list,
               wrong(ctx, "option-codes") ? souk_str("Van Standard!") : souk_str("standard"), 399);
    return SOUK_OK;
}

static int check(struct souk_ctx *ctx, const struct souk_delivery_terms *terms,
                 const struct souk_value *choice, struct souk_delivery_quote *quote)
{
    struct souk_str code = souk_text(souk_get(choice, "code")),
                    slot = souk_text(souk_get(choice, "slot"));
    int evening = souk_str_is(slot, "evening");
    if (!souk_str_is(code, "standard") && !wrong(ctx, "option-codes"))
        return souk_fail(ctx, wrong(ctx, "check-unknown") ? SOUK_NOT_FOUND : SOUK_INVALID,
                         "code: there is no such way to deliver");
    if (!evening && !souk_str_is(slot, "morning"))
        return souk_fail(ctx, SOUK_INVALID, "slot: choose one of the times");
    quote->amount = 399 + (evening ? 150 : 0) + (wrong(ctx, "check-agrees") ? 1 : 0);
    quote->label = souk_t(ctx, "By van");
    quote->data = souk_map(ctx);
    souk_set_str(ctx, quote->data, "code", code);
    souk_set_str(ctx, quote->data, "slot", slot);
    return SOUK_OK;
}

/* ---- places ---- */

static int undone; /* what no plugin may do: a write that is not in the database */

static int book(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    int64_t changed = 0;
    struct souk_str slot = souk_text(souk_get(choice, "slot"));
    if (wrong(ctx, "book-undone") && __atomic_add_fetch(&undone, 1, __ATOMIC_SEQ_CST) > PLACES)
        return souk_fail(ctx, SOUK_CONFLICT, "slot: this time is taken by now");
    int code = souk_exec(ctx, &changed,
                         "INSERT INTO p_wrong_delivery_place (slot, booking) SELECT $1, $2 WHERE "
                         "(SELECT count(*) FROM p_wrong_delivery_place WHERE slot = $1) < $3",
                         SOUK_A_STR(slot), SOUK_A_STR(order),
                         SOUK_A_INT(wrong(ctx, "book-capacity") ? PLACES + 1 : PLACES));
    if (code != SOUK_OK)
        return code;
    return changed ? SOUK_OK : souk_fail(ctx, SOUK_CONFLICT, "slot: this time is taken by now");
}

static int give_back(struct souk_ctx *ctx, struct souk_str order, const struct souk_value *choice)
{
    if (wrong(ctx, "book-undone"))
        __atomic_sub_fetch(&undone, 1, __ATOMIC_SEQ_CST);
    return souk_exec(ctx, NULL,
                     "DELETE FROM p_wrong_delivery_place WHERE slot = $1 AND booking = $2",
                     SOUK_A_STR(souk_text(souk_get(choice, "slot"))), SOUK_A_STR(order));
}

/* ---- parcels ---- */

static int send(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                struct souk_shipment_result *result)
{
    struct souk_value *body = souk_map(ctx), *answer = NULL;
    const struct souk_http_response *response = NULL;
    struct souk_http_request request = {
        .size = sizeof(request), .method = "POST", .url = souk_str("https://van.example/parcels")};
    souk_set_str(ctx, body, "key",
                 wrong(ctx, "send-once") ? souk_printf(ctx, "%lld", (long long)souk_new_id(ctx))
                                         : shipment->key);
    souk_set_str(ctx, body, "name", shipment->name);
    request.body = souk_json_print(ctx, body);
    int code = souk_http(ctx, &request, &response);
    if (code == SOUK_OK && response->status >= 500)
        code = souk_fail(ctx, SOUK_UNAVAILABLE, "the carrier says %d", response->status);
    if (code != SOUK_OK)
        return wrong(ctx, "unknown-not-failed") ? souk_fail(ctx, SOUK_INVALID, "refused") : code;
    code = souk_json_parse(ctx, response->body, &answer);
    result->tracking = souk_text(souk_get(answer, "tracking"));
    result->state = souk_str(wrong(ctx, "state-known") ? "bananas" : "registered");
    return code;
}

static int parcel_label(struct souk_ctx *ctx, const struct souk_shipment *shipment,
                        struct souk_value *label)
{
    souk_set_str(ctx, label, "code",
                 wrong(ctx, "label-code") ? shipment->order_number : shipment->tracking);
    souk_set_cstr(ctx, label, "code_type", "code128");
    return SOUK_OK;
}

static int hear(struct souk_ctx *ctx)
{
    const struct souk_value *event = NULL;
    int32_t fresh = 0;
    if (souk_json_parse(ctx, souk_body(ctx), (struct souk_value **)(uintptr_t)&event) != SOUK_OK)
        return souk_fail(ctx, SOUK_INVALID, "the body is no JSON");
    struct souk_delivery_report report = {.size = sizeof(report),
                                          .provider = souk_str("wrong"),
                                          .tracking = souk_text(souk_get(event, "tracking")),
                                          .event = souk_text(souk_get(event, "event")),
                                          .state = souk_text(souk_get(event, "state")),
                                          .at = souk_int(souk_get(event, "at"), 0)};
    if (wrong(ctx, "track-converges"))
        report.at = souk_new_id(ctx); /* when it was heard, not when it happened */
    int code = souk_delivery_report(ctx, &report, &fresh);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    return souk_answer_text(ctx, 200, souk_str("ok"));
}

/* clang-format off */
static const struct souk_delivery_provider provider = {
    .size = sizeof(struct souk_delivery_provider), .label = "Van",
    .options = options_for, .check = check, .book = book, .free = give_back, .send = send, .parcel_label = parcel_label,
};
static const struct souk_option options[] = {{"wrong", SOUK_STRING, 0, "", "The rule to break"}};
static const struct souk_route routes[] = {{"POST", "/event", SOUK_TASK, SOUK_WEBHOOK, hear, "Events"}};
static const struct souk_provider providers[] = {{"delivery", "wrong", &provider}};
static const struct souk_migration migrations[] = {
    {1, 0, "place", "CREATE TABLE p_wrong_delivery_place (slot TEXT NOT NULL, booking TEXT NOT NULL, PRIMARY KEY (slot, booking))"},
};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_delivery", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .routes = SOUK_TABLE(routes), .migrations = SOUK_TABLE(migrations),
    .providers = SOUK_TABLE(providers)};
