/*
 * gate.c: the table of research on what libmicrohttpd 0.9.75 lets through, as code.
 *
 * The idea: one pass over the headers that recognises the dozen names that matter by
 * length and first letter, then a few rules over what was found, then one pass over the
 * path. Anything ambiguous is refused, never repaired: after a refusal the server
 * closes the connection, so smuggled bytes behind it are never read as a request.
 *
 * It does not look at bodies, and cannot see what the parser has already swallowed
 * (SECURITY.md).
 */
#include "web/gate.h"

#include <string.h>
#include "base/str.h"
#include "base/utf8.h"

#define ALPHA 1 /* of a token, as in methods and header names */
#define PATH  2 /* may stand in a path or query as it is */
#define HOST  4
#define DIGIT 8

/* clang-format off */
static const unsigned char kinds[256] = {
    ['!'] = ALPHA | PATH, ['#'] = ALPHA, ['$'] = ALPHA | PATH, ['%'] = ALPHA | PATH | HOST, ['&'] = ALPHA | PATH,
    ['\''] = ALPHA | PATH, ['*'] = ALPHA | PATH, ['+'] = ALPHA | PATH, ['-'] = ALPHA | PATH | HOST, ['.'] = ALPHA | PATH | HOST,
    ['^'] = ALPHA | PATH, ['_'] = ALPHA | PATH | HOST, ['`'] = ALPHA | PATH, ['|'] = ALPHA | PATH, ['~'] = ALPHA | PATH,
    ['('] = PATH, [')'] = PATH, [','] = PATH, ['/'] = PATH, [':'] = PATH | HOST, [';'] = PATH, ['='] = PATH, ['?'] = PATH,
    ['@'] = PATH, ['['] = PATH | HOST, [']'] = PATH | HOST, ['"'] = PATH, ['{'] = PATH, ['}'] = PATH, ['<'] = PATH, ['>'] = PATH,
    ['0' ... '9'] = ALPHA | PATH | HOST | DIGIT, ['A' ... 'Z'] = ALPHA | PATH | HOST, ['a' ... 'z'] = ALPHA | PATH | HOST,
    [0x80 ... 0xff] = PATH,
};
/* clang-format on */

static int all(struct souk_str text, int kind)
{
    for (size_t i = 0; i < text.len; i++)
        if (!(kinds[(unsigned char)text.ptr[i]] & kind))
            return 0;
    return 1;
}

static int refuse(struct gate_head *head, int status, enum gate_reason reason, const char *detail)
{
    head->reason = reason;
    head->detail = detail;
    return status;
}

/* ---- headers ---- */

struct found { /* headers that must not come twice */
    int host, length, encoding, type, origin, authorization, site, coding, expect, key;
    struct souk_str length_text, encoding_text, coding_text, expect_text;
};

/* -1 a control character, 1 high bytes, 0 plain */
static int value_kind(struct souk_str value)
{
    int high = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return -1;
        high |= c & 0x80;
    }
    return high ? 1 : 0;
}

static int is(struct souk_str name, const char *lower, size_t len)
{
    return name.len == len && str_equal_nocase(name, str_make(lower, len));
}
#define IS(name, literal) is((name), (literal), sizeof(literal) - 1)

static void note(struct gate_head *head, struct found *found, const struct header *header)
{
    struct souk_str name = header->name;
    switch (name.ptr[0] | 0x20) {
    case 'h':
        if (IS(name, "host")) {
            found->host++;
            head->host = str_trim(header->value);
        }
        break;
    case 'c':
        if (IS(name, "content-length")) {
            found->length++;
            found->length_text = str_trim(header->value);
        } else if (IS(name, "content-type")) {
            found->type++;
        } else if (IS(name, "content-encoding")) {
            found->coding++;
            found->coding_text = str_trim(header->value);
        }
        break;
    case 't':
        if (IS(name, "transfer-encoding")) {
            found->encoding++;
            found->encoding_text = header->value; /* as it is: the parser trims no more than this */
        }
        break;
    case 'o': found->origin += IS(name, "origin"); break;
    case 'a': found->authorization += IS(name, "authorization"); break;
    case 's': found->site += IS(name, "sec-fetch-site"); break;
    case 'i': found->key += IS(name, "idempotency-key"); break;
    case 'e':
        if (IS(name, "expect")) {
            found->expect++;
            found->expect_text = str_trim(header->value);
        }
        break;
    default: break;
    }
}

