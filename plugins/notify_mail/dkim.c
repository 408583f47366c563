/*
 * dkim.c: see dkim.h. RSA and SHA-256 are nettle's; signing is the timing-resistant kind, blinded
 * with random numbers of the core.
 *
 * "from" stands twice among the signed names: a second From that somebody adds on the way breaks
 * the signature.
 */
#include "dkim.h"

#include <nettle/asn1.h>
#include <nettle/base64.h>
#include <nettle/bignum.h>
#include <nettle/rsa.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BITS 8192

struct dkim_key {
    struct rsa_public_key public;
    struct rsa_private_key private;
};

static const char *const signed_names[] = {"from",
                                           "from",
                                           "to",
                                           "reply-to",
                                           "subject",
                                           "date",
                                           "message-id",
                                           "mime-version",
                                           "content-type",
                                           "content-language",
                                           "auto-submitted",
                                           "list-unsubscribe",
                                           "list-unsubscribe-post",
                                           NULL};

/* ---- the key ---- */

static int starts(const char *at, const char *end, const char *with)
{
    size_t len = strlen(with);
    return (size_t)(end - at) >= len && memcmp(at, with, len) == 0;
}

/* What stands between the lines of dashes, decoded; NULL when nothing does. */
static uint8_t *unwrap(struct souk_str pem, const char **kind, size_t *len)
{
    const char *at = pem.ptr, *end = pem.ptr + pem.len;
    struct base64_decode_ctx decode;
    *kind = NULL;
    while (at < end && !*kind) {
        if (starts(at, end, "-----BEGIN RSA PRIVATE KEY-----"))
            *kind = "pkcs1";
        else if (starts(at, end, "-----BEGIN PRIVATE KEY-----"))
            *kind = "pkcs8";
        at++;
    }
    if (!*kind || !(at = memchr(at, '\n', (size_t)(end - at))))
        return NULL;
    const char *stop = memchr(at, '-', (size_t)(end - at));
    if (!stop)
        return NULL;
    size_t in = (size_t)(stop - at);
    uint8_t *der = malloc(BASE64_DECODE_LENGTH(in) + 1);
    *len = BASE64_DECODE_LENGTH(in);
    base64_decode_init(&decode);
    if (der && base64_decode_update(&decode, len, der, in, at) && base64_decode_final(&decode))
        return der;
    free(der);
    return NULL;
}

/* PrivateKeyInfo: version, algorithm, and the PKCS#1 key as an octet string. */
static int inner_key(const uint8_t *der, size_t len, const uint8_t **key, size_t *key_len)
{
    struct asn1_der_iterator outer, inner;
    uint32_t version;
    if (asn1_der_iterator_first(&outer, len, der) != ASN1_ITERATOR_CONSTRUCTED ||
        outer.type != ASN1_SEQUENCE ||
        asn1_der_decode_constructed(&outer, &inner) != ASN1_ITERATOR_PRIMITIVE ||
        inner.type != ASN1_INTEGER || !asn1_der_get_uint32(&inner, &version) ||
        asn1_der_iterator_next(&inner) != ASN1_ITERATOR_CONSTRUCTED ||
        asn1_der_iterator_next(&inner) != ASN1_ITERATOR_PRIMITIVE || inner.type != ASN1_OCTETSTRING)
        return 0;
    *key = inner.data;
    *key_len = inner.length;
    return 1;
}

static int read_der(struct dkim_key *key, const char *kind, const uint8_t *der, size_t len)
{
    const uint8_t *inner = der;
    size_t inner_len = len;
    if (strcmp(kind, "pkcs8") == 0 && !inner_key(der, len, &inner, &inner_len))
        return 0;
    return rsa_keypair_from_der(&key->public, &key->private, KEY_BITS, inner_len, inner) &&
           rsa_public_key_prepare(&key->public) && rsa_private_key_prepare(&key->private);
}

struct dkim_key *dkim_key_read(struct souk_str pem, const char **problem)
{
    const char *kind = NULL;
    size_t len = 0;
    uint8_t *der = unwrap(pem, &kind, &len);
    *problem = "it is no PEM file with an RSA PRIVATE KEY or PRIVATE KEY";
    if (!der)
        return NULL;
    struct dkim_key *key = calloc(1, sizeof *key);
    rsa_public_key_init(&key->public);
    rsa_private_key_init(&key->private);
    int read = read_der(key, kind, der, len);
    memset(der, 0, len);
    free(der);
    *problem = "it is no RSA key";
    if (read && key->private.size >= 128) { /* 1,024 bits; receivers refuse less */
        *problem = NULL;
        return key;
    }
    if (read)
        *problem = "it has less than 1,024 bits; make one of 2,048";
    dkim_key_free(key);
    return NULL;
}

void dkim_key_free(struct dkim_key *key)
{
    if (!key)
        return;
    rsa_public_key_clear(&key->public);
    rsa_private_key_clear(&key->private);
    free(key);
}

/* ---- canonical forms ---- */

static int is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void dkim_relax_header(struct mime_buf *out, struct souk_str header)
{
    size_t i = 0;
    for (; i < header.len && header.ptr[i] != ':'; i++) {
        char c = header.ptr[i];
        if (!is_blank(c)) {
            c = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
            mime_add(out, &c, 1);
        }
    }
    mime_add_cstr(out, ":");
    int blank = 0, any = 0;
    for (i++; i < header.len; i++) {
        if (is_blank(header.ptr[i])) {
            blank = 1;
            continue;
        }
        if (blank && any)
            mime_add_cstr(out, " ");
        mime_add(out, header.ptr + i, 1);
        blank = 0;
        any = 1;
    }
}

