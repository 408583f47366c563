/*
 * negotiate: what a client says about the form that it wants an answer in.
 */
#ifndef WEB_NEGOTIATE_H
#define WEB_NEGOTIATE_H

#include "web/request.h"

int negotiate_gzip(const struct request *request); /* Accept-Encoding takes it */
/* If-None-Match names this version. `opaque` is the tag with its quotes, without W/: tags compare
 * weakly here. */
int negotiate_unchanged(const struct request *request, const char *opaque);

#endif
