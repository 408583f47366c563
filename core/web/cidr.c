/*
 * cidr.c: parsing and matching of addresses. One form for both families (v4-mapped)
 * makes a match a comparison of leading bits, and a mapped address written by a client
 * cannot slip past a rule about IPv4.
 */
#include "web/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/arena.h"
#include "base/str.h"

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static void set_v4(struct cidr_address *out, const void *four)
{
    memcpy(out->bytes, mapped, sizeof(mapped));
    memcpy(out->bytes + 12, four, 4);
}

/* "[::1]:80" and "1.2.3.4:80" lose their dress. */
static struct souk_str bare(struct souk_str text)
{
    ptrdiff_t end;
    if (text.len && text.ptr[0] == '[') {
        end = str_find(text, ']');
        return end > 0 ? str_make(text.ptr + 1, (size_t)end - 1) : souk_str("");
    }
    end = str_find(text, ':');
    if (end >= 0 && str_find(str_from(text, (size_t)end + 1), ':') < 0)
        return str_make(text.ptr, (size_t)end);
    return text;
}

int cidr_address_parse(struct souk_str text, struct cidr_address *out)
{
    char copy[48];
    unsigned char four[4];
    memset(out, 0, sizeof(*out));
    if (souk_str_is(text, "unix")) {
        out->is_unix = 1;
        return 0;
    }
    text = bare(str_trim(text));
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
        return SOUK_INVALID;
    str_copy(copy, sizeof(copy), text);
    if (inet_pton(AF_INET, copy, four) == 1) {
        set_v4(out, four);
        return 0;
    }
    return inet_pton(AF_INET6, copy, out->bytes) == 1 ? 0 : SOUK_INVALID;
}

void cidr_address_from(const struct sockaddr *from, struct cidr_address *out)
{
    memset(out, 0, sizeof(*out));
    if (from->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)from;
        set_v4(out, &in->sin_addr);
    } else if (from->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)from;
        memcpy(out->bytes, &in->sin6_addr, 16);
    } else {
        out->is_unix = 1;
    }
}

static int is_v4(const struct cidr_address *address)
{
    return !address->is_unix && memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

size_t cidr_address_format(const struct cidr_address *address, char *to, size_t size)
{
    if (address->is_unix)
        return str_copy(to, size, souk_str("unix"));
    const char *text = is_v4(address) ? inet_ntop(AF_INET, address->bytes + 12, to, (socklen_t)size)
                                      : inet_ntop(AF_INET6, address->bytes, to, (socklen_t)size);
    return text ? strlen(text) : 0;
}

int cidr_is_loopback(const struct cidr_address *address)
{
    static const unsigned char one[16] = {[15] = 1};
    return !address->is_unix &&
           ((is_v4(address) && address->bytes[12] == 127) || memcmp(address->bytes, one, 16) == 0);
}

int cidr_parse(struct souk_str text, struct cidr_range *out)
{
    int64_t bits;
    ptrdiff_t slash = str_find(text, '/');
    struct souk_str head = slash < 0 ? text : str_make(text.ptr, (size_t)slash);
    if (cidr_address_parse(head, &out->base) != 0)
        return SOUK_INVALID;
    int v4 = is_v4(&out->base);
    out->bits = 128;
    if (slash < 0)
        return 0;
    if (out->base.is_unix || str_to_int(str_from(text, (size_t)slash + 1), &bits) != 0 ||
        bits < 0 || bits > (v4 ? 32 : 128))
        return SOUK_INVALID;
    out->bits = (int)bits + (v4 ? 96 : 0);
    return 0;
}

int cidr_holds(const struct cidr_range *range, const struct cidr_address *address)
{
    if (range->base.is_unix || address->is_unix)
        return range->base.is_unix && address->is_unix;
    size_t whole = (size_t)range->bits / 8;
    int rest = range->bits % 8;
    if (memcmp(range->base.bytes, address->bytes, whole) != 0)
        return 0;
    int mask = 0xff00 >> rest & 0xff;
    return rest == 0 || ((range->base.bytes[whole] ^ address->bytes[whole]) & mask) == 0;
}

static void list_push(struct cidr_list *list, const struct cidr_range *range)
{
    list->at = mem_realloc(list->at, (list->count + 1) * sizeof(*list->at));
    list->at[list->count++] = *range;
}

int cidr_list_parse(const char *const *texts, struct cidr_list *out, struct err *err)
{
    memset(out, 0, sizeof(*out));
    for (; texts && *texts; texts++) {
        struct cidr_range range;
        if (strcmp(*texts, "loopback") == 0) {
            cidr_parse(souk_str("127.0.0.0/8"), &range);
            list_push(out, &range);
            cidr_parse(souk_str("::1"), &range);
        } else if (cidr_parse(souk_str(*texts), &range) != 0) {
            cidr_list_free(out);
            return err_set(err, SOUK_INVALID,
                           "%s is not an address or range; write 10.0.0.1, 10.0.0.0/8, fd00::/8, "
                           "loopback or unix",
                           *texts);
        }
        list_push(out, &range);
    }
    return 0;
}

int cidr_list_holds(const struct cidr_list *list, const struct cidr_address *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (cidr_holds(&list->at[i], address))
            return 1;
    return 0;
}

void cidr_list_free(struct cidr_list *list)
{
    free(list->at);
    memset(list, 0, sizeof(*list));
}
