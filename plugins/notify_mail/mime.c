/*
 * mime.c: see mime.h.
 *
 * Values come from people: names, subjects, texts. In headers control characters become blanks
 * before anything else is done with them; in bodies everything is encoded, so a line never begins
 * with a point or "From " and is never longer than 76. Latin texts go quoted-printable, which can
 * be read in the source, others as base64, which is shorter.
 */
#include "mime.h"

#include <string.h>

#define LINE    76
#define WORD    45 /* bytes in one encoded word: 75 with its frame */
#define SECONDS INT64_C(86400)

/* ---- bytes ---- */

void mime_add(struct mime_buf *buf, const void *bytes, size_t len)
{
    if (buf->len + len + 1 > buf->cap) {
        size_t cap = buf->cap ? buf->cap * 2 : 1024;
        while (cap < buf->len + len + 1)
            cap *= 2;
        char *more = souk_alloc(buf->ctx, cap);
        if (buf->len)
            memcpy(more, buf->ptr, buf->len);
        buf->ptr = more;
        buf->cap = cap;
    }
    if (len)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void mime_add_str(struct mime_buf *buf, struct souk_str text)
{
    mime_add(buf, text.ptr, text.len);
}

void mime_add_cstr(struct mime_buf *buf, const char *text)
{
    mime_add(buf, text, strlen(text));
}

struct souk_str mime_str(const struct mime_buf *buf)
{
    struct souk_str text = {buf->ptr ? buf->ptr : "", buf->len};
    return text;
}

/* ---- base64 and quoted-printable ---- */

void mime_add_base64(struct mime_buf *out, const void *bytes, size_t len, size_t line)
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *in = bytes;
    size_t column = 0;
    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        unsigned bits = (unsigned)in[i] << 16 | (left > 1 ? (unsigned)in[i + 1] << 8 : 0) |
                        (left > 2 ? (unsigned)in[i + 2] : 0);
        char four[4] = {signs[bits >> 18], signs[bits >> 12 & 63],
                        left > 1 ? signs[bits >> 6 & 63] : '=', left > 2 ? signs[bits & 63] : '='};
        if (line && column == line) {
            mime_add_cstr(out, "\r\n");
            column = 0;
        }
        mime_add(out, four, 4);
        column += 4;
    }
}

static void add_quoted_byte(struct mime_buf *out, unsigned char c, int plain, size_t *column)
{
    static const char hex[] = "0123456789ABCDEF";
    char coded[3] = {'=', hex[c >> 4], hex[c & 15]};
    size_t width = plain ? 1 : 3;
    if (*column + width > LINE - 1) {
        mime_add_cstr(out, "=\r\n");
        *column = 0;
    }
    if (plain)
        mime_add(out, &c, 1);
    else
        mime_add(out, coded, 3);
    *column += width;
}

static int ends_line(struct souk_str text, size_t at)
{
    return at == text.len || text.ptr[at] == '\n' ||
           (text.ptr[at] == '\r' && at + 1 < text.len && text.ptr[at + 1] == '\n');
}

/* "From " and a point at the start of a line mean something to those who carry mail. */
static int is_marked(struct souk_str text, size_t at, size_t column)
{
    return column == 0 &&
           (text.ptr[at] == '.' || (text.len - at >= 5 && memcmp(text.ptr + at, "From ", 5) == 0));
}

void mime_add_quoted(struct mime_buf *out, struct souk_str text)
{
    size_t column = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '\r' && ends_line(text, i))
            continue;
        if (c == '\n') {
            mime_add_cstr(out, "\r\n");
            column = 0;
            continue;
        }
        int blank = c == ' ' || c == '\t';
        int plain = (c > 32 && c < 127 && c != '=') || (blank && !ends_line(text, i + 1));
        add_quoted_byte(out, c, plain && !is_marked(text, i, column), &column);
    }
    if (column)
        mime_add_cstr(out, "\r\n");
}

