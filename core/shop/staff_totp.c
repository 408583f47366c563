/*
 * staff_totp.c: one-time codes by time (RFC 6238 on RFC 4226): HMAC-SHA-1 over the number of the
 * half minute, cut to six digits. Secrets are base32 (RFC 4648), as authenticator apps take them.
 */
#include "shop/staff.h"

#include <nettle/hmac.h>
#include <stdio.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"

#define SECRET_BYTES 20
#define SECRET_MOST  64
#define STEP         (30 * CLOCK_SECOND)
#define TOLERANCE    1 /* steps to either side: clocks differ */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static struct souk_str base32(struct arena *arena, const unsigned char *bytes, size_t len)
{
    struct buf out = {.arena = arena};
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | bytes[i];
        for (held += 8; held >= 5; held -= 5)
            buf_add_char(&out, alphabet[bits >> (held - 5) & 31]);
    }
    if (held > 0)
        buf_add_char(&out, alphabet[bits << (5 - held) & 31]);
    return buf_str(&out);
}

/* The bytes behind the text; 0 when it is no base32. */
static size_t base32_read(struct souk_str text, unsigned char *to, size_t size)
{
    uint32_t bits = 0;
    int held = 0;
    size_t len = 0;
    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        const char *at = memchr(alphabet, text.ptr[i], 32);
        if (!at)
            return 0;
        bits = bits << 5 | (uint32_t)(at - alphabet);
        held += 5;
        if (held >= 8) {
            if (len == size)
                return 0;
            to[len++] = (unsigned char)(bits >> (held - 8));
            held -= 8;
        }
    }
    return len;
}

struct souk_str totp_secret(struct arena *arena)
{
    unsigned char bytes[SECRET_BYTES];
    rand_bytes(bytes, sizeof bytes);
    return base32(arena, bytes, sizeof bytes);
}

struct souk_str totp_uri(struct arena *arena, struct souk_str secret, struct souk_str account,
                         struct souk_str issuer)
{
    struct buf out = {.arena = arena};
    buf_add_cstr(&out, "otpauth://totp/");
    buf_add_encoded(&out, issuer);
    buf_add_char(&out, ':');
    buf_add_encoded(&out, account);
    buf_add_cstr(&out, "?secret=");
    buf_add_encoded(&out, secret);
    buf_add_cstr(&out, "&issuer=");
    buf_add_encoded(&out, issuer);
    return buf_str(&out);
}

static int code_of(struct souk_str secret, int64_t step, char code[7])
{
    unsigned char key[SECRET_MOST], message[8], mac[SHA1_DIGEST_SIZE];
    struct hmac_sha1_ctx hmac;
    size_t len = base32_read(secret, key, sizeof key);
    if (len == 0 || step < 0)
        return SOUK_INVALID;
    for (int i = 0; i < 8; i++)
        message[i] = (unsigned char)((uint64_t)step >> (56 - 8 * i));
    hmac_sha1_set_key(&hmac, len, key);
    hmac_sha1_update(&hmac, sizeof message, message);
    hmac_sha1_digest(&hmac, sizeof mac, mac);
    const unsigned char *at = mac + (mac[SHA1_DIGEST_SIZE - 1] & 15);
    uint32_t number =
        ((uint32_t)(at[0] & 127) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]) %
        1000000;
    snprintf(code, 7, "%06u", number);
    return SOUK_OK;
}

int totp_code(struct souk_str secret, int64_t now, char code[7])
{
    return code_of(secret, now / STEP, code);
}

int totp_check(struct souk_str secret, struct souk_str code, int64_t now, int64_t *step)
{
    char given[7], wanted[7];
    size_t n = 0;
    int found = 0;
    for (size_t i = 0; i < code.len; i++) { /* apps show "123 456" */
        if (code.ptr[i] == ' ')
            continue;
        if (n == 6)
            return SOUK_INVALID;
        given[n++] = code.ptr[i];
    }
    for (int64_t at = now / STEP - TOLERANCE; at <= now / STEP + TOLERANCE; at++) {
        if (code_of(secret, at, wanted) != SOUK_OK)
            return SOUK_INVALID;
        if (n == 6 && str_equal_secret(str_make(given, 6), str_make(wanted, 6))) {
            *step = at;
            found = 1;
        }
    }
    return found ? SOUK_OK : SOUK_INVALID;
}
