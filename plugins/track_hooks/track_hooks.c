/*
 * track_hooks: conversion postbacks: an HTTP request to a partner for each order that its link led
 * to, and for each change of it. Which parameters hold a click's id, and what the request looks
 * like, is said in options; one plugin speaks to one partner.
 *
 * The shop's core decides when something is told and tells it again until it has arrived
 * (souk/track.h); here an answer becomes yes, no or not known. 2xx is yes, when it also contains
 * the text that the partner says yes with; 408, 425, 429, 5xx and silence are not known; all else
 * is no, for staff to see.
 *
 * It does not do: the languages of networks (one template a partner does), reading back what a
 * partner decided, and payouts.
 */
#include <souk.h>

#include "hooks.h"

SOUK_EMBED(bg, "locale/bg.mo");

#define HEADERS_MOST 12
#define BODY_MOST    (256 << 10)
#define STATES       3

static struct settings {
    struct souk_str url[STATES]; /* by state - 1 */
    struct souk_str word[STATES];
    int told[STATES];
    const char *method;
    struct souk_str body, content_type, success, token;
    enum form form; /* of the body */
    struct souk_str names[HEADERS_MOST], headers[HEADERS_MOST];
    uint32_t header_count;
} settings;

/* ---- options ---- */

static const char *const countings[] = {"net", "at_once", NULL};
static const char *const methods[] = {"GET", "POST", NULL};

static const struct souk_option options[] = {
    {"params", SOUK_LIST, 0, "click_id",
     "Parameters of landing addresses that hold the partner's id of a click, at most 8"},
    {"window", SOUK_DURATION, 0, "30d", "How long a click counts", INT64_C(3600000000),
     INT64_C(34560000000000)},
    {"count", SOUK_LIST, 0, NULL,
     "How it counts: net: amounts without tax and delivery; at_once: approved with the money, not "
     "after the time for returns",
     .choices = countings},
    {"url", SOUK_STRING, SOUK_REQUIRED, NULL,
     "The address that is called, with macros such as {click} and {amount}"},
    {"url_pending", SOUK_STRING, 0, NULL, "Another one for conversions that wait"},
    {"url_approved", SOUK_STRING, 0, NULL, "Another one for approved ones"},
    {"url_rejected", SOUK_STRING, 0, NULL, "Another one for rejected ones"},
    {"method", SOUK_CHOICE, 0, "GET", "How it is called", 0, 0, methods},
    {"body", SOUK_TEXT, 0, NULL, "What is sent with POST, with macros"},
    {"content_type", SOUK_STRING, 0, "application/x-www-form-urlencoded",
     "What the body is; JSON and XML are escaped as such, all else with percent signs"},
    {"headers", SOUK_MAP, 0, NULL, "Headers besides, with macros: name to value"},
    {"token", SOUK_SECRET, 0, NULL, "The partner's key or password, for {token}"},
    {"states", SOUK_MAP, 0, "pending=pending, approved=approved, rejected=rejected",
     "What the partner calls the states, for {state}; \"none\": that state is not told"},
    {"success", SOUK_STRING, 0, NULL,
     "Text that the partner's answer contains when it has taken it; empty: 2xx is enough"},
};

static const char *const state_names[STATES] = {"pending", "approved", "rejected"};

static int contains(struct souk_str text, struct souk_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
            return 1;
    return part.len == 0;
}

static int read_urls(struct souk_ctx *ctx, struct settings *into)
{
    static const char *const keys[STATES] = {"url_pending", "url_approved", "url_rejected"};
    struct souk_str url = souk_option_text(ctx, "url");
    int code = template_check_url(ctx, "url", url);
    for (int i = 0; code == SOUK_OK && i < STATES; i++) {
        into->url[i] = souk_option_text(ctx, keys[i]);
        if (into->url[i].len)
            code = template_check_url(ctx, keys[i], into->url[i]);
        else
            into->url[i] = url;
    }
    return code;
}

static int read_states(struct souk_ctx *ctx, struct settings *into)
{
    const struct souk_value *states = souk_option(ctx, "states");
    struct souk_walk walk = souk_walk(states);
    for (int i = 0; i < STATES; i++) {
        into->word[i] = souk_text(souk_get(states, state_names[i]));
        if (!into->word[i].len)
            into->word[i] = souk_str(state_names[i]);
        into->told[i] = !souk_str_is(into->word[i], "none");
    }
    while (souk_step(&walk)) {
        int known = 0;
        for (int i = 0; i < STATES; i++)
            known |= souk_str_is(walk.key, state_names[i]);
        if (!known)
            return souk_fail(ctx, SOUK_INVALID,
                             "states: \"%.*s\" is no state; there are pending, approved, rejected",
                             SOUK_PRI(walk.key));
    }
    return SOUK_OK;
}

