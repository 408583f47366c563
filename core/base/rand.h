/*
 * rand: random bytes from the kernel (libsodium), and ids. An id is 63 bits: milliseconds since
 * 2020-01-01 (41) | node (6) | sequence (16). Ids of one process only grow, also when the clock
 * goes back.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <souk/types.h>

void rand_bytes(void *to, size_t len);
void rand_token(char *to, size_t bytes); /* URL-safe base64, no padding; needs bytes*4/3+2 */
int64_t id_next(void);                   /* any thread */
void id_floor(
    int64_t at_least); /* the next ids are above this: called at start with the last used one */

#endif
