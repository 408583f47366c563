/*
 * dkim: the signature of the sending domain (RFC 6376), rsa-sha256, relaxed/relaxed.
 */
#ifndef NOTIFY_MAIL_DKIM_H
#define NOTIFY_MAIL_DKIM_H

#include "mime.h"

struct dkim_key;

/* From PEM: "RSA PRIVATE KEY" (PKCS#1) or "PRIVATE KEY" (PKCS#8). NULL: *problem says why. Free it
 * with dkim_key_free. */
struct dkim_key *dkim_key_read(struct souk_str pem, const char **problem);
void dkim_key_free(struct dkim_key *key);

struct dkim_sign {
    const struct dkim_key *key;
    struct souk_str domain, selector;
    int64_t at;
    struct souk_str headers, body; /* lines end with CRLF; the empty line between is in neither */
};
/* Adds "DKIM-Signature: …\r\n"; 0, or -1 when the key does not sign. */
int dkim_add(struct mime_buf *out, const struct dkim_sign *sign);

/* The pieces, for the tests. */
void dkim_relax_header(struct mime_buf *out,
                       struct souk_str header); /* "Name: value", with folds */
void dkim_relax_body(struct mime_buf *out, struct souk_str body);

#endif
