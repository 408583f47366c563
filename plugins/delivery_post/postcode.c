/*
 * postcode: what postcodes look like, by country. In a pattern 9 is a digit and A a letter;
 * several patterns stand with | between. Blanks and hyphens are not looked at: 60-318 and 60318 are
 * one. Whether the place exists is not known here.
 */
#include "post.h"

static const struct {
    char country[3];
    const char *patterns;
} known[] = {
    {"AL", "9999"},
    {"AM", "9999"},
    {"AT", "9999"},
    {"AU", "9999"},
    {"AZ", "AZ9999|9999"},
    {"BA", "99999"},
    {"BD", "9999"},
    {"BE", "9999"},
    {"BG", "9999"},
    {"BR", "99999-999"},
    {"BY", "999999"},
    {"CA", "A9A 9A9"},
    {"CH", "9999"},
    {"CN", "999999"},
    {"CY", "9999"},
    {"CZ", "999 99"},
    {"DE", "99999"},
    {"DK", "9999"},
    {"EE", "99999"},
    {"ES", "99999"},
    {"FI", "99999"},
    {"FR", "99999"},
    {"GB", "A9 9AA|A99 9AA|AA9 9AA|AA99 9AA|A9A 9AA|AA9A 9AA"},
    {"GE", "9999"},
    {"GR", "999 99"},
    {"HR", "99999"},
    {"HU", "9999"},
    {"IL", "9999999|99999"},
    {"IN", "999999"},
    {"IT", "99999"},
    {"JP", "999-9999"},
    {"KZ", "999999|A99A9A9"},
    {"LT", "99999|LT-99999"},
    {"LU", "9999"},
    {"LV", "LV-9999|9999"},
    {"MD", "MD-9999|9999"},
    {"ME", "99999"},
    {"MK", "9999"},
    {"MT", "AAA 9999"},
    {"NL", "9999 AA"},
    {"NO", "9999"},
    {"PL", "99-999"},
    {"PT", "9999-999"},
    {"RO", "999999"},
    {"RS", "99999"},
    {"RU", "999999"},
    {"SE", "999 99"},
    {"SI", "9999"},
    {"SK", "999 99"},
    {"TR", "99999"},
    {"UA", "99999"},
    {"US", "99999|99999-9999"},
};

static int is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static void skip_gaps(struct souk_str *text)
{
    while (text->len && (text->ptr[0] == ' ' || text->ptr[0] == '-'))
        text->ptr++, text->len--;
}

static int fits_one(struct souk_str pattern, struct souk_str text)
{
    for (;;) {
        skip_gaps(&pattern);
        skip_gaps(&text);
        if (pattern.len == 0 || text.len == 0)
            return pattern.len == text.len;
        char want = pattern.ptr[0], c = text.ptr[0];
        int fine = want == '9'   ? c >= '0' && c <= '9'
                   : want == 'A' ? is_letter(c)
                                 : c == want || (is_letter(want) && (c | 0x20) == (want | 0x20));
        if (!fine)
            return 0;
        pattern.ptr++, pattern.len--;
        text.ptr++, text.len--;
    }
}

static struct souk_str patterns_of(const struct post *post, struct souk_str country)
{
    struct souk_walk walk = souk_walk(post->postcodes);
    while (souk_step(&walk))
        if (souk_str_equal(walk.key, country))
            return souk_text(walk.value);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (souk_str_is(country, known[i].country))
            return souk_str(known[i].patterns);
    return souk_str("");
}

int postcode_fits(const struct post *post, struct souk_str country, struct souk_str postcode,
                  struct souk_str *example)
{
    struct souk_str rest = patterns_of(post, country), one;
    *example = rest;
    if (rest.len == 0)
        return 1;
    for (int first = 1; souk_split(&rest, '|', &one); first = 0) {
        if (first)
            *example = one;
        if (fits_one(one, postcode))
            return 1;
    }
    return 0;
}
