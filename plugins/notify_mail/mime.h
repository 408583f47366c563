/*
 * mime: a message as RFC 5322 wants it: headers in ASCII, a text part and an HTML part that arrive
 * as they were given, and no way for a value to become a header or a receiver.
 */
#ifndef NOTIFY_MAIL_MIME_H
#define NOTIFY_MAIL_MIME_H

#include <souk.h>

struct mime_buf { /* grows in the call's memory */
    struct souk_ctx *ctx;
    char *ptr;
    size_t len, cap;
};
void mime_add(struct mime_buf *buf, const void *bytes, size_t len);
void mime_add_str(struct mime_buf *buf, struct souk_str text);
void mime_add_cstr(struct mime_buf *buf, const char *text);
struct souk_str mime_str(const struct mime_buf *buf);

struct mime_mail {
    struct souk_str from_name, from;
    struct souk_str to_name, to;
    struct souk_str reply_to; /* empty: none */
    struct souk_str subject, text, html;
    struct souk_str locale;
    struct souk_str unsubscribe; /* address of one click; empty: none */
    struct souk_str id;          /* "1a2b@shop.example", without the angles */
    int64_t at;                  /* microseconds UTC */
};
/* May this be written to, or from: one mailbox, nothing that ends a line or begins another address.
 */
int mime_address_ok(struct souk_str address);
/* Headers and body, each line ended by CRLF; the empty line between them is in neither. */
void mime_headers(struct mime_buf *out, const struct mime_mail *mail);
void mime_body(struct mime_buf *out, const struct mime_mail *mail);

/* The pieces, for the tests. */
void mime_add_words(struct mime_buf *out, struct souk_str text, size_t column); /* RFC 2047 */
void mime_add_base64(struct mime_buf *out, const void *bytes, size_t len, size_t line);
void mime_add_quoted(struct mime_buf *out, struct souk_str text);
void mime_add_date(struct mime_buf *out, int64_t at);

#endif
