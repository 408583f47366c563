/*
 * import_value: cells as values: money, measures, numbers, times, lists. All arithmetic is on
 * integers: a decimal is its digits and how many stand behind the point.
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "shop/import_table.h"

#define DIGITS 15

struct decimal {
    int64_t digits;
    int scale; /* digits behind the point */
};

/* Which of the two is the decimal mark: the last one, unless it groups thousands ("1,299"). */
static size_t find_mark(struct souk_str text)
{
    size_t mark = text.len, last = text.len;
    int points = 0, commas = 0;
    for (size_t i = 0; i < text.len; i++) {
        points += text.ptr[i] == '.';
        commas += text.ptr[i] == ',';
        if (text.ptr[i] == '.' || text.ptr[i] == ',')
            last = i;
    }
    mark = last;
    if (last < text.len && points + commas > 1 && (points == 0 || commas == 0))
        mark = text.len; /* "1.299.000" */
    if (last < text.len && commas == 1 && points == 0 && text.len - last == 4 && last > 0 &&
        text.ptr[0] != '0')
        mark = text.len; /* "1,299" */
    return mark;
}

/* No-break and thin spaces between thousands: how many bytes one has, 0: there is none. */
static size_t wide_space(struct souk_str text, size_t at)
{
    static const char *const spaces[] = {"\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89"};
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (str_starts(str_from(text, at), spaces[i]))
            return strlen(spaces[i]);
    return 0;
}

static int parse_decimal(struct souk_str text, struct decimal *out)
{
    int any = 0;
    size_t mark = find_mark(text);
    *out = (struct decimal){0, 0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c >= '0' && c <= '9') {
            if (i > mark && c == '0' && out->digits >= INT64_C(100000000000000))
                continue;
            if (out->digits >= INT64_C(1000000000000000))
                return SOUK_INVALID;
            out->digits = out->digits * 10 + (c - '0');
            out->scale += i > mark;
            any = 1;
        } else if (wide_space(text, i)) {
            i += wide_space(text, i) - 1;
        } else if (c != '.' && c != ',' && c != '\'' && c != ' ') {
            return SOUK_INVALID;
        }
    }
    while (out->scale > 0 && out->digits % 10 == 0) {
        out->digits /= 10;
        out->scale--;
    }
    return any ? SOUK_OK : SOUK_INVALID;
}

/* Without a currency's sign or code before or behind. */
static struct souk_str bare(struct souk_str text)
{
    static const char *const signs[] = {"€", "$",   "£",   "¥",   "֏",   "лв.", "лв",  "Ft",  "ƒ",
                                        "৳", "EUR", "USD", "BGN", "HUF", "AMD", "BDT", "GBP", NULL};
    text = str_trim(text);
    for (int i = 0; signs[i]; i++) {
        if (str_starts(text, signs[i]))
            return str_trim(str_from(text, strlen(signs[i])));
        if (str_ends(text, signs[i]))
            return str_trim(str_make(text.ptr, text.len - strlen(signs[i])));
    }
    return text;
}

int import_money(struct souk_str text, const char *currency, int64_t *minor)
{
    struct decimal value;
    int digits = money_digits(currency);
    digits = digits < 0 ? 2 : digits;
    if (parse_decimal(bare(text), &value) != SOUK_OK || value.scale > digits)
        return SOUK_INVALID;
    for (int i = value.scale; i < digits; i++) {
        if (value.digits > INT64_MAX / 10)
            return SOUK_INVALID;
        value.digits *= 10;
    }
    *minor = value.digits;
    return SOUK_OK;
}

