/*
 * words: texts as they are compared and shown. Names of cities are folded without a library: the
 * letters of Latin, Greek, Cyrillic and Armenian become small, all else stays as it is.
 */
#include "pickup.h"

static uint32_t fold_letter(uint32_t c)
{
    if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
        (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F))
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40F)
        return c + 0x50;
    if (c >= 0x531 && c <= 0x556)
        return c + 0x30;
    if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177) || (c >= 0x460 && c <= 0x4BF))
        return c | 1;
    if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
        return c + (c & 1);
    return c;
}

struct souk_str words_fold(struct souk_ctx *ctx, struct souk_str text)
{
    char *to = souk_alloc(ctx, text.len + 2);
    size_t len = 0;
    text = souk_trim(text);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == ' ' && len && to[len - 1] == ' ')
            continue;
        if (c < 0x80) {
            to[len++] = (char)fold_letter(c);
        } else if ((c & 0xE0) == 0xC0 && i + 1 < text.len) { /* all letters above have two bytes */
            uint32_t letter =
                fold_letter((uint32_t)(c & 0x1F) << 6 | ((unsigned char)text.ptr[i + 1] & 0x3F));
            to[len++] = (char)(0xC0 | letter >> 6);
            to[len++] = (char)(0x80 | (letter & 0x3F));
            i++;
        } else {
            to[len++] = (char)c;
        }
    }
    to[len] = '\0';
    return (struct souk_str){to, len};
}

struct souk_str words_date(struct souk_ctx *ctx, int64_t at)
{
    int64_t z = at / DAY_US + 719468, era = z / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 3 : mp - 9;
    return souk_printf(ctx, "%04d-%02d-%02d", (int)(yoe + era * 400 + (month <= 2)), (int)month,
                       (int)day);
}

struct souk_str words_count(struct souk_ctx *ctx, const char *one, const char *many, int64_t count)
{
    struct souk_str words = souk_tn(ctx, one, many, count);
    const char *text = souk_copy(ctx, words).ptr, *mark = strstr(text, "{count}");
    return mark ? souk_printf(ctx, "%.*s%lld%s", (int)(mark - text), text, (long long)count,
                              mark + strlen("{count}"))
                : words;
}
