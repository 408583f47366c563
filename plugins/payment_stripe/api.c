/*
 * api.c: one request to Stripe, and what its answer means.
 *
 * The version of the API is pinned, so an account's own setting changes nothing. Requests that
 * change something carry the core's key: Stripe gives the first answer again when it comes twice.
 * An answer is yes (2xx), no (4xx), or not known (409, 429, 5xx, none): the last is asked for again
 * by the core, with the same key. Stripe keeps a 5xx under its key as well, and says so; whoever
 * called looks up then what really happened.
 *
 * Stripe's own sentences go to the log, without the ones that might quote a key or an address.
 */
#include "stripe.h"

#define MESSAGE_MOST 300
#define WAIT_MOST    3600

/* ---- forms ---- */

static void add_byte(struct form *form, char byte)
{
    if (form->len == form->room) {
        size_t room = form->room ? form->room * 2 : 1024;
        char *more = souk_alloc(form->ctx, room);
        if (form->len)
            memcpy(more, form->text, form->len);
        form->text = more;
        form->room = room;
    }
    form->text[form->len++] = byte;
}

static int is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

void form_add(struct form *form, const char *name, struct souk_str value)
{
    static const char hex[] = "0123456789ABCDEF";
    if (form->len)
        add_byte(form, '&');
    for (const char *c = name; *c; c++) /* constants of ours: letters and brackets */
        add_byte(form, *c);
    add_byte(form, '=');
    for (size_t i = 0; i < value.len; i++) {
        unsigned char byte = (unsigned char)value.ptr[i];
        if (is_plain(value.ptr[i])) {
            add_byte(form, value.ptr[i]);
            continue;
        }
        add_byte(form, '%');
        add_byte(form, hex[byte >> 4]);
        add_byte(form, hex[byte & 15]);
    }
}

void form_add_int(struct form *form, const char *name, int64_t value)
{
    form_add(form, name, souk_printf(form->ctx, "%lld", (long long)value));
}

/* ---- answers ---- */

int api_is_id(struct souk_str id)
{
    for (size_t i = 0; i < id.len; i++)
        if (!is_plain(id.ptr[i]) || id.ptr[i] == '.' || id.ptr[i] == '~' || id.ptr[i] == '-')
            return 0;
    return id.len > 0 && id.len < 100; /* two of them make a name that the core takes */
}

int api_error_is(const struct reply *reply, const char *member, const char *value)
{
    return reply->error && souk_str_is(souk_text(souk_get(reply->error, member)), value);
}

static int is_name(struct souk_str name, const char *lower)
{
    size_t len = strlen(lower);
    if (name.len != len)
        return 0;
    for (size_t i = 0; i < len; i++) {
        char c = name.ptr[i];
        if ((c >= 'A' && c <= 'Z' ? (char)(c + 32) : c) != lower[i])
            return 0;
    }
    return 1;
}

static void read_headers(struct souk_ctx *ctx, const struct souk_http_response *response,
                         struct reply *reply)
{
    for (uint32_t i = 0; i < response->header_count; i++) {
        const struct souk_http_header *header = &response->headers[i];
        if (is_name(header->name, "idempotent-replayed"))
            reply->replayed = souk_str_is(header->value, "true");
        else if (is_name(header->name, "request-id"))
            reply->request = souk_copy(ctx, header->value);
        else if (is_name(header->name, "retry-after")) {
            int64_t wait = souk_number(header->value, 0);
            reply->wait = (wait < 0 ? 0 : wait > WAIT_MOST ? WAIT_MOST : wait) * STRIPE_SECOND;
        }
    }
}

static int has(struct souk_str text, const char *part)
{
    size_t len = strlen(part);
    for (size_t at = 0; at + len <= text.len; at++)
        if (memcmp(text.ptr + at, part, len) == 0)
            return 1;
    return 0;
}

/* Stripe's sentence, unless it may quote what has no place in a log. */
static struct souk_str sentence(const struct souk_value *error)
{
    struct souk_str text = souk_text(souk_get(error, "message"));
    if (has(text, "sk_") || has(text, "rk_") || has(text, "whsec_") || has(text, "@") ||
        has(text, "_secret_"))
        return souk_str("(its sentence is not repeated here)");
    if (text.len > MESSAGE_MOST)
        for (text.len = MESSAGE_MOST; text.len && (text.ptr[text.len] & 0xC0) == 0x80;)
            text.len--;
    return text;
}

