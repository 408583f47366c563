/*
 * digest: SHA-256 over several pieces; each goes in with its length, so that moving a
 * border changes the sum.
 */
#ifndef STORE_DIGEST_H
#define STORE_DIGEST_H

#include <souk/types.h>

#define DIGEST_LEN 32

void digest_pieces(unsigned char *to, const struct souk_str *pieces, int count);

#endif
