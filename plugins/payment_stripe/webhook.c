/*
 * webhook.c: is this really Stripe, and just now? The header Stripe-Signature has a time and one or
 * more signatures: HMAC-SHA256 over time, dot and the raw body, keyed with the whole secret. While
 * a secret is being changed there are two of ours and two of theirs; any pair that fits will do.
 * Only scheme v1 counts. The time may be five minutes off in both directions: an old request that
 * somebody kept is refused, and one that was signed for later as well.
 *
 * What is not signed leaves no trace but a number in the metrics.
 */
#include "stripe.h"

#define TOLERANCE   300
#define HEADER_MOST 4096
#define DIGEST_HEX  64

struct signature {
    int64_t at;
    int times;
    struct souk_str stamp; /* the time as it was written: it is a part of what was signed */
    struct souk_str header;
};

/* The next "name=value" of the header; 0 at its end. */
static int next_part(struct souk_str *rest, struct souk_str *name, struct souk_str *value)
{
    if (rest->len == 0)
        return 0;
    const char *comma = memchr(rest->ptr, ',', rest->len);
    size_t len = comma ? (size_t)(comma - rest->ptr) : rest->len;
    struct souk_str part = {rest->ptr, len};
    rest->ptr += comma ? len + 1 : len;
    rest->len -= comma ? len + 1 : len;
    while (part.len && part.ptr[0] == ' ')
        part.ptr++, part.len--;
    const char *mark = part.len ? memchr(part.ptr, '=', part.len) : NULL;
    size_t at = mark ? (size_t)(mark - part.ptr) : part.len;
    *name = (struct souk_str){part.ptr, at};
    *value = mark ? (struct souk_str){part.ptr + at + 1, part.len - at - 1} : souk_str("");
    return 1;
}

static int read_signature(struct souk_str header, struct signature *signature)
{
    struct souk_str rest = header, name, value;
    *signature = (struct signature){.at = -1, .header = header};
    if (header.len > HEADER_MOST)
        return 0;
    while (next_part(&rest, &name, &value))
        if (souk_str_is(name, "t")) {
            signature->times++;
            signature->stamp = value;
            signature->at = souk_number(value, -1);
        }
    return signature->times == 1 && signature->at > 0 && signature->stamp.len <= 12;
}

static void to_hex(const uint8_t digest[32], char text[DIGEST_HEX])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
}

static int fits(struct souk_ctx *ctx, const struct signature *signature, struct souk_str secret,
                struct souk_str signed_text)
{
    struct souk_str rest = signature->header, name, value;
    uint8_t digest[32];
    char text[DIGEST_HEX];
    int found = 0;
    if (secret.len == 0 || souk_hmac_sha256(ctx, secret, signed_text, digest) != SOUK_OK)
        return 0;
    to_hex(digest, text);
    while (next_part(&rest, &name, &value))
        if (souk_str_is(name, "v1") && value.len == DIGEST_HEX)
            found |= souk_equal_secret(value, (struct souk_str){text, DIGEST_HEX});
    return found;
}

static int refuse(struct souk_ctx *ctx, const char *why)
{
    souk_count(ctx, "webhook_refused", 1);
    return souk_fail(ctx, SOUK_INVALID, "%s", why);
}

static int verify(struct souk_ctx *ctx, struct souk_str body)
{
    struct signature signature;
    if (!read_signature(souk_header(ctx, "Stripe-Signature"), &signature))
        return refuse(ctx, "Stripe-Signature is missing or cannot be read");
    int64_t now = souk_now(ctx) / STRIPE_SECOND;
    if (signature.at < now - TOLERANCE || signature.at > now + TOLERANCE)
        return refuse(ctx, "the event was not signed just now");
    struct souk_str text = souk_printf(ctx, "%.*s.%.*s", SOUK_PRI(signature.stamp), SOUK_PRI(body));
    if (text.len != signature.stamp.len + 1 + body.len) /* a NUL in it */
        return refuse(ctx, "the event is no text");
    int good = fits(ctx, &signature, souk_option_text(ctx, "webhook_secret"), text);
    good |= fits(ctx, &signature, souk_option_text(ctx, "webhook_secret_before"), text);
    return good ? SOUK_OK : refuse(ctx, "the signature does not fit");
}

int webhook_take(struct souk_ctx *ctx)
{
    struct souk_str body = souk_body(ctx);
    struct souk_value *event = NULL;
    int code = verify(ctx, body);
    if (code != SOUK_OK)
        return code;
    if (souk_json_parse(ctx, body, &event) != SOUK_OK || souk_kind(event) != SOUK_VALUE_MAP)
        return refuse(ctx, "the event is no JSON object");
    code = event_take(ctx, event);
    return code == SOUK_OK ? souk_answer_text(ctx, 200, souk_str("taken\n")) : code;
}
