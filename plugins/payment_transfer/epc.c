/*
 * epc.c: account numbers and references with check digits (ISO 7064 mod 97-10), and the QR code of
 * a SEPA transfer (EPC069-12) as SVG.
 */
#include "transfer.h"

#include <qrencode.h>
#include <stdlib.h>

#define QUIET 4 /* modules around the code, as its standard asks for */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

/* Letters and digits alone, in capitals; the length, or -1 when there is anything else or too much.
 */
static int squeeze(struct souk_str text, char *to, int most)
{
    int len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == ' ')
            continue;
        if ((!is_digit(c) && !is_letter(c)) || len == most)
            return -1;
        to[len++] = upper(c);
    }
    return len;
}

static int mod97(const char *text, int len, int rest)
{
    for (int i = 0; i < len; i++) {
        int value = is_digit(text[i]) ? text[i] - '0' : text[i] - 'A' + 10;
        rest = (value > 9 ? rest * 100 + value : rest * 10 + value) % 97;
    }
    return rest;
}

int epc_check(struct souk_str text)
{
    char plain[64];
    int len = squeeze(text, plain, (int)sizeof plain);
    return len >= 5 && is_letter(plain[0]) && is_letter(plain[1]) && is_digit(plain[2]) &&
           is_digit(plain[3]) && mod97(plain, 4, mod97(plain + 4, len - 4, 0)) == 1;
}

int epc_is_iban(struct souk_str text)
{
    char plain[64];
    int len = squeeze(text, plain, (int)sizeof plain);
    return len >= 15 && len <= 34 && epc_check(text);
}

struct souk_str epc_reference(struct souk_ctx *ctx, struct souk_str number)
{
    char body[22];
    int len = 0;
    for (size_t i = 0; i < number.len; i++)
        if (is_digit(number.ptr[i]) || is_letter(number.ptr[i])) {
            if (len == 21)
                return souk_str("");
            body[len++] = upper(number.ptr[i]);
        }
    if (len == 0)
        return souk_str("");
    return souk_printf(ctx, "RF%02d%.*s", 98 - mod97("RF00", 4, mod97(body, len, 0)), len, body);
}

/* The longest run from here, spaces between, that checks out; *used: of the text. */
static int checked_run(struct souk_str text, size_t at, int least, int most, char *plain,
                       size_t *used)
{
    size_t ends[36];
    int len = 0;
    for (size_t i = at; i < text.len && len < most; i++) {
        char c = text.ptr[i];
        if (c == ' ' && i + 1 < text.len && len > 0)
            continue;
        if (!is_digit(c) && !is_letter(c))
            break;
        plain[len] = upper(c);
        ends[len++] = i + 1;
    }
    for (; len >= least; len--) {
        /* the run ends where a word does */
        size_t end = ends[len - 1];
        int word = end == text.len || !(is_digit(text.ptr[end]) || is_letter(text.ptr[end]));
        if (word && epc_check((struct souk_str){plain, (size_t)len})) {
            *used = end - at;
            return len;
        }
    }
    return 0;
}

static int begins_word(struct souk_str text, size_t at)
{
    return at == 0 || !(is_digit(text.ptr[at - 1]) || is_letter(text.ptr[at - 1]));
}

struct souk_str epc_find_reference(struct souk_ctx *ctx, struct souk_str text)
{
    char plain[36];
    size_t used;
    for (size_t i = 0; i + 5 <= text.len; i++) {
        if (!begins_word(text, i) || upper(text.ptr[i]) != 'R' || upper(text.ptr[i + 1]) != 'F')
            continue;
        int len = checked_run(text, i, 5, RF_MOST, plain, &used);
        if (len)
            return souk_printf(ctx, "%.*s", len, plain);
    }
    return souk_str("");
}