static int check_headers(struct gate_head *head, struct found *found)
{
    for (size_t i = 0; i < head->headers.count; i++) {
        struct header *header = &head->headers.at[i];
        if (header->name.len == 0 || !all(header->name, ALPHA))
            return refuse(head, 400, GATE_HEADER, "a header's name is not a token");
        int kind = value_kind(header->value);
        if (kind < 0)
            return refuse(head, 400, GATE_HEADER, "a header's value has a control character");
        if (kind > 0 && !utf8_valid(header->value))
            header->value = souk_str("");
        note(head, found, header);
    }
    if (found->host > 1 || found->length > 1 || found->encoding > 1 || found->type > 1 ||
        found->origin > 1 || found->authorization > 1 || found->site > 1 || found->key > 1 ||
        found->coding > 1 || found->expect > 1)
        return refuse(head, 400, GATE_DUPLICATE, "a header that may stand once stands twice");
    return 0;
}

static int check_body(struct gate_head *head, const struct found *found)
{
    head->length = -1;
    head->chunked = 0;
    if (found->encoding) {
        if (found->length)
            return refuse(head, 400, GATE_LENGTH, "Content-Length and Transfer-Encoding together");
        if (!str_equal_nocase(found->encoding_text, souk_str("chunked")))
            return refuse(head, 501, GATE_ENCODING, "the only Transfer-Encoding here is chunked");
        if (head->http_1_0)
            return refuse(head, 400, GATE_ENCODING, "HTTP/1.0 has no Transfer-Encoding");
        head->chunked = 1;
    }
    if (found->length &&
        (found->length_text.len == 0 || found->length_text.len > 18 ||
         !all(found->length_text, DIGIT) || str_to_int(found->length_text, &head->length) != 0))
        return refuse(head, 400, GATE_LENGTH, "Content-Length is not a number");
    if (found->coding && !str_equal_nocase(found->coding_text, souk_str("identity")))
        return refuse(head, 415, GATE_CONTENT_CODING, "send the body without Content-Encoding");
    if (found->expect && !str_equal_nocase(found->expect_text, souk_str("100-continue")))
        return refuse(head, 417, GATE_EXPECT, "unknown expectation");
    return 0;
}

/* ---- the request line ---- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int segment_climbs(struct souk_str segment)
{
    size_t dots = 0;
    for (size_t i = 0; i < segment.len; i++) {
        if (segment.ptr[i] == '.') {
            dots++;
        } else if (segment.len - i >= 3 && memcmp(segment.ptr + i, "%2", 2) == 0 &&
                   (segment.ptr[i + 2] | 0x20) == 'e') {
            dots++;
            i += 2;
        } else {
            return 0;
        }
    }
    return dots == 1 || dots == 2;
}

static int check_path(struct gate_head *head)
{
    struct souk_str path = head->path;
    size_t start = 1;
    int high = 0;
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (!(kinds[c] & PATH))
            return refuse(head, 400, GATE_PATH, "the path has a character that must be encoded");
        high |= c & 0x80;
        if (c == '%') {
            int a = i + 2 < path.len ? hex(path.ptr[i + 1]) : -1;
            int b = i + 2 < path.len ? hex(path.ptr[i + 2]) : -1;
            if (a < 0 || b < 0)
                return refuse(head, 400, GATE_PATH, "a percent sign without two hex digits");
            if ((a | b) == 0)
                return refuse(head, 400, GATE_PATH, "an encoded NUL");
        }
        if (c == '/' || i + 1 == path.len) {
            size_t end = c == '/' ? i : i + 1;
            if (end > start && segment_climbs(str_make(path.ptr + start, end - start)))
                return refuse(head, 400, GATE_PATH, "a segment of dots");
            start = i + 1;
        }
    }
    if (high && !utf8_valid(path))
        return refuse(head, 400, GATE_PATH, "the path is not UTF-8");
    return 0;
}

static int check_query(struct gate_head *head)
{
    struct souk_str query = head->query;
    for (size_t i = 0; i < query.len; i++) {
        unsigned char c = (unsigned char)query.ptr[i];
        if (c <= 0x20 || c == 0x7f)
            return refuse(head, 400, GATE_TARGET, "the query has a control character");
        if (c == '%' && query.len - i >= 3 && query.ptr[i + 1] == '0' && query.ptr[i + 2] == '0')
            return refuse(head, 400, GATE_TARGET, "an encoded NUL");
    }
    return 0;
}

/* http://host/path: the host must be the one of the Host header. What is left begins
 * with the slash. */