void dkim_relax_body(struct mime_buf *out, struct souk_str body)
{
    size_t empty = 0, start = 0;
    while (start < body.len) {
        const char *found = memchr(body.ptr + start, '\n', body.len - start);
        size_t next = found ? (size_t)(found - body.ptr) + 1 : body.len, end = next;
        while (end > start && is_blank(body.ptr[end - 1]))
            end--;
        if (end == start) {
            empty++; /* counts only when something follows */
        } else {
            for (; empty; empty--)
                mime_add_cstr(out, "\r\n");
            for (size_t i = start; i < end; i++) {
                int blank = is_blank(body.ptr[i]);
                if (!blank)
                    mime_add(out, body.ptr + i, 1);
                else if (!is_blank(body.ptr[i + 1]))
                    mime_add_cstr(out, " ");
            }
            mime_add_cstr(out, "\r\n");
        }
        start = next;
    }
}

/* ---- signing ---- */

static int same_name(struct souk_str headers, size_t at, const char *name)
{
    size_t len = strlen(name);
    if (headers.len - at <= len || headers.ptr[at + len] != ':')
        return 0;
    for (size_t i = 0; i < len; i++) {
        char c = headers.ptr[at + i];
        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != name[i])
            return 0;
    }
    return 1;
}

/* The header of this name with its folded lines; empty when it is not there. */
static struct souk_str find_header(struct souk_str headers, const char *name)
{
    struct souk_str none = {"", 0};
    size_t at = 0;
    while (at < headers.len) {
        size_t end = at;
        do {
            const char *found = memchr(headers.ptr + end, '\n', headers.len - end);
            end = found ? (size_t)(found - headers.ptr) + 1 : headers.len;
        } while (end < headers.len && (headers.ptr[end] == ' ' || headers.ptr[end] == '\t'));
        if (same_name(headers, at, name)) {
            struct souk_str one = {headers.ptr + at, end - at};
            return one;
        }
        at = end;
    }
    return none;
}

static void sha256(struct souk_str text, uint8_t digest[SHA256_DIGEST_SIZE])
{
    struct sha256_ctx hash;
    sha256_init(&hash);
    sha256_update(&hash, text.len, (const uint8_t *)text.ptr);
    sha256_digest(&hash, SHA256_DIGEST_SIZE, digest);
}

static void add_random(void *user, size_t len, uint8_t *to)
{
    souk_random(user, to, len);
}

/* The signature over a digest, as base64 in lines that a header can have. */
static int add_signature(struct mime_buf *out, const struct dkim_key *key, const uint8_t *digest)
{
    mpz_t number;
    int done = 0;
    mpz_init(number);
    if (rsa_sha256_sign_digest_tr(&key->public, &key->private, out->ctx, add_random, digest,
                                  number)) {
        size_t size = key->private.size;
        uint8_t *bytes = souk_alloc(out->ctx, size);
        nettle_mpz_get_str_256(size, bytes, number);
        struct mime_buf text = {.ctx = out->ctx};
        mime_add_base64(&text, bytes, size, 0);
        for (size_t i = 0; i < text.len; i += 72) {
            mime_add_cstr(out, i ? "\r\n " : "");
            mime_add(out, text.ptr + i, text.len - i < 72 ? text.len - i : 72);
        }
        done = 1;
    }
    mpz_clear(number);
    return done ? 0 : -1;
}

/* "DKIM-Signature: v=1; … b=" with the names of the headers that are there and their canonical
 * forms in `input`. */
static void begin(struct mime_buf *line, struct mime_buf *input, const struct dkim_sign *sign)
{
    struct mime_buf body = {.ctx = line->ctx};
    uint8_t digest[SHA256_DIGEST_SIZE];
    dkim_relax_body(&body, sign->body);
    sha256(mime_str(&body), digest);
    mime_add_cstr(line, "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=");
    mime_add_str(line, sign->domain);
    mime_add_cstr(line, ";\r\n s=");
    mime_add_str(line, sign->selector);
    mime_add_str(line, souk_printf(line->ctx, "; t=%lld;\r\n h=", (long long)(sign->at / 1000000)));
    for (int i = 0; signed_names[i]; i++) {
        struct souk_str header = find_header(sign->headers, signed_names[i]);
        int again = i > 0 && strcmp(signed_names[i], signed_names[i - 1]) == 0;
        if (!header.len)
            continue;
        mime_add_cstr(line, i ? ":" : "");
        mime_add_cstr(line, i == 6 ? "\r\n " : "");
        mime_add_cstr(line, signed_names[i]);
        if (again) /* named once more than it is there: nobody can add one */
            continue;
        dkim_relax_header(input, header);
        mime_add_cstr(input, "\r\n");
    }
    mime_add_cstr(line, ";\r\n bh=");
    mime_add_base64(line, digest, sizeof digest, 0);
    mime_add_cstr(line, ";\r\n b=");
}

int dkim_add(struct mime_buf *out, const struct dkim_sign *sign)
{
    struct mime_buf line = {.ctx = out->ctx}, input = {.ctx = out->ctx};
    uint8_t digest[SHA256_DIGEST_SIZE];
    begin(&line, &input, sign);
    dkim_relax_header(&input, mime_str(&line));
    sha256(mime_str(&input), digest);
    if (add_signature(&line, sign->key, digest) != 0)
        return -1;
    mime_add_cstr(&line, "\r\n");
    mime_add_str(out, mime_str(&line));
    return 0;
}
