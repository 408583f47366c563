/*
 * crypto.c: random bytes, digests and constant-time comparison for plugins, on
 * libsodium. Nothing here touches the database or blocks. Signing formats (JWT, webhook
 * schemes) are the plugins' own; they are built from these.
 */
#include "bridge/internal.h"

#include <sodium.h>
#include "base/rand.h"
#include "base/str.h"

#define RANDOM_MOST ((uint64_t)1 << 20)

int crypto_random(struct souk_ctx *ctx, void *to, uint64_t bytes)
{
    if (!to || bytes > RANDOM_MOST)
        return bridge_refuse(ctx, SOUK_INVALID, "souk_random: needs a place and at most 1 MiB");
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

const struct souk_crypto_api crypto_table = {.size = sizeof(struct souk_crypto_api)};
