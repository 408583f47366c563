/*
 * cidr: addresses and ranges of addresses. Everything is 16 bytes: IPv4 is held as
 * v4-mapped IPv6. The words "unix" and "loopback" may stand in a list too: peers on
 * Unix sockets, and 127.0.0.0/8 with ::1.
 */
#ifndef WEB_CIDR_H
#define WEB_CIDR_H

#include "base/err.h"

struct sockaddr;

struct cidr_address {
    unsigned char bytes[16];
    int is_unix;
};

struct cidr_range {
    struct cidr_address base;
    int bits; /* of 128 */
};

struct cidr_list {
    struct cidr_range *at;
    size_t count;
};

int cidr_address_parse(struct souk_str text,
                       struct cidr_address *out); /* brackets and port allowed */
void cidr_address_from(const struct sockaddr *from, struct cidr_address *out);
size_t cidr_address_format(const struct cidr_address *address, char *to,
                           size_t size); /* 48 bytes do */
int cidr_is_loopback(const struct cidr_address *address);

int cidr_parse(struct souk_str text, struct cidr_range *out);
int cidr_holds(const struct cidr_range *range, const struct cidr_address *address);
/* `texts` is NULL-terminated or NULL. Memory is malloc's. */
int cidr_list_parse(const char *const *texts, struct cidr_list *out, struct err *err);
int cidr_list_holds(const struct cidr_list *list, const struct cidr_address *address);
void cidr_list_free(struct cidr_list *list);

#endif
