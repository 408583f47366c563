/*
 * push_head.c: the handshake of RFC 6455, read by hand.
 *
 * The idea: these connections never meet libmicrohttpd, so the same strictness is
 * needed here: CRLF line ends only, no folding, no control characters, one Host, one
 * key. Nothing is kept of the head but the head itself.
 *
 * Browsers let any page open a WebSocket anywhere and send the cookies along; Origin is
 * all that tells. So an Origin must name our own Host (or the one host that is
 * configured). No Origin means no browser; what such a client may have is decided by
 * its credentials.
 */
#include "web/push_hub.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include "base/str.h"

#define GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct fields {
    struct souk_str host, upgrade, connection, key, version, origin;
    int hosts, keys, versions, origins, bodies;
};

static int char_fine(char c)
{
    return (unsigned char)c >= 32 ? (unsigned char)c != 127 : c == '\t';
}

/* Cuts the next line, which ends with CRLF, off *rest. 0: no line, or one with
 * characters that do not belong. */
static int take_line(struct souk_str *rest, struct souk_str *line)
{
    for (size_t i = 0; i + 1 < rest->len; i++) {
        if (rest->ptr[i] == '\r' && rest->ptr[i + 1] == '\n') {
            *line = (struct souk_str){rest->ptr, i};
            *rest = str_from(*rest, i + 2);
            return 1;
        }
        if (!char_fine(rest->ptr[i]))
            return 0;
    }
    return 0;
}

static int name_fine(struct souk_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '-' && c != '_' && c != '.')
            return 0;
    }
    return name.len > 0;
}

static void keep(struct fields *fields, struct souk_str name, struct souk_str value)
{
    if (str_equal_nocase(name, souk_str("host"))) {
        fields->host = value;
        fields->hosts++;
    } else if (str_equal_nocase(name, souk_str("upgrade"))) {
        fields->upgrade = value;
    } else if (str_equal_nocase(name, souk_str("connection"))) {
        fields->connection = value;
    } else if (str_equal_nocase(name, souk_str("sec-websocket-key"))) {
        fields->key = value;
        fields->keys++;
    } else if (str_equal_nocase(name, souk_str("sec-websocket-version"))) {
        fields->version = value;
        fields->versions++;
    } else if (str_equal_nocase(name, souk_str("origin"))) {
        fields->origin = value;
        fields->origins++;
    } else if (str_equal_nocase(name, souk_str("content-length")) ||
               str_equal_nocase(name, souk_str("transfer-encoding"))) {
        fields->bodies++;
    }
}

static int read_fields(struct souk_str rest, struct fields *fields)
{
    struct souk_str line;
    while (take_line(&rest, &line)) {
        if (line.len == 0)
            return rest.len == 0;
        ptrdiff_t colon = str_find(line, ':');
        if (colon <= 0)
            return 0;
        struct souk_str name = {line.ptr, (size_t)colon};
        if (!name_fine(name))
            return 0; /* a space too: folded lines and "Host :" */
        keep(fields, name, str_trim(str_from(line, (size_t)colon + 1)));
    }
    return 0;
}

static int has_token(struct souk_str list, const char *token)
{
    struct souk_str part;
    while (str_split(&list, ',', &part))
        if (str_equal_nocase(str_trim(part), souk_str(token)))
            return 1;
    return 0;
}

/* "GET /push HTTP/1.1", with or without a query. 0, or the status to refuse with. */
static int check_line(struct souk_str line)
{
    struct souk_str path;
    if (!str_starts(line, "GET "))
        return 405;
    line = str_from(line, 4);
    if (!str_ends(line, " HTTP/1.1"))
        return 400;
    line.len -= strlen(" HTTP/1.1");
    path = line;
    ptrdiff_t query = str_find(line, '?');
    if (query >= 0)
        path.len = (size_t)query;
    if (str_find(line, ' ') >= 0)
        return 400;
    return souk_str_is(path, "/push") ? 0 : 404;
}

static struct souk_str without_suffix(struct souk_str text, const char *suffix)
{
    if (str_ends(text, suffix))
        text.len -= strlen(suffix);
    return text;
}

static struct souk_str without_port(struct souk_str host)
{
    for (size_t i = host.len; i > 0; i--) {
        char c = host.ptr[i - 1];
        if (c == ':')
            return (struct souk_str){host.ptr, i - 1};
        if (c < '0' || c > '9')
            break;
    }
    return host;
}

static int origin_fits(const struct fields *fields, const char *host_check)
{
    struct souk_str host = fields->host, from = fields->origin;
    const char *port = ":443";
    if (str_starts(from, "https://")) {
        from = str_from(from, 8);
    } else if (str_starts(from, "http://")) {
        from = str_from(from, 7);
        port = ":80";
    } else {
        return 0; /* "null", chrome-extension:// and the like */
    }
    if (str_equal_nocase(without_suffix(from, port), without_suffix(host, port)))
        return 1;
    return host_check && (str_equal_nocase(from, souk_str(host_check)) ||
                          str_equal_nocase(without_port(from), souk_str(host_check)));
}

/* 16 bytes in base64: 22 characters and "==". */
static int key_fine(struct souk_str key)
{
    struct base64_decode_ctx context;
    uint8_t bytes[BASE64_DECODE_LENGTH(24)];
    size_t len = 0;
    if (key.len != 24)
        return 0;
    base64_decode_init(&context);
    return base64_decode_update(&context, &len, bytes, key.len, key.ptr) &&
           base64_decode_final(&context) && len == 16;
}

static void accept_key(struct souk_str key, char accept[PUSH_ACCEPT])
{
    struct sha1_ctx sha1;
    uint8_t digest[SHA1_DIGEST_SIZE];
    sha1_init(&sha1);
    sha1_update(&sha1, key.len, (const uint8_t *)key.ptr);
    sha1_update(&sha1, strlen(GUID), (const uint8_t *)GUID);
    sha1_digest(&sha1, sizeof(digest), digest);
    base64_encode_raw(accept, sizeof(digest), digest);
    accept[PUSH_ACCEPT - 1] = '\0';
}

int push_head_check(struct souk_str head, const char *host_check, char accept[PUSH_ACCEPT])
{
    struct fields fields = {0};
    struct souk_str line;
    if (!take_line(&head, &line))
        return 400;
    int status = check_line(line);
    if (status)
        return status;
    if (!read_fields(head, &fields) || fields.hosts != 1 || fields.host.len == 0 ||
        fields.origins > 1 || fields.bodies)
        return 400;
    if (!has_token(fields.upgrade, "websocket") || !has_token(fields.connection, "upgrade") ||
        fields.versions != 1 || !souk_str_is(fields.version, "13"))
        return 426;
    if (fields.keys != 1 || !key_fine(fields.key))
        return 400;
    if (fields.origins && !origin_fits(&fields, host_check))
        return 403;
    accept_key(fields.key, accept);
    return 101;
}
