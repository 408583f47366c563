/*
 * slug_make.c: a name made into a part of an address.
 *
 * The name is folded (base/utf8.h), which leaves Latin letters without their accents. Cyrillic goes
 * by the table of the Bulgarian Transliteration Act of 2009 (with letters of other languages that
 * use the script), Armenian by ISO 9985 without its diacritics. Letters, marks and digits of all
 * other scripts stay as they are; whatever else stands between becomes one "-".
 *
 * The table is of code points after folding. "й" and "ї" are letters of their own there, but the
 * fold takes their accents off, so Cyrillic is read from the lower-cased name instead.
 */
#include "shop/slug.h"

#include "base/buf.h"
#include "base/utf8.h"

#define SLUG_MAX 80

struct slug_letter {
    uint32_t point;
    const char *latin;
};

/* Sorted by code point. */
static const struct slug_letter slug_letters[] = {
    /* Latin letters that do not come apart */
    {0x00DF, "ss"},
    {0x00E6, "ae"},
    {0x00F0, "d"},
    {0x00F8, "o"},
    {0x00FE, "th"},
    {0x0111, "d"},
    {0x0127, "h"},
    {0x0131, "i"},
    {0x0142, "l"},
    {0x0153, "oe"},
    {0x0167, "t"},
    {0x0259, "e"},
    /* Cyrillic */
    {0x0430, "a"},
    {0x0431, "b"},
    {0x0432, "v"},
    {0x0433, "g"},
    {0x0434, "d"},
    {0x0435, "e"},
    {0x0436, "zh"},
    {0x0437, "z"},
    {0x0438, "i"},
    {0x0439, "y"},
    {0x043A, "k"},
    {0x043B, "l"},
    {0x043C, "m"},
    {0x043D, "n"},
    {0x043E, "o"},
    {0x043F, "p"},
    {0x0440, "r"},
    {0x0441, "s"},
    {0x0442, "t"},
    {0x0443, "u"},
    {0x0444, "f"},
    {0x0445, "h"},
    {0x0446, "ts"},
    {0x0447, "ch"},
    {0x0448, "sh"},
    {0x0449, "sht"},
    {0x044A, "a"},
    {0x044B, "y"},
    {0x044C, "y"},
    {0x044D, "e"},
    {0x044E, "yu"},
    {0x044F, "ya"},
    {0x0450, "e"},
    {0x0451, "yo"},
    {0x0452, "dj"},
    {0x0453, "gj"},
    {0x0454, "ye"},
    {0x0455, "dz"},
    {0x0456, "i"},
    {0x0457, "yi"},
    {0x0458, "j"},
    {0x0459, "lj"},
    {0x045A, "nj"},
    {0x045B, "c"},
    {0x045C, "kj"},
    {0x045D, "i"},
    {0x045E, "w"},
    {0x045F, "dzh"},
    {0x0491, "g"},
    /* Armenian */
    {0x0561, "a"},
    {0x0562, "b"},
    {0x0563, "g"},
    {0x0564, "d"},
    {0x0565, "e"},
    {0x0566, "z"},
    {0x0567, "e"},
    {0x0568, "e"},
    {0x0569, "t"},
    {0x056A, "z"},
    {0x056B, "i"},
    {0x056C, "l"},
    {0x056D, "x"},
    {0x056E, "c"},
    {0x056F, "k"},
    {0x0570, "h"},
    {0x0571, "j"},
    {0x0572, "g"},
    {0x0573, "c"},
    {0x0574, "m"},
    {0x0575, "y"},
    {0x0576, "n"},
    {0x0577, "s"},
    {0x0578, "o"},
    {0x0579, "c"},
    {0x057A, "p"},
    {0x057B, "j"},
    {0x057C, "r"},
    {0x057D, "s"},
    {0x057E, "v"},
    {0x057F, "t"},
    {0x0580, "r"},
    {0x0581, "c"},
    {0x0582, "w"},
    {0x0583, "p"},
    {0x0584, "k"},
    {0x0585, "o"},
    {0x0586, "f"},
    {0x0587, "ew"},
};

