/*
 * listen: opens the sockets that the supervisor owns, TCP or Unix.
 */
#ifndef APP_LISTEN_H
#define APP_LISTEN_H

#include "base/err.h"

/* "ADDR:PORT", "[::1]:PORT", ":PORT" (all addresses) or "unix:PATH". A non-blocking listening
 * socket in *fd; what to announce
 * ("http://127.0.0.1:8080" with the real port, "unix:PATH") in `name`. */
int listen_open(const char *where, int *fd, char *name, size_t size, struct err *err);
int listen_unix(const char *path, int mode, int *fd, struct err *err);

#endif
