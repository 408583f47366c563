/*
 * probe_ask.c: asks its peer in JSON, as the visitor says how, and tells what souk_http_json made
 * of the answer: for tests/stories/probe_ask.lua.
 */
#include <souk.h>

static int ask(struct souk_ctx *ctx)
{
    struct souk_value *out = souk_map(ctx), *body = souk_map(ctx);
    struct souk_http_header more[SOUK_HTTP_HEADERS + 1];
    struct souk_http_answer answer;
    struct souk_http_ask question = {
        .peer = "Acme",
        .url = souk_option_text(ctx, "url"),
        .path = souk_printf(ctx, "/%.*s", SOUK_PRI(souk_query_param(ctx, "path"))),
        .key = souk_query_param(ctx, "key"),
        .headers = more,
        .header_count = (uint32_t)souk_number(souk_query_param(ctx, "headers"), 1),
        .timeout_ms = 1000,
        .max_bytes = 100000,
    };
    for (uint32_t i = 0; i < SOUK_HTTP_HEADERS + 1; i++)
        more[i] = (struct souk_http_header){souk_printf(ctx, "X-More-%u", (unsigned)i),
                                            SOUK_STR("tea-and-water")};
    if (souk_str_is(souk_query_param(ctx, "auth"), "basic")) {
        question.user = souk_str("shop");
        question.password = souk_option_text(ctx, "key");
    } else {
        question.bearer = souk_option_text(ctx, "key");
    }
    souk_set_cstr(ctx, body, "tea", "Минт");
    if (souk_str_is(souk_query_param(ctx, "send"), "json"))
        question.json = body;
    if (souk_str_is(souk_query_param(ctx, "send"), "form")) {
        question.body = souk_str("tea=mint");
        question.type = "application/x-www-form-urlencoded";
    }
    if (souk_query_param(ctx, "url").len)
        question.url = souk_query_param(ctx, "url");
    if (souk_query_param(ctx, "method").len)
        question.method = souk_query_param(ctx, "method").ptr;
    souk_set_int(ctx, out, "code", souk_http_json(ctx, &question, &answer));
    souk_set_int(ctx, out, "status", answer.status);
    souk_set_int(ctx, out, "wait", answer.wait);
    souk_set_str(ctx, out, "words", answer.words);
    souk_set_str(ctx, out, "said", souk_text(souk_get(answer.json, "said")));
    souk_set_bool(ctx, out, "json", answer.json != NULL);
    souk_set_bool(ctx, out, "came", answer.response != NULL);
    souk_set_str(ctx, out, "failure", souk_failure(ctx));
    return souk_answer_json(ctx, 200, out);
}

static const struct souk_option options[] = {
    {"url", SOUK_URL, SOUK_REQUIRED, NULL, "Where Acme is"},
    {"key", SOUK_SECRET, SOUK_REQUIRED, NULL, "The key there"},
};
static const struct souk_route routes[] = {
    {"GET", "/ask", SOUK_TASK, SOUK_PUBLIC, ask, "asks Acme"},
};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "probe_ask",
    .version = "1.0.0",
    .summary = "Asks a peer in JSON",
    .options = SOUK_TABLE(options),
    .routes = SOUK_TABLE(routes),
};
