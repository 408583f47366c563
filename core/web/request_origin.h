/*
 * request_origin: the same-origin rule for requests that change something, and who the
 * client is behind trusted proxies.
 */
#ifndef WEB_REQUEST_ORIGIN_H
#define WEB_REQUEST_ORIGIN_H

#include "web/cidr.h"
#include "web/request.h"

enum origin_verdict {
    ORIGIN_OWN,     /* go on */
    ORIGIN_FOREIGN, /* refuse */
    ORIGIN_UNKNOWN, /* cookies, but neither Origin nor Sec-Fetch-Site: a valid token is
                       needed */
};

int origin_changes_state(struct souk_str method); /* all but GET, HEAD, OPTIONS, TRACE */
/* By headers alone; needs request->headers and request->tls. */
enum origin_verdict origin_check(const struct request *request);
/* Do `origin` (scheme://host[:port]) and `host` (host[:port]) name one place? */
int origin_matches(struct souk_str origin, struct souk_str host, int tls);

/* Fills request->address and request->tls from X-Forwarded-For and X-Forwarded-Proto
 * when `peer` is trusted, else from the peer. */
void origin_client(struct request *request, const struct cidr_address *peer, const char *peer_text,
                   const struct cidr_list *trusted);

#endif