static int is_header_name(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return 0;
    }
    return name.len > 0 && name.len < 64;
}

static int read_headers(struct souk_ctx *ctx, struct settings *into)
{
    struct souk_walk walk = souk_walk(souk_option(ctx, "headers"));
    while (souk_step(&walk)) {
        struct souk_str value = souk_text(walk.value);
        if (into->header_count == HEADERS_MOST)
            return souk_fail(ctx, SOUK_INVALID, "headers: at most %d", HEADERS_MOST);
        if (!is_header_name(walk.key))
            return souk_fail(ctx, SOUK_INVALID, "headers: \"%.*s\" is no name of a header",
                             SOUK_PRI(walk.key));
        struct souk_str where = souk_printf(ctx, "headers.%.*s", SOUK_PRI(walk.key));
        int code = template_check(ctx, where.ptr, value, FORM_SECRET);
        if (code != SOUK_OK)
            return code;
        into->names[into->header_count] = walk.key;
        into->headers[into->header_count++] = value;
    }
    return SOUK_OK;
}

static int read_body(struct souk_ctx *ctx, struct settings *into)
{
    into->method = souk_str_is(souk_option_text(ctx, "method"), "POST") ? "POST" : "GET";
    into->body = souk_option_text(ctx, "body");
    while (into->body.len && into->body.ptr[into->body.len - 1] == '\n')
        into->body.len--; /* of [[ … ]] in souk.lua */
    into->content_type = souk_option_text(ctx, "content_type");
    into->form = contains(into->content_type, souk_str("json"))  ? FORM_JSON
                 : contains(into->content_type, souk_str("xml")) ? FORM_XML
                                                                 : FORM_URL;
    for (size_t i = 0; i < into->content_type.len; i++)
        if ((unsigned char)into->content_type.ptr[i] < 0x20)
            return souk_fail(ctx, SOUK_INVALID, "content_type: one line, like application/json");
    if (into->body.len && into->method[0] == 'G')
        return souk_fail(ctx, SOUK_INVALID, "body: GET sends none; set method = \"POST\"");
    return template_check(ctx, "body", into->body, into->form == FORM_URL ? FORM_URL : FORM_JSON);
}

static int check_token(struct souk_ctx *ctx, const struct settings *read)
{
    for (size_t i = 0; i < read->token.len; i++)
        if ((unsigned char)read->token.ptr[i] < 0x20)
            return souk_fail(ctx, SOUK_INVALID, "token: a control sign stands in it");
    if (read->token.len)
        return SOUK_OK;
    struct souk_str macro = souk_str("{token}");
    int used = contains(read->body, macro);
    for (int i = 0; i < STATES; i++)
        used |= contains(read->url[i], macro);
    for (uint32_t i = 0; i < read->header_count; i++)
        used |= contains(read->headers[i], macro);
    return used ? souk_fail(ctx, SOUK_INVALID, "{token} is used and token is not given") : SOUK_OK;
}

static int check_params(struct souk_ctx *ctx)
{
    struct souk_walk walk = souk_walk(souk_option(ctx, "params"));
    int count = 0;
    while (souk_step(&walk)) {
        struct souk_str name = souk_text(walk.value);
        if (!is_header_name(name))
            return souk_fail(ctx, SOUK_INVALID,
                             "params: \"%.*s\" is no name of a parameter: letters, digits, - and _",
                             SOUK_PRI(name));
        count++;
    }
    return count && count <= 8 ? SOUK_OK : souk_fail(ctx, SOUK_INVALID, "params: 1 to 8 names");
}

static int init(struct souk_ctx *ctx)
{
    struct settings read = {.success = souk_option_text(ctx, "success"),
                            .token = souk_option_text(ctx, "token")};
    int code = check_params(ctx);
    if (code == SOUK_OK)
        code = read_urls(ctx, &read);
    if (code == SOUK_OK)
        code = read_states(ctx, &read);
    if (code == SOUK_OK)
        code = read_headers(ctx, &read);
    if (code == SOUK_OK)
        code = read_body(ctx, &read);
    if (code == SOUK_OK)
        code = check_token(ctx, &read);
    if (code == SOUK_OK)
        settings = read;
    return code;
}

/* ---- one conversion ---- */

/* A currency that nobody knows has no decimal form: it is told as it is kept. */
static struct souk_str decimal(struct souk_ctx *ctx, const struct souk_conversion *conversion)
{
    struct souk_str text = souk_decimal_text(ctx, conversion->amount, conversion->currency);
    return text.len ? text : souk_printf(ctx, "%lld", (long long)conversion->amount);
}

