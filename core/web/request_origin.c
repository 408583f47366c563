/*
 * request_origin.c: where a request comes from.
 *
 * The same-origin rule needs no token in pages, so pages can be cached: browsers say
 * truthfully where a request was made, by Sec-Fetch-Site and Origin, and a page
 * elsewhere cannot forge either. Only a client that sends cookies but neither header
 * (very old browsers, scripts) has to show the session's token.
 *
 * Behind proxies: X-Forwarded-For is read from its right end, as each trusted proxy
 * appended what it saw; the first address that is not a trusted proxy's is the client.
 * What stands further left was said by the client and means nothing.
 */
#include "web/request_origin.h"

#include <string.h>
#include "base/str.h"
#include "web/form.h"

int origin_changes_state(struct souk_str method)
{
    return !(souk_str_is(method, "GET") || souk_str_is(method, "HEAD") ||
             souk_str_is(method, "OPTIONS") || souk_str_is(method, "TRACE"));
}

/* Cuts a port off; 0 when there is none. */
static struct souk_str host_of(struct souk_str text, struct souk_str *port)
{
    size_t end = text.len;
    *port = souk_str("");
    while (end > 0 && text.ptr[end - 1] >= '0' && text.ptr[end - 1] <= '9')
        end--;
    if (end > 0 && text.ptr[end - 1] == ':' && end < text.len) {
        *port = str_from(text, end);
        return str_make(text.ptr, end - 1);
    }
    return text;
}

int origin_matches(struct souk_str origin, struct souk_str host, int tls)
{
    struct souk_str port;
    struct souk_str other;
    int secure = str_starts(origin, "https://");
    if (!secure && !str_starts(origin, "http://"))
        return 0; /* "null", extensions, files */
    if (tls && !secure)
        return 0;
    struct souk_str usual = souk_str(secure ? "443" : "80");
    struct souk_str name = host_of(str_from(origin, secure ? 8 : 7), &port);
    struct souk_str own = host_of(host, &other);
    if (port.len == 0)
        port = usual;
    if (other.len == 0)
        other = usual;
    return name.len && str_equal_nocase(name, own) && souk_str_equal(port, other);
}

/* One that cannot be read counts too: others may stand behind it. */
static int has_cookies(const struct request *request)
{
    for (size_t i = 0; i < request->headers.count; i++)
        if (request->headers.at[i].name.len == 6 &&
            str_equal_nocase(request->headers.at[i].name, souk_str("cookie")))
            return 1;
    return 0;
}

enum origin_verdict origin_check(const struct request *request)
{
    struct souk_str site = request_header(request, "sec-fetch-site");
    struct souk_str origin = request_header(request, "origin");
    if (site.len && !souk_str_is(site, "same-origin") && !souk_str_is(site, "none"))
        return ORIGIN_FOREIGN;
    if (origin.len && !origin_matches(origin, request_header(request, "host"), request->tls))
        return ORIGIN_FOREIGN;
    if (site.len || origin.len || !has_cookies(request))
        return ORIGIN_OWN;
    return ORIGIN_UNKNOWN;
}

/* From right to left over all X-Forwarded-For headers. 1 when the client was found. */
static int walk_back(struct request *request, const struct cidr_list *trusted)
{
    struct cidr_address last;
    int some = 0;
    for (size_t i = request->headers.count; i-- > 0;) {
        const struct header *header = &request->headers.at[i];
        if (header->name.len != 15 || !str_equal_nocase(header->name, souk_str("x-forwarded-for")))
            continue;
        struct souk_str rest = header->value;
        while (rest.len) {
            size_t start = rest.len;
            while (start > 0 && rest.ptr[start - 1] != ',')
                start--;
            struct cidr_address address;
            int code = cidr_address_parse(str_trim(str_from(rest, start)), &address);
            rest.len = start > 0 ? start - 1 : 0;
            if (code != 0 || address.is_unix)
                goto done; /* whoever wrote this is the last one we can name */
            last = address;
            some = 1;
            if (!cidr_list_holds(trusted, &address))
                goto done;
        }
    }
done:
    if (some)
        cidr_address_format(&last, request->address, sizeof(request->address));
    return some;
}

void origin_client(struct request *request, const struct cidr_address *peer, const char *peer_text,
                   const struct cidr_list *trusted)
{
    int behind = trusted->count && cidr_list_holds(trusted, peer);
    request->tls = 0;
    if (behind) {
        request->tls =
            str_equal_nocase(request_header(request, "x-forwarded-proto"), souk_str("https"));
    }
    if (!behind || !walk_back(request, trusted))
        str_copy(request->address, sizeof(request->address), souk_str(peer_text));
}