/* Line breaks as CRLF: what base64 of a text encodes. */
static struct souk_str canonical(struct souk_ctx *ctx, struct souk_str text)
{
    struct mime_buf out = {.ctx = ctx};
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\n')
            continue;
        size_t end = i > start && text.ptr[i - 1] == '\r' ? i - 1 : i;
        mime_add(&out, text.ptr + start, end - start);
        mime_add_cstr(&out, "\r\n");
        start = i + 1;
    }
    mime_add(&out, text.ptr + start, text.len - start);
    return mime_str(&out);
}

static int is_wide(struct souk_str text)
{
    size_t wide = 0;
    for (size_t i = 0; i < text.len; i++)
        wide += (unsigned char)text.ptr[i] > 126;
    return wide * 5 > text.len;
}

static void add_part_headers(struct mime_buf *out, const char *type, struct souk_str text)
{
    mime_add_cstr(out, "Content-Type: ");
    mime_add_cstr(out, type);
    mime_add_cstr(out, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
    mime_add_cstr(out, is_wide(text) ? "base64\r\n" : "quoted-printable\r\n");
}

static void add_part_content(struct mime_buf *out, struct souk_str text)
{
    if (!is_wide(text)) {
        mime_add_quoted(out, text);
        return;
    }
    struct souk_str bytes = canonical(out->ctx, text);
    mime_add_base64(out, bytes.ptr, bytes.len, LINE);
    mime_add_cstr(out, "\r\n");
}

/* ---- headers ---- */

/* Control characters become blanks; what is left is one line. */
static struct souk_str one_line(struct souk_ctx *ctx, struct souk_str text)
{
    char *to = souk_alloc(ctx, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        char sign = c < 32 || c == 127 ? ' ' : (char)c;
        if (sign != ' ' || (len && to[len - 1] != ' '))
            to[len++] = sign;
    }
    while (len && to[len - 1] == ' ')
        len--;
    to[len] = '\0';
    struct souk_str line = {to, len};
    return line;
}

static int needs_words(struct souk_str text, size_t column)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] > 126 ||
            (text.ptr[i] == '=' && i + 1 < text.len && text.ptr[i + 1] == '?'))
            return 1;
    return column + text.len > LINE;
}

/* The most bytes from `at` that fit in a word and end between two characters. */
static size_t word_end(struct souk_str text, size_t at, size_t most)
{
    size_t end = at + most < text.len ? at + most : text.len;
    while (end > at + 1 && end < text.len && ((unsigned char)text.ptr[end] & 0xC0) == 0x80)
        end--;
    return end;
}

void mime_add_words(struct mime_buf *out, struct souk_str text, size_t column)
{
    struct souk_str line = one_line(out->ctx, text);
    if (!needs_words(line, column)) {
        mime_add_str(out, line);
        return;
    }
    size_t at = 0, most = column < 40 ? (LINE - 12 - column) / 4 * 3 : 12;
    if (most > WORD)
        most = WORD;
    while (at < line.len) {
        size_t end = word_end(line, at, most);
        if (at)
            mime_add_cstr(out, "\r\n ");
        mime_add_cstr(out, "=?utf-8?B?");
        mime_add_base64(out, line.ptr + at, end - at, 0);
        mime_add_cstr(out, "?=");
        at = end;
        most = WORD;
    }
}

int mime_address_ok(struct souk_str address)
{
    size_t ats = 0;
    if (address.len < 3 || address.len > 254)
        return 0;
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.ptr[i];
        if (c < 33 || c == 127 || strchr("<>()[],;:\\\"", c))
            return 0;
        ats += c == '@';
    }
    return ats == 1 && address.ptr[0] != '@' && address.ptr[address.len - 1] != '@';
}

static void add_quoted_name(struct mime_buf *out, struct souk_str name)
{
    mime_add_cstr(out, "\"");
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"' || name.ptr[i] == '\\')
            mime_add_cstr(out, "\\");
        mime_add(out, name.ptr + i, 1);
    }
    mime_add_cstr(out, "\"");
}

