/*
 * form.c: can this be a VAT number at all? One rule for each member state: how long, which letters,
 * and the check digits where their rule is public. So a slip of the finger is found before a
 * register is asked, and while none can be.
 *
 * Rules for numbers of natural persons (Czechia, Latvia, some of Bulgaria) look at the length
 * alone.
 */
#include "vat.h"

/* ---- digits ---- */

static int digit(struct souk_str text, size_t at)
{
    return at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9' ? text.ptr[at] - '0' : -1;
}

static int all_digits(struct souk_str text, size_t from, size_t until)
{
    for (size_t i = from; i < until; i++)
        if (digit(text, i) < 0)
            return 0;
    return text.len >= until;
}

static int is_digits(struct souk_str text, size_t len)
{
    return text.len == len && all_digits(text, 0, len);
}

static int is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Digits from `from` on, each times its weight. */
static int weigh(struct souk_str text, size_t from, const int *weights, size_t count)
{
    int sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += digit(text, from + i) * weights[i];
    return sum;
}
#define WEIGH(text, ...)                                                                           \
    weigh((text), 0, (const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

static int64_t value(struct souk_str text, size_t from, size_t until)
{
    int64_t sum = 0;
    for (size_t i = from; i < until; i++)
        sum = sum * 10 + digit(text, i);
    return sum;
}

static int luhn(struct souk_str text, size_t len)
{
    int sum = 0;
    for (size_t i = 0; i < len; i++) {
        int d = digit(text, len - 1 - i) * (i % 2 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    return sum % 10 == 0;
}

/* ISO 7064, mod 11,10: the last digit checks the others. */
static int iso_7064(struct souk_str text)
{
    int product = 10;
    for (size_t i = 0; i + 1 < text.len; i++) {
        int sum = (digit(text, i) + product) % 10;
        product = 2 * (sum ? sum : 10) % 11;
    }
    return (11 - product) % 10 == digit(text, text.len - 1);
}

/* ---- the member states ---- */

static int fits_at(struct souk_str n)
{
    if (n.len != 9 || n.ptr[0] != 'U' || !all_digits(n, 1, 9))
        return 0;
    int sum = 4;
    for (size_t i = 1; i < 8; i++) {
        int d = digit(n, i);
        sum += i % 2 ? d : d / 5 + d * 2 % 10;
    }
    return (10 - sum % 10) % 10 == digit(n, 8);
}

static int fits_be(struct souk_str n)
{
    return is_digits(n, 10) && n.ptr[0] <= '1' && value(n, 0, 8) > 0 &&
           97 - value(n, 0, 8) % 97 == value(n, 8, 10);
}

static int fits_bg(struct souk_str n)
{
    if (is_digits(n, 9)) {
        int check = WEIGH(n, 1, 2, 3, 4, 5, 6, 7, 8) % 11;
        if (check == 10)
            check = WEIGH(n, 3, 4, 5, 6, 7, 8, 9, 10) % 11 % 10;
        return check == digit(n, 8);
    }
    if (!is_digits(n, 10))
        return 0;
    int person = WEIGH(n, 2, 4, 8, 5, 10, 9, 7, 3, 6) % 11 % 10;
    int stranger = WEIGH(n, 21, 19, 17, 13, 11, 9, 7, 3, 1) % 10;
    int other = (11 - WEIGH(n, 4, 3, 2, 7, 6, 5, 4, 3, 2) % 11) % 11;
    int last = digit(n, 9);
    return last == person || last == stranger || (other < 10 && last == other);
}

static int fits_cy(struct souk_str n)
{
    static const int odd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
    int sum = 0;
    if (n.len != 9 || !all_digits(n, 0, 8) || memcmp(n.ptr, "12", 2) == 0)
        return 0;
    for (size_t i = 0; i < 8; i++)
        sum += i % 2 ? digit(n, i) : odd[digit(n, i)];
    return n.ptr[8] == 'A' + sum % 26;
}

static int fits_cz(struct souk_str n)
{
    if (is_digits(n, 9) || is_digits(n, 10))
        return 1;
    if (!is_digits(n, 8) || n.ptr[0] == '9')
        return 0;
    return (11 - WEIGH(n, 8, 7, 6, 5, 4, 3, 2) % 11) % 10 == digit(n, 7);
}

static int fits_de(struct souk_str n)
{
    return is_digits(n, 9) && n.ptr[0] != '0' && iso_7064(n);
}

static int fits_dk(struct souk_str n)
{
    return is_digits(n, 8) && n.ptr[0] != '0' && WEIGH(n, 2, 7, 6, 5, 4, 3, 2, 1) % 11 == 0;
}

static int fits_ee(struct souk_str n)
{
    return is_digits(n, 9) && (10 - WEIGH(n, 3, 7, 1, 3, 7, 1, 3, 7) % 10) % 10 == digit(n, 8);
}

static int fits_el(struct souk_str n)
{
    return is_digits(n, 9) && value(n, 0, 9) > 0 &&
           WEIGH(n, 256, 128, 64, 32, 16, 8, 4, 2) % 11 % 10 == digit(n, 8);
}

static int fits_es(struct souk_str n)
{
    static const char persons[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    if (n.len != 9 || !all_digits(n, 1, 8))
        return 0;
    char first = n.ptr[0], last = n.ptr[8];
    if (first >= '0' && first <= '9')
        return persons[value(n, 0, 8) % 23] == last;
    if (first == 'X' || first == 'Y' || first == 'Z')
        return persons[(value(n, 1, 8) + (first - 'X') * INT64_C(10000000)) % 23] == last;
    if (first == 'K' || first == 'L' || first == 'M')
        return persons[value(n, 1, 8) % 23] == last;
    if (!strchr("ABCDEFGHJNPQRSUVW", first) || !first)
        return 0;
    int sum = 0;
    for (size_t i = 1; i < 8; i++) {
        int d = digit(n, i) * (i % 2 ? 2 : 1);
        sum += d > 9 ? d - 9 : d;
    }
    int check = (10 - sum % 10) % 10;
    return last == '0' + check || last == "JABCDEFGHI"[check];
}

static int fits_fi(struct souk_str n)
{
    return is_digits(n, 8) && (11 - WEIGH(n, 7, 9, 10, 5, 8, 4, 2) % 11) % 11 == digit(n, 7);
}

static int fits_fr(struct souk_str n)
{
    if (n.len != 11 || !all_digits(n, 2, 11))
        return 0;
    for (size_t i = 0; i < 2; i++)
        if (digit(n, i) < 0 && (!is_letter(n.ptr[i]) || n.ptr[i] == 'O' || n.ptr[i] == 'I'))
            return 0;
    if (digit(n, 0) < 0 || digit(n, 1) < 0)
        return 1; /* of the new kind: its key has letters */
    return (12 + 3 * (value(n, 2, 11) % 97)) % 97 == value(n, 0, 2);
}

static int fits_hr(struct souk_str n)
{
    return is_digits(n, 11) && iso_7064(n);
}

static int fits_hu(struct souk_str n)
{
    return is_digits(n, 8) && (10 - WEIGH(n, 9, 7, 3, 1, 9, 7, 3) % 10) % 10 == digit(n, 7);
}

static int fits_ie(struct souk_str n)
{
    char turned[9];
    int extra = 0;
    if (n.len != 8 && n.len != 9)
        return 0;
    memcpy(turned, n.ptr, n.len);
    if (n.len == 8 && digit(n, 1) < 0) { /* the old form: 1X23456A */
        if (!is_letter(n.ptr[1]) && n.ptr[1] != '+' && n.ptr[1] != '*')
            return 0;
        turned[0] = '0';
        memcpy(turned + 1, n.ptr + 2, 5);
        turned[6] = n.ptr[0];
    }
    struct souk_str text = {turned, n.len};
    if (!all_digits(text, 0, 7) || !is_letter(n.ptr[7]))
        return 0;
    if (n.len == 9) {
        if (n.ptr[8] != 'W' && (n.ptr[8] < 'A' || n.ptr[8] > 'I'))
            return 0;
        extra = n.ptr[8] == 'W' ? 0 : (n.ptr[8] - 'A' + 1) * 9;
    }
    return "WABCDEFGHIJKLMNOPQRSTUV"[(WEIGH(text, 8, 7, 6, 5, 4, 3, 2) + extra) % 23] == n.ptr[7];
}

static int fits_it(struct souk_str n)
{
    return is_digits(n, 11) && value(n, 0, 7) > 0 && luhn(n, 11);
}

static int fits_lt(struct souk_str n)
{
    int check;
    if (is_digits(n, 9)) {
        if ((check = WEIGH(n, 1, 2, 3, 4, 5, 6, 7, 8) % 11) == 10)
            check = WEIGH(n, 3, 4, 5, 6, 7, 8, 9, 1) % 11 % 10;
        return check == digit(n, 8);
    }
    if (!is_digits(n, 12))
        return 0;
    if ((check = WEIGH(n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2) % 11) == 10)
        check = WEIGH(n, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4) % 11 % 10;
    return check == digit(n, 11);
}

static int fits_lu(struct souk_str n)
{
    return is_digits(n, 8) && value(n, 0, 6) > 0 && value(n, 0, 6) % 89 == value(n, 6, 8);
}

static int fits_lv(struct souk_str n)
{
    if (!is_digits(n, 11))
        return 0;
    return n.ptr[0] <= '3' || WEIGH(n, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1) % 11 == 3;
}

static int fits_mt(struct souk_str n)
{
    return is_digits(n, 8) && n.ptr[0] != '0' && WEIGH(n, 3, 4, 6, 7, 8, 9, 10, 1) % 37 == 0;
}

/* Either of the two rules: that of companies, or mod 97 over "NL" and all (sole traders). */
static int fits_nl(struct souk_str n)
{
    if (n.len != 12 || !all_digits(n, 0, 9) || n.ptr[9] != 'B' || !all_digits(n, 10, 12) ||
        value(n, 10, 12) == 0)
        return 0;
    if (WEIGH(n, 9, 8, 7, 6, 5, 4, 3, 2) % 11 == digit(n, 8))
        return 1;
    int64_t rest = 2321; /* N is 23, L is 21, B is 11 */
    for (size_t i = 0; i < 12; i++)
        rest = i == 9 ? (rest * 100 + 11) % 97 : (rest * 10 + digit(n, i)) % 97;
    return rest == 1;
}

static int fits_pl(struct souk_str n)
{
    return is_digits(n, 10) && WEIGH(n, 6, 5, 7, 2, 3, 4, 5, 6, 7) % 11 == digit(n, 9);
}

static int fits_pt(struct souk_str n)
{
    if (!is_digits(n, 9) || n.ptr[0] == '0')
        return 0;
    int check = 11 - WEIGH(n, 9, 8, 7, 6, 5, 4, 3, 2) % 11;
    return (check > 9 ? 0 : check) == digit(n, 8);
}

static int fits_ro(struct souk_str n)
{
    static const int weights[] = {7, 5, 3, 2, 1, 7, 5, 3, 2};
    if (n.len < 2 || n.len > 10 || !all_digits(n, 0, n.len) || n.ptr[0] == '0')
        return 0;
    int sum = weigh(n, 0, weights + (10 - n.len), n.len - 1);
    return sum * 10 % 11 % 10 == digit(n, n.len - 1);
}

static int fits_se(struct souk_str n)
{
    return is_digits(n, 12) && luhn(n, 10) && value(n, 10, 12) >= 1 && value(n, 10, 12) <= 94;
}

static int fits_si(struct souk_str n)
{
    if (!is_digits(n, 8) || n.ptr[0] == '0')
        return 0;
    int check = 11 - WEIGH(n, 8, 7, 6, 5, 4, 3, 2) % 11;
    return check != 11 && check % 10 == digit(n, 7);
}

static int fits_sk(struct souk_str n)
{
    return is_digits(n, 10) && n.ptr[0] != '0' && value(n, 0, 10) % 11 == 0;
}

/* Northern Ireland has the United Kingdom's numbers: of businesses, with three digits more for a
 * branch, and those of government departments and health authorities. */
static int fits_xi(struct souk_str n)
{
    if (n.len == 5 && all_digits(n, 2, 5))
        return memcmp(n.ptr, value(n, 2, 5) < 500 ? "GD" : "HA", 2) == 0;
    if (!is_digits(n, 9) && !is_digits(n, 12))
        return 0;
    int rest = WEIGH(n, 8, 7, 6, 5, 4, 3, 2, 10, 1) % 97;
    return rest == 0 || ((rest == 42 || rest == 55) && n.ptr[0] != '0');
}

static const struct {
    const char *prefix;
    int (*fits)(struct souk_str rest);
} forms[] = {
    {"AT", fits_at}, {"BE", fits_be}, {"BG", fits_bg}, {"CY", fits_cy}, {"CZ", fits_cz},
    {"DE", fits_de}, {"DK", fits_dk}, {"EE", fits_ee}, {"EL", fits_el}, {"ES", fits_es},
    {"FI", fits_fi}, {"FR", fits_fr}, {"HR", fits_hr}, {"HU", fits_hu}, {"IE", fits_ie},
    {"IT", fits_it}, {"LT", fits_lt}, {"LU", fits_lu}, {"LV", fits_lv}, {"MT", fits_mt},
    {"NL", fits_nl}, {"PL", fits_pl}, {"PT", fits_pt}, {"RO", fits_ro}, {"SE", fits_se},
    {"SI", fits_si}, {"SK", fits_sk}, {"XI", fits_xi},
};

int form_fits(const char *prefix, struct souk_str rest)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strncmp(forms[i].prefix, prefix, 2) == 0)
            return forms[i].fits(rest);
    return 0;
}

/* ---- what was typed ---- */

/* Large letters, digits, + and *; blanks, points, hyphens and strokes are left out. -1: others. */
static int squeeze(struct souk_str typed, char *to, size_t room)
{
    size_t len = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];
        if (c == ' ' || c == '.' || c == '-' || c == '/' || c == '\t')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '+' && c != '*')
            return -1;
        if (len + 1 >= room)
            return -1;
        to[len++] = c;
    }
    to[len] = 0;
    return (int)len;
}

int form_normalise(struct souk_str typed, struct souk_str country, char number[NUMBER_ROOM],
                   int *foreign)
{
    char plain[NUMBER_ROOM - 2];
    const struct member *home = member_of(country);
    int len = squeeze(typed, plain, sizeof plain);
    *foreign = 0;
    if (len < 0) {
        *foreign = !home;
        return 0;
    }
    if (len > 2 && memcmp(plain, "GR", 2) == 0)
        memcpy(plain, "EL", 2);
    const struct member *named = len > 2 ? member_by_prefix((struct souk_str){plain, 2}) : NULL;
    struct souk_str rest = {plain, (size_t)len};
    if (named && (!home || form_fits(named->prefix, (struct souk_str){plain + 2, rest.len - 2}) ||
                  !form_fits(home->prefix, rest))) {
        rest.ptr += 2;
        rest.len -= 2;
        home = named;
    }
    if (!home) {
        *foreign = 1;
        return 0;
    }
    memcpy(number, home->prefix, 2);
    memcpy(number + 2, rest.ptr, rest.len);
    number[2 + rest.len] = 0;
    return form_fits(home->prefix, rest);
}
