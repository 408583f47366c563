/*
 * crypto.c: random bytes, digests, signatures, constant-time comparison and the codings that bytes
 * travel in, on libsodium; SHA-1 and MD5, which some peers still want, on nettle. Nothing here
 * touches the database or blocks. Signing formats (JWT, webhook schemes) are the plugins' own; they
 * are built from these.
 */
#include "bridge/internal.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <sodium.h>
#include "base/rand.h"
#include "base/str.h"

#define RANDOM_MOST ((uint64_t)1 << 20)

int crypto_random(struct souk_ctx *ctx, void *to, uint64_t bytes)
{
    if (!to || bytes > RANDOM_MOST)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_random: needs a place and at most 1 MiB");
    if (ctx->request)
        request_alone(ctx->request); /* most likely a secret of this visitor */
    rand_bytes(to, (size_t)bytes);
    return SOUK_OK;
}

int crypto_sha256(struct souk_ctx *ctx, struct souk_str data, uint8_t digest[32])
{
    if (!digest || !bridge_view_ok(data))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_sha256: no data or no place");
    crypto_hash_sha256(digest, (const unsigned char *)data.ptr, data.len);
    return SOUK_OK;
}

int crypto_hmac(struct souk_ctx *ctx, struct souk_str key, struct souk_str data, uint8_t digest[32])
{
    crypto_auth_hmacsha256_state state;
    if (!digest || !bridge_view_ok(data) || !bridge_view_ok(key))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_hmac_sha256: no data or no place");
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)data.ptr, data.len);
    crypto_auth_hmacsha256_final(&state, digest);
    sodium_memzero(&state, sizeof(state));
    return SOUK_OK;
}

int crypto_equal(struct souk_str a, struct souk_str b)
{
    return bridge_view_ok(a) && bridge_view_ok(b) && str_equal_secret(a, b);
}

/* ---- digests by name ---- */

#define DIGEST_MOST 64
#define CODE_MOST   ((size_t)64 << 20)

static size_t digest_length(int32_t algorithm)
{
    switch (algorithm) {
    case SOUK_SHA1: return SHA1_DIGEST_SIZE;
    case SOUK_SHA256: return 32;
    case SOUK_SHA512: return 64;
    case SOUK_MD5: return MD5_DIGEST_SIZE;
    default: return 0;
    }
}

static const unsigned char *bytes_of(struct souk_str text)
{
    return (const unsigned char *)(text.len ? text.ptr : "");
}

static void hash_into(int32_t algorithm, struct souk_str data, unsigned char *digest)
{
    struct sha1_ctx sha1;
    struct md5_ctx md5;
    switch (algorithm) {
    case SOUK_SHA1:
        sha1_init(&sha1);
        sha1_update(&sha1, data.len, bytes_of(data));
        sha1_digest(&sha1, SHA1_DIGEST_SIZE, digest);
        break;
    case SOUK_MD5:
        md5_init(&md5);
        md5_update(&md5, data.len, bytes_of(data));
        md5_digest(&md5, MD5_DIGEST_SIZE, digest);
        break;
    case SOUK_SHA256: crypto_hash_sha256(digest, bytes_of(data), data.len); break;
    default: crypto_hash_sha512(digest, bytes_of(data), data.len);
    }
}

static void hmac_into(int32_t algorithm, struct souk_str key, struct souk_str data,
                      unsigned char *digest)
{
    union {
        struct hmac_sha1_ctx sha1;
        struct hmac_md5_ctx md5;
        crypto_auth_hmacsha256_state sha256;
        crypto_auth_hmacsha512_state sha512;
    } state;
    switch (algorithm) {
    case SOUK_SHA1:
        hmac_sha1_set_key(&state.sha1, key.len, bytes_of(key));
        hmac_sha1_update(&state.sha1, data.len, bytes_of(data));
        hmac_sha1_digest(&state.sha1, SHA1_DIGEST_SIZE, digest);
        break;
    case SOUK_MD5:
        hmac_md5_set_key(&state.md5, key.len, bytes_of(key));
        hmac_md5_update(&state.md5, data.len, bytes_of(data));
        hmac_md5_digest(&state.md5, MD5_DIGEST_SIZE, digest);
        break;
    case SOUK_SHA256:
        crypto_auth_hmacsha256_init(&state.sha256, bytes_of(key), key.len);
        crypto_auth_hmacsha256_update(&state.sha256, bytes_of(data), data.len);
        crypto_auth_hmacsha256_final(&state.sha256, digest);
        break;
    default:
        crypto_auth_hmacsha512_init(&state.sha512, bytes_of(key), key.len);
        crypto_auth_hmacsha512_update(&state.sha512, bytes_of(data), data.len);
        crypto_auth_hmacsha512_final(&state.sha512, digest);
    }
    sodium_memzero(&state, sizeof state);
}

