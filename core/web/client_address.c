/*
 * client_address.c: keeps the outgoing client off the inside.
 *
 * The idea: names are checked by what they resolve to, never by what they look like, so
 * 127.1, 0x7f000001, 2130706433 and a name that somebody points at 10.0.0.1 all meet
 * the same test. One address that is not public denies the whole name: a name with two
 * addresses, one of them inside, is an attack. The caller connects to the very
 * addresses that were checked and to no other, so a second answer of the resolver
 * (rebinding) is never seen.
 *
 * The test is a list of what is public in IPv6 (2000::/3 without the parts below, and
 * IPv4 in its two wrappings by the IPv4 rules); everything else is not. The owner of
 * the shop may except hosts and ranges.
 *
 * Threads: the list is set before there are any and only read afterwards.
 */
#include "web/client_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/str.h"
#include "web/cidr.h"
#include "web/client.h"

static char **allowed_hosts;
static size_t allowed_host_count;
static struct cidr_range *allowed_ranges;
static size_t allowed_range_count;

void client_address_allow(const char *const *allow)
{
    for (size_t i = 0; i < allowed_host_count; i++)
        free(allowed_hosts[i]);
    allowed_host_count = allowed_range_count = 0;
    for (; allow && *allow; allow++) {
        struct cidr_range range;
        if (cidr_parse(souk_str(*allow), &range) == 0) {
            allowed_ranges =
                mem_realloc(allowed_ranges, (allowed_range_count + 1) * sizeof(*allowed_ranges));
            allowed_ranges[allowed_range_count++] = range;
        } else {
            allowed_hosts =
                mem_realloc(allowed_hosts, (allowed_host_count + 1) * sizeof(*allowed_hosts));
            allowed_hosts[allowed_host_count++] = mem_strdup(*allow);
        }
    }
}

static int host_allowed(const char *host)
{
    for (size_t i = 0; i < allowed_host_count; i++)
        if (str_equal_nocase(souk_str(host), souk_str(allowed_hosts[i])))
            return 1;
    return 0;
}

static int range_allowed(const struct sockaddr *at)
{
    struct cidr_address address;
    cidr_address_from(at, &address);
    for (size_t i = 0; i < allowed_range_count; i++)
        if (cidr_holds(&allowed_ranges[i], &address))
            return 1;
    return 0;
}

/* ---- what is public ---- */

struct v4_range {
    uint32_t base;
    int bits;
};

static const struct v4_range v4_inside[] = {
    {0x00000000, 8},  /* this network */
    {0x0a000000, 8},  /* private */
    {0x64400000, 10}, /* carrier's NAT */
    {0x7f000000, 8},  /* loopback */
    {0xa9fe0000, 16}, /* link-local; clouds keep their keys there */
    {0xac100000, 12}, /* private */
    {0xc0000000, 24}, /* protocol assignments */
    {0xc0000200, 24}, /* documentation */
    {0xc0586300, 24}, /* 6to4 relays */
    {0xc0a80000, 16}, /* private */
    {0xc6120000, 15}, /* benchmarks */
    {0xc6336400, 24}, /* documentation */
    {0xcb007100, 24}, /* documentation */
    {0xe0000000, 4},  /* multicast */
    {0xf0000000, 4},  /* reserved, broadcast */
};

static int v4_public(uint32_t address)
{
    for (size_t i = 0; i < sizeof(v4_inside) / sizeof(v4_inside[0]); i++)
        if ((address ^ v4_inside[i].base) >> (32 - v4_inside[i].bits) == 0)
            return 0;
    return 1;
}

