/*
 * client: HTTP requests to the outside, on libcurl (only here). https and http, no redirects, TLS
 * verified. The name is resolved once, every address checked, and the connection made to the
 * checked address. A call may be cancelled by its deadline only. Task threads, one handle each,
 * connections kept.
 */
#ifndef WEB_CLIENT_H
#define WEB_CLIENT_H

#include "base/arena.h"
#include "base/err.h"

struct client_header {
    struct souk_str name, value;
};

struct client_request {
    const char *method;
    struct souk_str url, body;
    const struct client_header *headers;
    size_t header_count;
    int64_t timeout;  /* us; 0: the policy's */
    int64_t deadline; /* clock_mono; ends the call before its timeout; 0: none */
    size_t max_bytes; /* of the answer's body; 0: 1 MiB, without a limit when `stream` is set */
    const char *unix_path; /* the command: connect to this socket instead, no address check */
    void (*stream)(void *user, struct souk_str bytes); /* NULL: the body is collected */
    void *user;
};

struct client_response {
    int status;
    struct souk_str body;
    struct client_header *headers;
    size_t header_count;
    int was_connected; /* also when the call failed: there was somebody who may have got it */
};

struct client_policy {
    const char *const *allow; /* hosts or CIDRs that may be private; NULL-terminated; may be NULL */
    const char *ca_file;      /* NULL: the system's */
    int64_t timeout;          /* us, of requests that give none; 0: 10 s */
};

void client_setup(const struct client_policy *policy); /* once, before threads; copies */
/* Everything in *response lies in the arena. SOUK_DENIED (address or scheme), SOUK_INVALID (URL,
 * method, header), SOUK_TIMEOUT, SOUK_TOO_LARGE, SOUK_UNAVAILABLE (no such name, no connection, bad
 * certificate, broken answer). */
int client_call(struct arena *arena, const struct client_request *request,
                struct client_response *response, struct err *err);
/* For the test host: answers every call in place of the network, after the URL was checked; NULL:
 * the network again. */
typedef int (*client_peer)(struct arena *arena, const struct client_request *request,
                           struct client_response *response, struct err *err);
void client_peer_use(client_peer peer);
/* 1 when an address (text) is public: not loopback, private, link-local, multicast, unspecified,
 * CGNAT, documentation; v4-mapped v6 as v4. */
int client_address_public(const char *address);

#endif