static int strip_authority(struct gate_head *head, struct souk_str *target)
{
    size_t skip = str_starts(*target, "http://") ? 7 : str_starts(*target, "https://") ? 8 : 0;
    if (skip == 0)
        return refuse(head, 400, GATE_TARGET, "the target is neither a path nor a URL of ours");
    struct souk_str rest = str_from(*target, skip);
    size_t end = 0;
    while (end < rest.len && rest.ptr[end] != '/' && rest.ptr[end] != '?')
        end++;
    if (!str_equal_nocase(str_make(rest.ptr, end), head->host))
        return refuse(head, 400, GATE_HOST, "the URL names another host than the Host header");
    *target = str_from(rest, end);
    return 0;
}

static int check_target(struct gate_head *head)
{
    struct souk_str target = head->target;
    if (souk_str_is(target, "*") && souk_str_is(head->method, "OPTIONS"))
        target = souk_str("/");
    if (target.len == 0 || target.ptr[0] != '/') {
        int status = strip_authority(head, &target);
        if (status)
            return status;
    }
    ptrdiff_t mark = str_find(target, '?');
    /* A link to "//x" on a page of ours would lead to the host x. */
    if (str_starts(target, "//"))
        return refuse(head, 400, GATE_PATH, "the path begins with two slashes");
    head->path = mark < 0 ? target : str_make(target.ptr, (size_t)mark);
    head->query = mark < 0 ? souk_str("") : str_from(target, (size_t)mark + 1);
    if (head->path.len == 0)
        head->path = souk_str("/");
    int status = check_path(head);
    return status ? status : check_query(head);
}

int gate_check(struct gate_head *head)
{
    struct found found = {0};
    head->reason = GATE_PASS;
    head->detail = NULL;
    head->host = souk_str("");
    head->path = souk_str("/");
    head->query = souk_str("");
    if (head->method.len == 0 || head->method.len > 32 || !all(head->method, ALPHA))
        return refuse(head, 400, GATE_METHOD, "the method is not a token");
    int status = check_headers(head, &found);
    if (status == 0)
        status = check_body(head, &found);
    if (status == 0 && !found.host && !head->http_1_0)
        status = refuse(head, 400, GATE_HOST, "no Host header");
    if (status == 0 && found.host &&
        (head->host.len > 255 || !all(head->host, HOST) ||
         (head->host.len == 0 && !head->http_1_0)))
        status = refuse(head, 400, GATE_HOST, "the Host header is not a host");
    return status ? status : check_target(head);
}

const char *gate_reason_name(enum gate_reason reason)
{
    static const char *const names[GATE_REASONS] = {
        [GATE_PASS] = "pass",           [GATE_METHOD] = "method",
        [GATE_TARGET] = "target",       [GATE_PATH] = "path",
        [GATE_HOST] = "host",           [GATE_HEADER] = "header",
        [GATE_LENGTH] = "length",       [GATE_ENCODING] = "transfer_encoding",
        [GATE_DUPLICATE] = "duplicate", [GATE_CONTENT_CODING] = "content_encoding",
        [GATE_EXPECT] = "expect"};
    return names[reason];
}
