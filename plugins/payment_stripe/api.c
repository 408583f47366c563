/*
 * api.c: one request to Stripe, and what its answer means.
 *
 * The version of the API is pinned, so an account's own setting changes nothing. Requests that
 * change something carry the core's key: Stripe gives the first answer again when it comes twice.
 * An answer is yes (2xx), no (4xx), or not known (409, 429, 5xx, none): the last is asked for again
 * by the core, with the same key. Stripe keeps a 5xx under its key as well, and says so; whoever
 * called looks up then what really happened.
 *
 * Stripe's own sentences go to the log, without words that might quote a key or an address.
 */
#include "stripe.h"

#define WAIT_MOST 3600

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
                     SOUK_PRI(souk_text(souk_get(error, "param"))), SOUK_PRI(reply->words),
                     SOUK_PRI(reply->request));
}

struct souk_str api_decline(struct souk_ctx *ctx, struct souk_str locale,
                            const struct souk_value *error)
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
                return souk_t_in(ctx, locale, reasons[i].words, NULL, 1);
    return souk_t_in(ctx, locale,
                     "Your card was declined; please take another one or another way to pay.", NULL,
                     1);
}

/* ---- the request ---- */

static void read_headers(struct souk_ctx *ctx, const struct souk_http_response *response,
                         struct reply *reply)
{
    struct souk_str request = souk_http_header(response, "Request-Id");
    reply->replayed = souk_str_is(souk_http_header(response, "Idempotent-Replayed"), "true");
    if (request.len)
        reply->request = souk_copy(ctx, request);
}

/* The last word that was said, with Stripe's name of the request. */
static int not_known(struct souk_ctx *ctx, int code, const struct reply *reply)
{
    struct souk_str why = souk_copy(ctx, souk_failure(ctx));
    return souk_fail(ctx, code, "%.*s (request %.*s)", SOUK_PRI(why), SOUK_PRI(reply->request));
}

static int read_answer(struct souk_ctx *ctx, const struct souk_http_answer *answer, int code,
                       struct reply *reply)
{
    if (code == SOUK_OK && souk_kind(answer->json) == SOUK_VALUE_MAP) {
        reply->body = answer->json;
        return SOUK_OK;
    }
    reply->error = souk_get(answer->json, "error");
    if (answer->status == 409 || answer->status == 429 || answer->status >= 500 ||
        answer->status < 400) { /* also without a key */
        reply->error = NULL;
        return not_known(ctx, code == SOUK_BUSY ? code : SOUK_UNAVAILABLE, reply);
    }
    if (souk_kind(reply->error) != SOUK_VALUE_MAP) {
        reply->error = NULL;
        return souk_fail(ctx, SOUK_UNAVAILABLE, "something that is not Stripe answers %d",
                         answer->status);
    }
    return SOUK_OK;
}

int api_call(struct souk_ctx *ctx, struct souk_str path, const struct form *form,
             struct souk_str key, struct reply *reply)
{
    static const struct souk_http_header version[] = {
        {SOUK_STR("Stripe-Version"), SOUK_STR(STRIPE_VERSION)}};
    struct souk_http_ask ask = {
        .peer = "Stripe",
        .url = souk_option_text(ctx, "base_url"),
        .path = path,
        .bearer = souk_option_text(ctx, "secret_key"),
        .headers = version,
        .header_count = 1,
    };
    struct souk_http_answer answer;
    if (form) {
        ask.body = (struct souk_str){form->text, form->len};
        ask.type = "application/x-www-form-urlencoded";
        ask.method = "POST";
        ask.key = key;
    }
    int code = souk_http_json(ctx, &ask, &answer);
    *reply = (struct reply){.request = souk_str("-"), .words = answer.words};
    if (!answer.response)
        return code; /* what stands in the way says it */
    reply->status = answer.status;
    reply->wait = (answer.wait < WAIT_MOST ? answer.wait : WAIT_MOST) * STRIPE_SECOND;
    read_headers(ctx, answer.response, reply);
    return read_answer(ctx, &answer, code, reply);
}