static const char *slug_latin(uint32_t point)
{
    size_t low = 0, high = sizeof slug_letters / sizeof *slug_letters;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (slug_letters[middle].point == point)
            return slug_letters[middle].latin;
        if (slug_letters[middle].point < point)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static size_t slug_point(struct souk_str text, uint32_t *point)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    if (p[0] < 0xC0 || text.len < 2) {
        *point = p[0];
        return 1;
    }
    if (p[0] < 0xE0) {
        *point = (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
        return 2;
    }
    if (p[0] < 0xF0 && text.len >= 3) {
        *point = (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
        return 3;
    }
    *point = 0x10000;
    return text.len >= 4 ? 4 : text.len;
}

/* Does a code point beyond the tables stay? All but punctuation, spaces, symbols and pictures; the
 * blocks of these are few. */
static int slug_stays(uint32_t point)
{
    if (point < 0x00C0 || point == 0x00D7 || point == 0x00F7) /* Latin-1 signs */
        return 0;
    if ((point >= 0x02B0 && point <= 0x036F) || point == 0x037E || point == 0x0387)
        return 0; /* modifiers and loose accents */
    if ((point >= 0x055A && point <= 0x055F) || (point >= 0x0589 && point <= 0x058F) ||
        (point >= 0x05BE && point <= 0x05C6 && point != 0x05BF) || point == 0x05F3 ||
        point == 0x05F4)
        return 0; /* Armenian, Hebrew */
    if ((point >= 0x0600 && point <= 0x061F) || (point >= 0x066A && point <= 0x066D) ||
        point == 0x06D4)
        return 0; /* Arabic */
    if (point == 0x0964 || point == 0x0965 || point == 0x0970 ||
        (point >= 0x09F2 && point <= 0x09FB))
        return 0; /* danda, Indic signs, taka */
    if ((point >= 0x2000 && point <= 0x2BFF) || (point >= 0x2E00 && point <= 0x2E7F) ||
        (point >= 0x3000 && point <= 0x3004) || (point >= 0x3008 && point <= 0x3020) ||
        point == 0x30FB)
        return 0; /* punctuation, currencies, arrows, pictures, CJK punctuation */
    if ((point >= 0xE000 && point <= 0xF8FF) || (point >= 0xFE00 && point <= 0xFE6F) ||
        (point >= 0xFF00 && point <= 0xFF0F) || (point >= 0xFF1A && point <= 0xFF20) ||
        (point >= 0xFFE0 && point <= 0xFFFF))
        return 0;
    return point < 0x10000; /* the other planes are pictures for the most part */
}

struct slug_state {
    struct buf out;
    size_t points;
    int gap;
};

/* Adds `len` bytes that count as `points`; 0 when there is no more room. */
static int slug_add(struct slug_state *state, const char *bytes, size_t len, size_t points)
{
    int gap = state->gap && state->out.len > 0;
    if (state->points + points + (size_t)gap > SLUG_MAX)
        return 0;
    if (gap)
        buf_add_char(&state->out, '-');
    buf_add(&state->out, bytes, len);
    state->points += points + (size_t)gap;
    state->gap = 0;
    return 1;
}

static int slug_is_apostrophe(uint32_t point)
{
    return point == '\'' || point == 0x2019 || point == 0x02BC;
}

/* One code point of the lower-cased name: what it becomes. 0: no more room. */
static int slug_letter(struct slug_state *state, struct arena *arena, struct souk_str bytes,
                       uint32_t point)
{
    const char *latin = slug_latin(point);
    if (latin)
        return slug_add(state, latin, strlen(latin), strlen(latin));
    if (point < 0x80) {
        char c = (char)point;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            return slug_add(state, &c, 1, 1);
        state->gap |= !slug_is_apostrophe(point);
        return 1;
    }
    if (!slug_stays(point)) {
        state->gap |= !slug_is_apostrophe(point) && !(point >= 0x0300 && point <= 0x036F);
        return 1;
    }
    struct souk_str folded = utf8_fold(arena, bytes);
    for (size_t at = 0; at < folded.len;) {
        struct souk_str rest = {folded.ptr + at, folded.len - at};
        uint32_t part = 0;
        size_t step = slug_point(rest, &part);
        const char *name = slug_latin(part);
        int plain = part < 0x80;
        if (plain && !((part >= 'a' && part <= 'z') || (part >= '0' && part <= '9')))
            state->gap = 1;
        else if (!(name ? slug_add(state, name, strlen(name), strlen(name))
                        : slug_add(state, rest.ptr, step, 1)))
            return 0;
        at += step;
    }
    return 1;
}

static int slug_word_ends(struct souk_str text, size_t at)
{
    uint32_t next = 0;
    if (at >= text.len)
        return 1;
    slug_point((struct souk_str){text.ptr + at, text.len - at}, &next);
    return next < 0x0400 || next > 0x052F;
}

/* Does "българия" stand around what ends at `at`, the letter "ъ"? */
static int slug_is_bulgaria(struct souk_str text, size_t at)
{
    static const char begin[] = "бъ", end[] = "лгария";
    return at >= sizeof begin - 1 && text.len - at >= sizeof end - 1 &&
           memcmp(text.ptr + at - (sizeof begin - 1), begin, sizeof begin - 1) == 0 &&
           memcmp(text.ptr + at, end, sizeof end - 1) == 0 &&
           slug_word_ends(text, at + sizeof end - 1);
}

struct souk_str slug_make(struct arena *arena, struct souk_str name)
{
    struct souk_str lower = utf8_lower(arena, name);
    struct slug_state state = {.out = {.arena = arena}};
    uint32_t before = 0;
    for (size_t at = 0; at < lower.len;) {
        struct souk_str rest = {lower.ptr + at, lower.len - at};
        uint32_t point = 0;
        size_t step = slug_point(rest, &point);
        rest.len = step;
        at += step;
        if (before == 0x0438 && point == 0x044F && slug_word_ends(lower, at))
            point = 0x0430; /* the Act: "ия" at the end of a word is "ia" */
        if (point == 0x044A && slug_is_bulgaria(lower, at))
            point = 0x0443; /* the Act: the country's name is "Bulgaria" */
        if (!slug_letter(&state, arena, rest, point))
            break;
        before = point;
    }
    return state.out.len ? buf_str(&state.out) : souk_str("item");
}