static uint32_t v4_at(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int v6_public(const unsigned char *bytes)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
    if (memcmp(bytes, mapped, 12) == 0 || memcmp(bytes, nat64, 12) == 0)
        return v4_public(v4_at(bytes + 12));
    if ((bytes[0] & 0xe0) != 0x20) {
        return 0; /* outside of 2000::/3: loopback, local, multicast, mapped in old ways
                   */
    }
    unsigned first = (unsigned)bytes[0] << 8 | bytes[1];
    unsigned second = (unsigned)bytes[2] << 8 | bytes[3];
    if (first == 0x2002)
        return v4_public(v4_at(bytes + 2)); /* 6to4 */
    if (first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        return 0; /* 2001::/23: Teredo, benchmarks, ORCHID; documentation */
    return !(first == 0x3fff && (second & 0xf000) == 0); /* documentation */
}

int client_address_public(const char *address)
{
    unsigned char bytes[16];
    if (inet_pton(AF_INET, address, bytes) == 1)
        return v4_public(v4_at(bytes));
    return inet_pton(AF_INET6, address, bytes) == 1 && v6_public(bytes);
}

static int sockaddr_public(const struct sockaddr *at)
{
    if (at->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)at;
        return v4_public(ntohl(v4->sin_addr.s_addr));
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)at;
    return v6->sin6_scope_id == 0 && v6_public(v6->sin6_addr.s6_addr);
}

/* ---- resolving ---- */

static void print_one(const struct sockaddr *at, char *to, size_t size)
{
    to[0] = '\0';
    getnameinfo(at,
                at->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6),
                to, (socklen_t)size, NULL, 0, NI_NUMERICHOST);
}

static int check(const char *host, const struct addrinfo *found, struct client_target *target,
                 struct err *err)
{
    int exempt = host_allowed(host);
    target->count = 0;
    for (; found; found = found->ai_next) {
        if (found->ai_family != AF_INET && found->ai_family != AF_INET6)
            continue;
        if (!exempt && !sockaddr_public(found->ai_addr) && !range_allowed(found->ai_addr)) {
            char text[64];
            print_one(found->ai_addr, text, sizeof(text));
            return err_set(err, SOUK_DENIED,
                           "host %s: its address %s is not a public one; if it is meant, "
                           "add it to http_client.allow in souk.lua",
                           host, text);
        }
        if (target->count < CLIENT_ADDRESSES)
            memcpy(&target->at[target->count++], found->ai_addr, found->ai_addrlen);
    }
    if (target->count == 0)
        return err_set(err, SOUK_UNAVAILABLE, "host %s: has no address; check the name", host);
    return 0;
}

int client_address_resolve(const char *host, const char *port, struct client_target *target,
                           struct err *err)
{
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC};
    struct addrinfo *found = NULL;
    wanted.ai_flags = AI_NUMERICSERV;
    int failed = getaddrinfo(host, port, &wanted, &found);
    if (failed) {
        return err_set(err, SOUK_UNAVAILABLE, "host %s: %s; check the name and the network", host,
                       gai_strerror(failed));
    }
    int code = check(host, found, target, err);
    freeaddrinfo(found);
    return code;
}

int client_address_checked(const struct client_target *target, const struct sockaddr *address)
{
    for (int i = 0; i < target->count; i++) {
        const struct sockaddr *known = (const void *)&target->at[i];
        if (known->sa_family != address->sa_family)
            continue;
        if (known->sa_family == AF_INET) {
            const struct sockaddr_in *a = (const void *)known, *b = (const void *)address;
            if (a->sin_addr.s_addr == b->sin_addr.s_addr && a->sin_port == b->sin_port)
                return 1;
        } else if (known->sa_family == AF_INET6) {
            const struct sockaddr_in6 *a = (const void *)known, *b = (const void *)address;
            if (memcmp(&a->sin6_addr, &b->sin6_addr, 16) == 0 && a->sin6_port == b->sin6_port)
                return 1;
        }
    }
    return 0;
}

void client_address_print(const struct client_target *target, struct buf *out)
{
    for (int i = 0; i < target->count; i++) {
        const struct sockaddr *at = (const void *)&target->at[i];
        char text[64];
        print_one(at, text, sizeof(text));
        buf_add_cstr(out, i ? "," : "");
        buf_printf(out, at->sa_family == AF_INET6 ? "[%s]" : "%s", text);
    }
}