static void add_mailbox(struct mime_buf *out, const char *header, struct souk_str name,
                        struct souk_str address)
{
    struct souk_str line = one_line(out->ctx, name);
    size_t column = strlen(header) + 2;
    mime_add_cstr(out, header);
    mime_add_cstr(out, ": ");
    if (line.len && needs_words(line, column + 2))
        mime_add_words(out, line, column);
    else if (line.len)
        add_quoted_name(out, line);
    mime_add_cstr(out, line.len ? "\r\n <" : "<");
    mime_add_str(out, address);
    mime_add_cstr(out, ">\r\n");
}

void mime_add_date(struct mime_buf *out, int64_t at)
{
    static const char days[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int64_t seconds = at / 1000000, day = seconds / SECONDS, rest = seconds % SECONDS;
    int64_t z = day + 719468, era = z / 146097,
            doe = z % 146097; /* civil from days, years from March */
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9, year = yoe + era * 400 + (month <= 2);
    char text[64];
    int len =
        snprintf(text, sizeof text, "%.3s, %02d %.3s %d %02d:%02d:%02d +0000", days + 3 * (day % 7),
                 (int)(doy - (153 * mp + 2) / 5 + 1), months + 3 * (month - 1), (int)year,
                 (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    mime_add(out, text, (size_t)len);
}

static void add_boundary(struct mime_buf *out, const struct mime_mail *mail)
{
    mime_add_cstr(out, "=_"); /* never in an encoded body */
    for (size_t i = 0; i < mail->id.len && i < 32 && mail->id.ptr[i] != '@'; i++)
        mime_add(out, mail->id.ptr + i, 1);
}

/* An address that can stand between angles in one line. */
static int is_link(struct souk_str link)
{
    for (size_t i = 0; i < link.len; i++)
        if (link.ptr[i] <= ' ' || link.ptr[i] == 0x7f || link.ptr[i] == '<' || link.ptr[i] == '>')
            return 0;
    return link.len > 0 && link.len < 900;
}

void mime_headers(struct mime_buf *out, const struct mime_mail *mail)
{
    struct souk_str none = {"", 0};
    mime_add_cstr(out, "Date: ");
    mime_add_date(out, mail->at);
    mime_add_cstr(out, "\r\n");
    add_mailbox(out, "From", mail->from_name, mail->from);
    add_mailbox(out, "To", mail->to_name, mail->to);
    if (mail->reply_to.len)
        add_mailbox(out, "Reply-To", none, mail->reply_to);
    mime_add_cstr(out, "Subject: ");
    mime_add_words(out, mail->subject, 9);
    mime_add_cstr(out, "\r\nMessage-ID: <");
    mime_add_str(out, mail->id);
    mime_add_cstr(out, ">\r\nMIME-Version: 1.0\r\n");
    if (mail->locale.len && mail->locale.len < 16) {
        mime_add_cstr(out, "Content-Language: ");
        mime_add_str(out, mail->locale);
        mime_add_cstr(out, "\r\n");
    }
    mime_add_cstr(out, "Auto-Submitted: auto-generated\r\n");
    if (is_link(mail->unsubscribe)) {
        mime_add_cstr(out, "List-Unsubscribe: <");
        mime_add_str(out, mail->unsubscribe);
        mime_add_cstr(out, ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
    }
    if (!mail->html.len) {
        add_part_headers(out, "text/plain", mail->text);
        return;
    }
    mime_add_cstr(out, "Content-Type: multipart/alternative;\r\n boundary=\"");
    add_boundary(out, mail);
    mime_add_cstr(out, "\"\r\n");
}

void mime_body(struct mime_buf *out, const struct mime_mail *mail)
{
    if (!mail->html.len) {
        add_part_content(out, mail->text);
        return;
    }
    for (int i = 0; i < 2; i++) {
        struct souk_str text = i ? mail->html : mail->text;
        mime_add_cstr(out, "--");
        add_boundary(out, mail);
        mime_add_cstr(out, "\r\n");
        add_part_headers(out, i ? "text/html" : "text/plain", text);
        mime_add_cstr(out, "\r\n");
        add_part_content(out, text);
    }
    mime_add_cstr(out, "--");
    add_boundary(out, mail);
    mime_add_cstr(out, "--\r\n");
}
