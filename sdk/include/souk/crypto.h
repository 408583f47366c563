/*
 * Cryptography: random bytes, hashes and signatures, as peers ask for them, from libsodium and
 * nettle; and the codings that bytes travel in. For secrets that have to be stored there are
 * options of the type SOUK_SECRET (souk/plugin.h): keep none in tables.
 */
#ifndef SOUK_CRYPTO_H
#define SOUK_CRYPTO_H

#include <souk/call.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOUK_SHA1   1 /* 20 bytes: only where a peer's protocol wants it */
#define SOUK_SHA256 2 /* 32 */
#define SOUK_SHA512 3 /* 64 */
#define SOUK_MD5    4 /* 16: as SHA1 */

struct souk_crypto_api { /* since 0.2 */
    uint32_t size;
    uint32_t reserved;
    int (*hash)(struct souk_ctx *ctx, int32_t algorithm, struct souk_str data,
                struct souk_str *digest);
    int (*hmac)(struct souk_ctx *ctx, int32_t algorithm, struct souk_str key, struct souk_str data,
                struct souk_str *digest);
    int (*verify)(struct souk_ctx *ctx, struct souk_str data, struct souk_str signature,
                  struct souk_str public_key);
    struct souk_str (*encode)(struct souk_ctx *ctx, int32_t coding, struct souk_str bytes);
    int (*decode)(struct souk_ctx *ctx, int32_t coding, struct souk_str text,
                  struct souk_str *bytes);
};

#define SOUK_HEX       1 /* small letters; both are read */
#define SOUK_BASE64    2 /* RFC 4648, with "=" */
#define SOUK_BASE64URL 3 /* RFC 4648, without */
#define SOUK_BASE32    4 /* RFC 4648, without "=" */
#define SOUK_PERCENT   5 /* RFC 3986: all but letters, digits and -._~ */

/* clang-format off */

/* ---- random bytes, hashes, signatures ---- */

/* Random bytes, fit for keys. [any; 0.1] */
static inline int souk_random(struct souk_ctx *ctx, void *to, size_t bytes) { return souk_api->call->random(ctx, to, bytes); }
/* SHA-256 (FIPS 180-4) of the bytes. [any; 0.1] */
static inline int souk_sha256(struct souk_ctx *ctx, struct souk_str data, uint8_t digest[32]) { return souk_api->call->sha256(ctx, data, digest); }
/* HMAC-SHA-256 (RFC 2104). [any; 0.1] */
static inline int souk_hmac_sha256(struct souk_ctx *ctx, struct souk_str key, struct souk_str data, uint8_t digest[32]) { return souk_api->call->hmac_sha256(ctx, key, data, digest); }
/* 1 when equal, in a time that does not tell where they differ: for tokens and signatures. [any; 0.1] */
static inline int souk_equal_secret(struct souk_str a, struct souk_str b) { return souk_api->call->equal_secret(a, b); }
/* The digest's bytes (FIPS 180-4, RFC 1321). SOUK_INVALID: no such algorithm. [any; 0.2] */
static inline int souk_hash(struct souk_ctx *ctx, int32_t algorithm, struct souk_str data, struct souk_str *digest) { return souk_api->crypto->hash(ctx, algorithm, data, digest); }
/* HMAC (RFC 2104) over one of them. [any; 0.2] */
static inline int souk_hmac(struct souk_ctx *ctx, int32_t algorithm, struct souk_str key, struct souk_str data, struct souk_str *digest) { return souk_api->crypto->hmac(ctx, algorithm, key, data, digest); }
/* Is this the Ed25519 signature (RFC 8032; 64 bytes) of the data by this key (32 bytes)? SOUK_DENIED: no. [any; 0.2] */
static inline int souk_verify(struct souk_ctx *ctx, struct souk_str data, struct souk_str signature, struct souk_str public_key) { return souk_api->crypto->verify(ctx, data, signature, public_key); }
/* Bytes as text, `coding` SOUK_HEX and so on, with a NUL behind it; empty for an unknown coding. [any; 0.2] */
static inline struct souk_str souk_encode(struct souk_ctx *ctx, int32_t coding, struct souk_str bytes) { return souk_api->crypto->encode(ctx, coding, bytes); }
/* And back; blanks and line ends between are passed over in base64 and hex. SOUK_INVALID: it is no such text. [any; 0.2] */
static inline int souk_decode(struct souk_ctx *ctx, int32_t coding, struct souk_str text, struct souk_str *bytes) { return souk_api->crypto->decode(ctx, coding, text, bytes); }

/* clang-format on */

#ifdef __cplusplus
}
#endif

#endif
