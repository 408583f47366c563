/*
 * probe_sms: a channel that is no mail: text messages through a gateway over HTTP, with reports of
 * the gateway by webhook. It writes to the telephone of each order, which the shop's own messages
 * do not.
 */
#include <souk.h>

static const char placed_txt[] =
    "{% t \"{shop}: order {number} is here.\", shop: shop.name, number: number %}\n";

static int send(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result)
{
    struct souk_value *body = souk_map(ctx), *answer;
    const struct souk_http_response *response;
    struct souk_http_header headers[] = {{SOUK_STR("Content-Type"), SOUK_STR("application/json")},
                                         {SOUK_STR("Idempotency-Key"), message->key}};
    souk_set_str(ctx, body, "to", message->recipient);
    souk_set_str(ctx, body, "subject", message->subject);
    souk_set_str(ctx, body, "text", message->text);
    souk_set_str(ctx, body, "html", message->html);
    struct souk_http_request request = {.size = sizeof request,
                                        .method = "POST",
                                        .url = souk_option_text(ctx, "url"),
                                        .body = souk_json_print(ctx, body),
                                        .headers = headers,
                                        .header_count = 2};
    int code = souk_http(ctx, &request, &response);
    if (code)
        return code;
    result->wait = (int32_t)souk_number(souk_http_header(response, "retry-after"), 0);
    if (response->status == 429)
        return souk_fail(ctx, SOUK_BUSY, "the gateway wants %.*s s of rest",
                         SOUK_PRI(souk_http_header(response, "retry-after")));
    if (response->status >= 500)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the gateway says %d", response->status);
    result->suppress = response->status == 404;
    if (response->status >= 400)
        return souk_fail(ctx, SOUK_INVALID, "nobody has this number");
    if (souk_json_parse(ctx, response->body, &answer) == SOUK_OK)
        result->reference = souk_text(souk_get(answer, "id"));
    return SOUK_OK;
}

static int placed(struct souk_ctx *ctx, const struct souk_event *event)
{
    const struct souk_value *order;
    int64_t id = souk_int(souk_get(event->payload, "order"), 0);
    int code = souk_order_get(ctx, id, &order);
    struct souk_str phone = code ? souk_str("") : souk_text(souk_get(order, "phone"));
    if (code || phone.len == 0)
        return code;
    struct souk_value *view = souk_map(ctx);
    souk_set_str(ctx, view, "number", souk_text(souk_get(order, "number")));
    struct souk_letter letter = {.size = sizeof letter,
                                 .channel = SOUK_STR("sms"),
                                 .name = "placed",
                                 .recipient = phone,
                                 .locale = souk_text(souk_get(order, "locale")),
                                 .key = souk_printf(ctx, "placed:%lld", (long long)id),
                                 .view = view};
    code = souk_letter_send(ctx, &letter, NULL);
    return code == SOUK_DENIED ? SOUK_OK : code; /* written to no more */
}

static int report(struct souk_ctx *ctx) /* WRITE */
{
    const struct souk_value *news;
    int code = souk_body_json(ctx, &news);
    code = code ? code : souk_kv_put(ctx, "report", souk_text(souk_get(news, "state")));
    return code ? code : souk_answer_text(ctx, 200, souk_str("thanks\n"));
}

/* clang-format off */
static const struct souk_notify_provider provider = {.size = sizeof provider, .channel = "sms", .label = "SMS", .send = send};
static const struct souk_provider providers[] = {{"notify", "sms", &provider}};
static const struct souk_option options[] = {{"url", SOUK_URL, SOUK_REQUIRED, NULL, "Where the gateway is"}};
static const struct souk_listener events[] = {{"order.placed", SOUK_FACT, 0, placed}};
static const struct souk_route routes[] = {{"POST", "/reports", SOUK_WRITE, SOUK_WEBHOOK, report, "Reports of the gateway"}};
static const struct souk_file files[] = {{"templates/mail/placed.txt", placed_txt, placed_txt + sizeof placed_txt - 1}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "probe_sms", .version = "1.0.0", .summary = "Text messages, for tests",
    .contact = "plugins@example.org", .license = "MIT", .options = SOUK_TABLE(options), .providers = SOUK_TABLE(providers),
    .events = SOUK_TABLE(events), .routes = SOUK_TABLE(routes), .files = SOUK_TABLE(files)};