int import_measure(struct souk_str text, struct souk_str unit, int64_t *out)
{
    static const struct {
        const char *name;
        int64_t up, down; /* of the base unit (gram, millimetre) */
    } units[] = {{"kg", 1000, 1},
                 {"g", 1, 1},
                 {"lb", 45359237, 100000},
                 {"lbs", 45359237, 100000},
                 {"oz", 28349523125, 1000000000},
                 {"mg", 1, 1000},
                 {"m", 1000, 1},
                 {"cm", 10, 1},
                 {"mm", 1, 1},
                 {"in", 254, 10},
                 {"inch", 254, 10},
                 {"ft", 3048, 10},
                 {"yd", 9144, 10}};
    struct decimal value;
    if (parse_decimal(text, &value) != SOUK_OK)
        return SOUK_INVALID;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_equal_nocase(unit, souk_str(units[i].name)))
            continue;
        __int128 down = units[i].down;
        for (int k = 0; k < value.scale; k++)
            down *= 10;
        __int128 up = (__int128)value.digits * units[i].up;
        __int128 whole = (2 * up + down) / (2 * down);
        if (whole > INT32_MAX)
            return SOUK_INVALID;
        *out = (int64_t)whole;
        return SOUK_OK;
    }
    return SOUK_INVALID;
}

int import_number(struct souk_str text, int64_t *out)
{
    struct decimal value;
    int minus = text.len > 1 && text.ptr[0] == '-';
    if (parse_decimal(str_from(text, (size_t)minus), &value) != SOUK_OK || value.scale)
        return SOUK_INVALID;
    *out = minus ? -value.digits : value.digits;
    return SOUK_OK;
}

int import_bool(struct souk_str text, int *out)
{
    static const char *const yes[] = {"1", "true", "yes", "y", "on", "active", NULL};
    static const char *const no[] = {"0", "false", "no", "n", "off", "inactive", NULL};
    for (int i = 0; yes[i]; i++)
        if (str_equal_nocase(text, souk_str(yes[i])))
            return *out = 1, SOUK_OK;
    for (int i = 0; no[i]; i++)
        if (str_equal_nocase(text, souk_str(no[i])))
            return *out = 0, SOUK_OK;
    return SOUK_INVALID;
}

/* "1/31/26, 12:00 AM", as Magento's export writes it; the day counts. */
static int american(struct souk_str text, struct clock_civil *civil)
{
    struct souk_str part;
    ptrdiff_t end = str_find(text, ' ');
    if (end > 0)
        text.len = (size_t)end;
    int64_t month, day, year;
    if (!str_split(&text, '/', &part) || str_to_int(part, &month) ||
        !str_split(&text, '/', &part) || str_to_int(part, &day) || !str_split(&text, ',', &part) ||
        str_to_int(str_trim(part), &year) || month < 1 || month > 12 || day < 1 || day > 31 ||
        year < 0 || year > 9999)
        return SOUK_INVALID;
    *civil = (struct clock_civil){
        .year = (int)(year < 100 ? 2000 + year : year), .month = (int)month, .day = (int)day};
    return SOUK_OK;
}

int import_time(struct souk_str text, int end, int64_t *out)
{
    char copy[40];
    struct clock_civil civil;
    if (american(text, &civil) == SOUK_OK) {
        *out = clock_from_civil(civil) + (end ? CLOCK_DAY : 0);
        return SOUK_OK;
    }
    size_t len = str_copy(copy, sizeof copy - 2, text);
    if (len < text.len)
        return SOUK_INVALID;
    if (len > 10 && copy[10] == ' ')
        copy[10] = 'T';
    if (len == 19 || len == 16) { /* no zone: UTC */
        if (len == 16) {
            memcpy(copy + 16, ":00", 4);
            len = 19;
        }
        copy[len++] = 'Z';
        copy[len] = 0;
    }
    if (clock_parse(str_make(copy, len), out) != SOUK_OK)
        return SOUK_INVALID;
    if (len == 10 && end)
        *out += CLOCK_DAY;
    return SOUK_OK;
}

int import_list(struct arena *arena, struct souk_str *rest, char separator, struct souk_str *item)
{
    while (rest->len) {
        struct buf out = {.arena = arena};
        size_t i = 0;
        for (; i < rest->len && rest->ptr[i] != separator; i++) {
            if (rest->ptr[i] == '\\' && i + 1 < rest->len && rest->ptr[i + 1] == separator)
                i++;
            buf_add_char(&out, rest->ptr[i]);
        }
        *rest = str_from(*rest, i + 1);
        *item = str_trim(buf_str(&out));
        if (item->len)
            return 1;
    }
    return 0;
}
