/*
 * client_address: who the outgoing client may talk to. Resolves a name once and checks every
 * address that it has.
 */
#ifndef WEB_CLIENT_ADDRESS_H
#define WEB_CLIENT_ADDRESS_H

#include <sys/socket.h>
#include "base/buf.h"
#include "base/err.h"

#define CLIENT_ADDRESSES 16

struct client_target {
    struct sockaddr_storage at[CLIENT_ADDRESSES];
    int count;
};

void client_address_allow(
    const char *const *allow); /* once, before threads; copies; NULL-terminated or NULL */
/* Resolves `host` (blocks). SOUK_UNAVAILABLE: no such name; SOUK_DENIED: one of its addresses is
 * not public and not allowed. */
int client_address_resolve(const char *host, const char *port, struct client_target *target,
                           struct err *err);
/* Is this one of the addresses that were checked? */
int client_address_checked(const struct client_target *target, const struct sockaddr *address);
/* "192.0.2.1,[2001:db8::1]" as CURLOPT_RESOLVE wants them. */
void client_address_print(const struct client_target *target, struct buf *out);

#endif
