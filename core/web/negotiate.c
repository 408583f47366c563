/*
 * negotiate: what a client says about the form that it wants an answer in: compressed or not (RFC
 * 9110, 12.5.3), and whether it has the answer already (RFC 9110, 13.1.2). Shared by answers made
 * for one request and by finished ones.
 */
#include "web/negotiate.h"

#include "base/str.h"

/* Is the weight of "gzip;q=0.5" above zero? Anything that is not a zero counts as
 * above. */
static int weight_above_zero(struct souk_str parameters)
{
    struct souk_str part;
    while (str_split(&parameters, ';', &part)) {
        part = str_trim(part);
        if (part.len < 3 || (part.ptr[0] | 32) != 'q' || part.ptr[1] != '=')
            continue;
        for (size_t i = 2; i < part.len; i++)
            if (part.ptr[i] >= '1' && part.ptr[i] <= '9')
                return 1;
        return 0;
    }
    return 1;
}

int negotiate_gzip(const struct request *request)
{
    struct souk_str rest = request_header(request, "Accept-Encoding"), part;
    int any = 0;
    while (str_split(&rest, ',', &part)) {
        struct souk_str name = part;
        ptrdiff_t at = str_find(part, ';');
        if (at >= 0)
            name.len = (size_t)at;
        name = str_trim(name);
        int wanted = at < 0 || weight_above_zero(str_from(part, (size_t)at + 1));
        if (str_equal_nocase(name, souk_str("gzip")))
            return wanted;
        if (souk_str_is(name, "*"))
            any = wanted;
    }
    return any;
}

int negotiate_unchanged(const struct request *request, const char *opaque)
{
    struct souk_str rest = request_header(request, "If-None-Match"), part;
    while (str_split(&rest, ',', &part)) {
        part = str_trim(part);
        if (souk_str_is(part, "*"))
            return 1;
        if (str_starts(part, "W/"))
            part = str_from(part, 2);
        if (souk_str_is(part, opaque))
            return 1;
    }
    return 0;
}
