/*
 * digest: SHA-256 of libsodium, for checksums of migrations and the chain of the audit
 * log.
 */
#include "store/digest.h"
#include <sodium.h>

void digest_pieces(unsigned char *to, const struct souk_str *pieces, int count)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (int i = 0; i < count; i++) {
        unsigned char len[8];
        for (int k = 0; k < 8; k++)
            len[k] = (unsigned char)((uint64_t)pieces[i].len >> (8 * k));
        crypto_hash_sha256_update(&state, len, sizeof len);
        crypto_hash_sha256_update(&state, (const unsigned char *)pieces[i].ptr, pieces[i].len);
    }
    crypto_hash_sha256_final(&state, to);
}