struct souk_str epc_hide_accounts(struct souk_ctx *ctx, struct souk_str text)
{
    char plain[36], *to = souk_alloc(ctx, text.len + 1);
    size_t len = 0, used;
    for (size_t i = 0; i < text.len;) {
        int rf = i + 1 < text.len && upper(text.ptr[i]) == 'R' && upper(text.ptr[i + 1]) == 'F';
        int run = begins_word(text, i) && is_letter(text.ptr[i]) && !rf
                      ? checked_run(text, i, 15, 34, plain, &used)
                      : 0;
        if (!run) {
            to[len++] = text.ptr[i++];
            continue;
        }
        memcpy(to + len, "\xe2\x80\xa6", 3);
        memcpy(to + len + 3, plain + run - 4, 4);
        len += 7;
        i += used;
    }
    to[len] = '\0';
    return (struct souk_str){to, len};
}

/* ---- the code ---- */

size_t epc_letters(struct souk_str text)
{
    size_t letters = 0;
    for (size_t i = 0; i < text.len; i++)
        letters += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return letters;
}

static int has_break(struct souk_str text)
{
    return memchr(text.ptr, '\n', text.len) != NULL || memchr(text.ptr, '\r', text.len) != NULL;
}

int epc_payload(struct souk_ctx *ctx, const struct epc *epc, struct souk_str *payload)
{
    char iban[64];
    int len = squeeze(epc->iban, iban, (int)sizeof iban);
    if (!epc_is_iban(epc->iban))
        return souk_fail(ctx, SOUK_INVALID, "the IBAN does not check out");
    if (epc->name.len == 0 || epc_letters(epc->name) > 70 || has_break(epc->name))
        return souk_fail(ctx, SOUK_INVALID, "the receiver's name has 1 to 70 letters");
    if (epc->cents < 1 || epc->cents > INT64_C(99999999999))
        return souk_fail(ctx, SOUK_INVALID, "a transfer is 0.01 to 999999999.99 EUR");
    if (epc->reference.len > RF_MOST || (epc->bic.len && epc->bic.len != 8 && epc->bic.len != 11))
        return souk_fail(ctx, SOUK_INVALID, "a BIC has 8 or 11 signs, a reference at most 25");
    *payload = souk_printf(ctx, "BCD\n002\n1\nSCT\n%.*s\n%.*s\n%.*s\nEUR%lld.%02lld\n\n%.*s",
                           SOUK_PRI(epc->bic), SOUK_PRI(epc->name), len, iban,
                           (long long)(epc->cents / 100), (long long)(epc->cents % 100),
                           SOUK_PRI(epc->reference));
    return payload->len <= EPC_MOST
               ? SOUK_OK
               : souk_fail(ctx, SOUK_INVALID, "the QR code takes %d bytes", EPC_MOST);
}

/* One path: a run of dark modules in a row is one rectangle. */
static size_t draw_row(const QRcode *code, int y, char *to)
{
    size_t len = 0;
    for (int x = 0; x < code->width; x++) {
        int begin = x;
        while (x < code->width && code->data[y * code->width + x] & 1)
            x++;
        if (x > begin)
            len += (size_t)snprintf(to + len, 40, "M%d %dh%dv1h-%dz", begin + QUIET, y + QUIET,
                                    x - begin, x - begin);
    }
    return len;
}

int epc_svg(struct souk_ctx *ctx, struct souk_str payload, struct souk_str *svg)
{
    QRcode *code =
        QRcode_encodeData((int)payload.len, (const unsigned char *)payload.ptr, 0, QR_ECLEVEL_M);
    if (!code || code->version > 13) {
        QRcode_free(code);
        return souk_fail(ctx, SOUK_ERROR, "no QR code could be made");
    }
    int side = code->width + 2 * QUIET;
    char *path = souk_alloc(ctx, (size_t)(code->width * code->width) * 20 + 1);
    size_t len = 0;
    for (int y = 0; y < code->width; y++)
        len += draw_row(code, y, path + len);
    *svg = souk_printf(ctx,
                       "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                       "width=\"%d\" height=\"%d\" shape-rendering=\"crispEdges\">"
                       "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"%.*s\"/></svg>",
                       side, side, side * 5, side * 5, side, side, (int)len, path);
    QRcode_free(code);
    return SOUK_OK;
}