static int check_digest(struct souk_ctx *ctx, const char *function, int32_t algorithm,
                        struct souk_str data, struct souk_str *digest)
{
    if (digest)
        *digest = souk_str("");
    if (!digest || !bridge_view_ok(data))
        return bridge_refuse(ctx, SOUK_INVALID, "%s: no data or no place", function);
    if (!digest_length(algorithm))
        return bridge_refuse(ctx, SOUK_INVALID, "%s: there is no algorithm %d", function,
                             algorithm);
    return SOUK_OK;
}

static int crypto_digest(struct souk_ctx *ctx, int32_t algorithm, struct souk_str data,
                         struct souk_str *digest)
{
    unsigned char bytes[DIGEST_MOST];
    if (check_digest(ctx, "souk_hash", algorithm, data, digest) != SOUK_OK)
        return SOUK_INVALID;
    hash_into(algorithm, data, bytes);
    *digest =
        arena_str(ctx->arena, (struct souk_str){(const char *)bytes, digest_length(algorithm)});
    return SOUK_OK;
}

static int crypto_keyed(struct souk_ctx *ctx, int32_t algorithm, struct souk_str key,
                        struct souk_str data, struct souk_str *digest)
{
    unsigned char bytes[DIGEST_MOST];
    if (check_digest(ctx, "souk_hmac", algorithm, data, digest) != SOUK_OK)
        return SOUK_INVALID;
    if (!bridge_view_ok(key))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_hmac: the key cannot be read");
    hmac_into(algorithm, key, data, bytes);
    *digest =
        arena_str(ctx->arena, (struct souk_str){(const char *)bytes, digest_length(algorithm)});
    return SOUK_OK;
}

static int crypto_verify(struct souk_ctx *ctx, struct souk_str data, struct souk_str signature,
                         struct souk_str public_key)
{
    if (!bridge_view_ok(data) || !bridge_view_ok(signature) || !bridge_view_ok(public_key) ||
        public_key.len != crypto_sign_PUBLICKEYBYTES)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_verify: a key of Ed25519 has 32 bytes");
    /* the signature is the peer's: of a wrong length it is wrong, and no slip of the plugin */
    if (signature.len != crypto_sign_BYTES ||
        crypto_sign_verify_detached(bytes_of(signature), bytes_of(data), data.len,
                                    bytes_of(public_key)) != 0)
        return bridge_tell(ctx, SOUK_DENIED, "the signature is wrong");
    return SOUK_OK;
}

/* ---- codings ---- */

static const char base32_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static struct souk_str to_base32(struct arena *arena, struct souk_str bytes)
{
    char *text = arena_alloc(arena, (bytes.len * 8 + 4) / 5 + 1), *to = text;
    uint32_t held = 0;
    int bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        held = (held << 8 | (unsigned char)bytes.ptr[i]) & 0xfff;
        for (bits += 8; bits >= 5; bits -= 5)
            *to++ = base32_digits[held >> (bits - 5) & 31];
    }
    if (bits)
        *to++ = base32_digits[held << (5 - bits) & 31];
    *to = '\0';
    return (struct souk_str){text, (size_t)(to - text)};
}

/* Capitals and small letters; bits that are left over are zero, as they were written. */
static int from_base32(struct arena *arena, struct souk_str text, struct souk_str *bytes)
{
    char *room = arena_alloc(arena, text.len * 5 / 8 + 1), *to = room;
    uint32_t held = 0;
    int bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        const char *digit =
            c ? strchr(base32_digits, c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c) : NULL;
        if (!digit)
            return 0;
        held = (held << 5 | (uint32_t)(digit - base32_digits)) & 0xfff;
        if ((bits += 5) >= 8) {
            bits -= 8;
            *to++ = (char)(held >> bits & 0xff);
        }
    }
    if (bits >= 5 || (held & ((1u << bits) - 1)))
        return 0;
    *bytes = (struct souk_str){room, (size_t)(to - room)};
    return 1;
}

static int is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr("-._~", c) != NULL);
}

static struct souk_str to_percent(struct arena *arena, struct souk_str bytes)
{
    static const char digits[] = "0123456789ABCDEF";
    char *text = arena_alloc(arena, bytes.len * 3 + 1), *to = text;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (is_plain(c)) {
            *to++ = (char)c;
            continue;
        }
        *to++ = '%';
        *to++ = digits[c >> 4];
        *to++ = digits[c & 15];
    }
    *to = '\0';
    return (struct souk_str){text, (size_t)(to - text)};
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static int from_percent(struct arena *arena, struct souk_str text, struct souk_str *bytes)
{
    char *room = arena_alloc(arena, text.len + 1), *to = room;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '%') {
            *to++ = text.ptr[i];
            continue;
        }
        int whole = i + 2 < text.len;
        int high = whole ? hex_digit(text.ptr[i + 1]) : -1;
        int low = whole ? hex_digit(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0)
            return 0;
        *to++ = (char)(high << 4 | low);
        i += 2;
    }
    *bytes = (struct souk_str){room, (size_t)(to - room)};
    return 1;
}

