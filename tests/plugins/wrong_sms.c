/*
 * wrong_sms: sends text messages over HTTP and keeps every rule, or breaks the one that its option
 * `wrong` names: what the conformance suite is tried with. Its gateway is in
 * wrong_sms.conform.lua, and knows the sender by what a job has fetched.
 */
#include <souk.h>

static int wrong(struct souk_ctx *ctx, const char *rule)
{
    return souk_str_is(souk_option_text(ctx, "wrong"), rule);
}

static int has_break(struct souk_str text)
{
    return text.len && (memchr(text.ptr, '\n', text.len) || memchr(text.ptr, '\r', text.len));
}

static int send(struct souk_ctx *ctx, const struct souk_message *message,
                struct souk_message_result *result)
{
    struct souk_value *body = souk_map(ctx), *answer;
    const struct souk_http_response *response;
    struct souk_str sender;
    if (has_break(message->recipient))
        return souk_fail(ctx, SOUK_INVALID, "this is no number");
    int code = souk_kv_get(ctx, "sender", &sender);
    if (code == SOUK_NOT_FOUND)
        return souk_fail(ctx, SOUK_INVALID, "nobody has fetched the sender yet");
    if (code != SOUK_OK)
        return code;
    souk_set_str(ctx, body, "key", message->key);
    souk_set_str(ctx, body, "from", sender);
    souk_set_str(ctx, body, "to", message->recipient);
    souk_set_str(ctx, body, "text", message->text);
    struct souk_http_request request = {.size = sizeof request,
                                        .method = "POST",
                                        .url = SOUK_STR("https://sms.example/messages"),
                                        .body = souk_json_print(ctx, body)};
    code = souk_http(ctx, &request, &response);
    if (code)
        return code;
    if (response->status == 429 && !wrong(ctx, "wait-told"))
        result->wait = (int32_t)souk_number(souk_http_header(response, "Retry-After"), 0);
    if (response->status == 429)
        return souk_fail(ctx, SOUK_BUSY, "the gateway says to wait");
    if (response->status >= 500)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "the gateway says %d", response->status);
    if (response->status >= 400)
        return souk_fail(ctx, SOUK_INVALID, "the gateway says %d", response->status);
    code = souk_json_parse(ctx, response->body, &answer);
    result->reference = souk_text(souk_get(answer, "id"));
    return code;
}

static int keep_sender(struct souk_ctx *ctx, void *arg)
{
    return souk_kv_put(ctx, "sender", *(struct souk_str *)arg);
}

static int fetch_sender(struct souk_ctx *ctx, const struct souk_value *payload)
{
    struct souk_str sender = souk_str("Shop");
    (void)payload;
    return souk_db_write(ctx, keep_sender, &sender);
}

/* clang-format off */
static const struct souk_notify_provider provider = {.size = sizeof provider, .channel = "sms", .label = "SMS", .send = send};
static const struct souk_option options[] = {{"wrong", SOUK_STRING, 0, "", "The rule to break"}};
static const struct souk_job jobs[] = {{"fetch", NULL, fetch_sender, "Asks the gateway who sends"}};
static const struct souk_provider providers[] = {{"notify", "wrong", &provider}};

SOUK_PLUGIN = {
    SOUK_ABI, .name = "wrong_sms", .version = "1.0.0", .summary = "Breaks the rule that it is told to, for tests",
    .contact = "plugins@example.org", .license = "MIT",
    .options = SOUK_TABLE(options), .jobs = SOUK_TABLE(jobs), .providers = SOUK_TABLE(providers)};