static void fill_values(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                        struct values *values)
{
    struct souk_str *at = values->at;
    at[MACRO_CLICK] = conversion->click;
    at[MACRO_PARAM] = conversion->param;
    at[MACRO_ORDER] = conversion->number;
    at[MACRO_AMOUNT] = decimal(ctx, conversion);
    at[MACRO_MINOR] = souk_printf(ctx, "%lld", (long long)conversion->amount);
    at[MACRO_CURRENCY] = conversion->currency;
    at[MACRO_STATE] = settings.word[conversion->state - 1];
    at[MACRO_COUPON] = conversion->coupon;
    at[MACRO_KEY] = conversion->key;
    at[MACRO_TIME] = souk_time_print(ctx, conversion->ordered_at);
    at[MACRO_UNIX] = souk_printf(ctx, "%lld", (long long)(conversion->ordered_at / 1000000));
    at[MACRO_REPEAT] = souk_str(conversion->repeat ? "1" : "0");
    at[MACRO_TOKEN] = settings.token;
}

/* The words for staff, with the status behind them; 0: none came. */
static int say(struct souk_ctx *ctx, struct souk_conversion_result *result, int code,
               const char *words, int status)
{
    result->message =
        status ? souk_printf(ctx, "%s (%d)", words, status) : souk_printf(ctx, "%s", words);
    return souk_fail(ctx, code, "%.*s", SOUK_PRI(result->message));
}

static int judge(struct souk_ctx *ctx, const struct souk_http_response *response,
                 struct souk_conversion_result *result)
{
    int status = response->status;
    if (status >= 500 || status == 408)
        return say(ctx, result, SOUK_UNAVAILABLE, "the partner is not well", status);
    if (status == 425 || status == 429)
        return say(ctx, result, SOUK_BUSY, "the partner asks to wait", status);
    if (status == 401 || status == 403)
        return say(ctx, result, SOUK_DENIED,
                   "the partner does not let us in: check token, headers and url", status);
    if (status < 200 || status >= 300)
        return say(ctx, result, SOUK_INVALID, "the partner refuses it", status);
    if (!contains(response->body, settings.success))
        return say(ctx, result, SOUK_INVALID,
                   "the partner's answer lacks the text of the option success", status);
    return SOUK_OK;
}

static int failed(struct souk_ctx *ctx, int code, struct souk_conversion_result *result)
{
    if (code == SOUK_TOO_LARGE) /* it has answered, and nobody reads all that */
        return say(ctx, result, SOUK_INVALID, "the partner's answer has no end", 0);
    result->message = souk_copy(ctx, souk_failure(ctx));
    return code;
}

static int send(struct souk_ctx *ctx, const struct souk_conversion *conversion,
                struct souk_conversion_result *result)
{
    const struct souk_http_response *response = NULL;
    struct values values;
    struct souk_http_header headers[HEADERS_MOST + 1];
    uint32_t count = 0;
    int state = conversion->state - 1;
    if (state < 0 || state >= STATES)
        return souk_fail(ctx, SOUK_INVALID, "state %d is none that is known", conversion->state);
    if (!settings.told[state])
        return SOUK_OK;
    fill_values(ctx, conversion, &values);
    for (; count < settings.header_count; count++)
        headers[count] = (struct souk_http_header){
            settings.names[count],
            template_fill(ctx, settings.headers[count], FORM_SECRET, &values)};
    struct souk_http_request request = {
        .size = sizeof request,
        .method = settings.method,
        .url = template_fill(ctx, settings.url[state], FORM_URL, &values),
        .body = souk_str(""),
        .headers = headers,
        .max_bytes = BODY_MOST};
    if (settings.method[0] == 'P') {
        headers[count++] =
            (struct souk_http_header){souk_str("Content-Type"), settings.content_type};
        request.body = template_fill(ctx, settings.body, settings.form, &values);
    }
    request.header_count = count;
    int code = souk_http(ctx, &request, &response);
    if (code == SOUK_OK)
        code = judge(ctx, response, result);
    else
        code = failed(ctx, code, result);
    souk_count(ctx, code == SOUK_OK ? "told" : "not_told", 1);
    return code;
}

/* ---- the plugin ---- */

static const struct souk_track_provider hooks = {.size = sizeof hooks,
                                                 .label = "Postback",
                                                 .params_option = "params",
                                                 .window_option = "window",
                                                 .send = send,
                                                 .flags_option = "count"};

static const struct souk_provider providers[] = {{"track", "hooks", &hooks}};
static const struct souk_file files[] = {SOUK_FILE("locale/bg.mo", bg)};

SOUK_PLUGIN = {
    SOUK_ABI,
    .name = "track_hooks",
    .version = "1.0.0",
    .summary = "Tells a partner over HTTP of the orders that its links led to",
    .license = "MIT",
    .options = SOUK_TABLE(options),
    .providers = SOUK_TABLE(providers),
    .files = SOUK_TABLE(files),
    .init = init,
};