int api_refused(struct souk_ctx *ctx, const struct reply *reply, const char *what)
{
    const struct souk_value *error = reply->error;
    struct souk_str code = souk_text(souk_get(error, "code"));
    if (reply->status == 401 || reply->status == 403)
        return souk_fail(ctx, SOUK_ERROR,
                         "%s: Stripe refuses the secret key (%d); put the right one, with its "
                         "rights, into the options (request %.*s)",
                         what, reply->status, SOUK_PRI(reply->request));
    if (code.len == 0)
        code = souk_text(souk_get(error, "type"));
    return souk_fail(ctx, SOUK_ERROR, "%s: Stripe says no (%d %.*s %.*s): %.*s (request %.*s)",
                     what, reply->status, SOUK_PRI(code),
                     SOUK_PRI(souk_text(souk_get(error, "param"))), SOUK_PRI(sentence(error)),
                     SOUK_PRI(reply->request));
}

struct souk_str api_decline(struct souk_ctx *ctx, const struct souk_value *error)
{
    static const struct {
        const char *code, *words;
    } reasons[] = {
        {"insufficient_funds", "There is not enough money on this card."},
        {"expired_card", "This card has expired."},
        {"incorrect_cvc", "The security code of the card is wrong."},
        {"invalid_cvc", "The security code of the card is wrong."},
        {"incorrect_number", "The number of the card is wrong."},
        {"invalid_number", "The number of the card is wrong."},
        {"authentication_required",
         "Your bank wants to confirm this payment with you; please try again."},
        {"card_not_supported",
         "This card cannot be used for this payment; please take another one."},
        {"currency_not_supported",
         "This card cannot be used for this payment; please take another one."},
        {"processing_error", "The payment could not be processed; please try again in a moment."},
    };
    struct souk_str names[] = {souk_text(souk_get(error, "decline_code")),
                               souk_text(souk_get(error, "code"))};
    for (size_t n = 0; n < 2; n++)
        for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
            if (souk_str_is(names[n], reasons[i].code))
                return souk_t(ctx, reasons[i].words);
    return souk_t(ctx, "Your card was declined; please take another one or another way to pay.");
}

/* ---- the request ---- */

static int no_answer(struct souk_ctx *ctx, int code)
{
    struct souk_str why = souk_copy(ctx, souk_failure(ctx));
    if (code != SOUK_TIMEOUT && code != SOUK_BUSY && code != SOUK_DENIED)
        code = SOUK_UNAVAILABLE;
    /* a forbidden address is a matter of souk.lua, not of this customer */
    return souk_fail(ctx, code == SOUK_DENIED ? SOUK_ERROR : code, "no answer of Stripe: %.*s",
                     SOUK_PRI(why));
}

static int read_answer(struct souk_ctx *ctx, const struct souk_http_response *response,
                       struct reply *reply)
{
    struct souk_value *body = NULL;
    int status = response->status;
    reply->status = status;
    read_headers(ctx, response, reply);
    if (status == 409 || status == 429 || status >= 500 || status < 200)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "Stripe answers %d (request %.*s)", status,
                         SOUK_PRI(reply->request));
    if (souk_json_parse(ctx, response->body, &body) != SOUK_OK || souk_kind(body) != SOUK_VALUE_MAP)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "Stripe answers %d without JSON (request %.*s)",
                         status, SOUK_PRI(reply->request));
    if (status < 300) {
        reply->body = body;
        return SOUK_OK;
    }
    reply->error = souk_get(body, "error");
    if (status < 400 || souk_kind(reply->error) != SOUK_VALUE_MAP)
        return souk_fail(ctx, SOUK_UNAVAILABLE, "something that is not Stripe answers %d", status);
    return SOUK_OK;
}

int api_call(struct souk_ctx *ctx, struct souk_str path, const struct form *form,
             struct souk_str key, struct reply *reply)
{
    struct souk_http_header headers[4] = {
        {SOUK_STR("Authorization"),
         souk_printf(ctx, "Bearer %.*s", SOUK_PRI(souk_option_text(ctx, "secret_key")))},
        {SOUK_STR("Stripe-Version"), SOUK_STR(STRIPE_VERSION)},
    };
    struct souk_str base = souk_option_text(ctx, "base_url");
    const struct souk_http_response *response;
    struct souk_http_request request = {
        .size = sizeof request, .headers = headers, .header_count = 2};
    *reply = (struct reply){.request = souk_str("-")};
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    request.url = souk_printf(ctx, "%.*s%.*s", SOUK_PRI(base), SOUK_PRI(path));
    if (form) {
        request.method = "POST";
        request.body = (struct souk_str){form->text, form->len};
        headers[request.header_count++] = (struct souk_http_header){
            SOUK_STR("Content-Type"), SOUK_STR("application/x-www-form-urlencoded")};
        if (key.len)
            headers[request.header_count++] =
                (struct souk_http_header){SOUK_STR("Idempotency-Key"), key};
    }
    int code = souk_http(ctx, &request, &response);
    return code == SOUK_OK ? read_answer(ctx, response, reply) : no_answer(ctx, code);
}