static struct souk_str to_base64(struct arena *arena, struct souk_str bytes, int variant)
{
    size_t room = sodium_base64_encoded_len(bytes.len, variant);
    char *text = arena_alloc(arena, room);
    sodium_bin2base64(text, room, bytes_of(bytes), bytes.len, variant);
    return souk_str(text);
}

static int from_base64(struct arena *arena, struct souk_str text, int variant,
                       struct souk_str *bytes)
{
    size_t room = text.len / 4 * 3 + 3, len = 0;
    unsigned char *to = arena_alloc(arena, room);
    const char *end = NULL;
    if (sodium_base642bin(to, room, text.ptr, text.len, " \t\r\n", &len, &end, variant) != 0 ||
        end != text.ptr + text.len)
        return 0;
    *bytes = (struct souk_str){(const char *)to, len};
    return 1;
}

static int from_hex(struct arena *arena, struct souk_str text, struct souk_str *bytes)
{
    size_t room = text.len / 2 + 1, len = 0;
    unsigned char *to = arena_alloc(arena, room);
    const char *end = NULL;
    if (sodium_hex2bin(to, room, text.ptr, text.len, " \t\r\n", &len, &end) != 0 ||
        end != text.ptr + text.len)
        return 0;
    *bytes = (struct souk_str){(const char *)to, len};
    return 1;
}

static struct souk_str crypto_encode(struct souk_ctx *ctx, int32_t coding, struct souk_str bytes)
{
    struct arena *arena = ctx->arena;
    if (!bridge_view_ok(bytes) || bytes.len > CODE_MOST) {
        bridge_refuse(ctx, bytes.len > CODE_MOST ? SOUK_TOO_LARGE : SOUK_INVALID,
                      "souk_encode: no bytes, or over 64 MiB");
        return souk_str("");
    }
    switch (coding) {
    case SOUK_HEX: {
        char *text = arena_alloc(arena, bytes.len * 2 + 1);
        sodium_bin2hex(text, bytes.len * 2 + 1, bytes_of(bytes), bytes.len);
        return (struct souk_str){text, bytes.len * 2};
    }
    case SOUK_BASE64: return to_base64(arena, bytes, sodium_base64_VARIANT_ORIGINAL);
    case SOUK_BASE64URL: return to_base64(arena, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    case SOUK_BASE32: return to_base32(arena, bytes);
    case SOUK_PERCENT: return to_percent(arena, bytes);
    default:
        bridge_refuse(ctx, SOUK_INVALID, "souk_encode: there is no coding %d", coding);
        return souk_str("");
    }
}

static int decode(struct arena *arena, int32_t coding, struct souk_str text, struct souk_str *bytes)
{
    switch (coding) {
    case SOUK_HEX: return from_hex(arena, text, bytes);
    case SOUK_BASE64: return from_base64(arena, text, sodium_base64_VARIANT_ORIGINAL, bytes);
    case SOUK_BASE64URL:
        return from_base64(arena, text, sodium_base64_VARIANT_URLSAFE_NO_PADDING, bytes);
    case SOUK_BASE32: return from_base32(arena, text, bytes);
    case SOUK_PERCENT: return from_percent(arena, text, bytes);
    default: return 0;
    }
}

static int crypto_decode(struct souk_ctx *ctx, int32_t coding, struct souk_str text,
                         struct souk_str *bytes)
{
    if (bytes)
        *bytes = souk_str("");
    if (!bytes || !bridge_view_ok(text))
        return bridge_refuse(ctx, SOUK_INVALID, "souk_decode: no text or no place");
    if (text.len > CODE_MOST)
        return bridge_refuse(ctx, SOUK_TOO_LARGE, "souk_decode: over 64 MiB");
    if (coding < SOUK_HEX || coding > SOUK_PERCENT)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_decode: there is no coding %d", coding);
    struct souk_str found = souk_str("");
    if (text.len && !decode(ctx->arena, coding, text, &found))
        return bridge_tell(ctx, SOUK_INVALID, "the text cannot be decoded");
    *bytes = found;
    return SOUK_OK;
}

const struct souk_crypto_api crypto_table = {.size = sizeof(struct souk_crypto_api),
                                             .hash = crypto_digest,
                                             .hmac = crypto_keyed,
                                             .verify = crypto_verify,
                                             .encode = crypto_encode,
                                             .decode = crypto_decode};
