/*
 * search_words: text to words, the same way for the index and for what is asked.
 *
 * A word is a run of letters, digits and the marks that belong to them. "usb-c" is the words "usb",
 * "c" and "usbc", and "100ml" and "100 ml" both have "100", "ml" and "100ml": people write it in
 * every way. Text is made lower case as a whole, then each word is stemmed and folded.
 *
 * What is a letter outside of ASCII is decided the other way round: everything but the punctuation,
 * spaces and signs listed here. A sign that is missing here would only make a longer word.
 */
#include "shop/search_words.h"

#include "base/str.h"
#include "base/utf8.h"
#include "shop/search.h"
#include "base/buf.h"

#define SEARCH_JOINED_PARTS 6

void search_words_code(const char *locale, char code[SEARCH_CODE])
{
    size_t len = 0;
    while (len < SEARCH_CODE - 1 && locale[len] >= 'a' && locale[len] <= 'z') {
        code[len] = locale[len];
        len++;
    }
    code[len] = '\0';
}

static const struct {
    uint32_t from, to;
} search_signs[] = {
    {0x80, 0xA9},     {0xAB, 0xB1},       {0xB4, 0xB4},     {0xB6, 0xB8},     {0xBB, 0xBB},
    {0xBF, 0xBF},     {0xD7, 0xD7},       {0xF7, 0xF7},     {0x37E, 0x37E},   {0x387, 0x387},
    {0x55A, 0x55F},   {0x589, 0x58A},     {0x58D, 0x58F},   {0x5BE, 0x5BE},   {0x60C, 0x60D},
    {0x61B, 0x61F},   {0x66A, 0x66D},     {0x964, 0x965},   {0x970, 0x970},   {0x9F2, 0x9F3},
    {0x9FA, 0x9FB},   {0x2000, 0x200B},   {0x200E, 0x206F}, {0x20A0, 0x20CF}, {0x2100, 0x2101},
    {0x2190, 0x245F}, {0x2500, 0x2BFF},   {0x2E00, 0x2E7F}, {0x3000, 0x3004}, {0x3008, 0x3020},
    {0xFD3E, 0xFD3F}, {0xFE10, 0xFE6F},   {0xFEFF, 0xFEFF}, {0xFF01, 0xFF0F}, {0xFF1A, 0xFF20},
    {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF},
};

/* The length of the letter at `at`, or 0 when it is none; *step is what to go on by. */
static size_t search_words_letter(struct souk_str text, size_t at, size_t *step)
{
    unsigned char c = (unsigned char)text.ptr[at];
    *step = 1;
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
    size_t len = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (at + len > text.len)
        len = text.len - at;
    uint32_t point = c & (0xFFU >> (len + 1));
    for (size_t i = 1; i < len; i++)
        point = point << 6 | ((unsigned char)text.ptr[at + i] & 0x3F);
    *step = len;
    for (size_t i = 0; i < sizeof search_signs / sizeof *search_signs; i++)
        if (point >= search_signs[i].from && point <= search_signs[i].to)
            return 0;
    return len;
}

struct search_cutter {
    struct arena *arena;
    const char *locale;
    void (*take)(void *user, const struct search_word *word);
    void *user;
    struct souk_str parts[SEARCH_JOINED_PARTS]; /* of the present chunk, lower case */
    int count;
    int chunk;
    struct souk_str number; /* the chunk before, when it was a bare number */
};

static int search_words_digits(struct souk_str word)
{
    size_t count = 0;
    while (count < word.len && word.ptr[count] >= '0' && word.ptr[count] <= '9')
        count++;
    return (int)count;
}

static struct souk_str search_words_short(struct souk_str word)
{
    if (word.len <= SEARCH_WORD)
        return word;
    word.len = SEARCH_WORD;
    while (word.len && ((unsigned char)word.ptr[word.len] & 0xC0) == 0x80)
        word.len--;
    return word;
}

static void search_words_give(struct search_cutter *cutter, struct souk_str lower, int kind)
{
    struct search_word word = {.kind = kind, .chunk = cutter->chunk};
    lower = search_words_short(lower);
    word.lower = lower;
    word.text = utf8_fold(cutter->arena, lower);
    if (word.text.len == 0)
        return;
    word.stem = kind == SEARCH_JOINED || kind == SEARCH_HALF
                    ? word.text
                    : search_words_stem(cutter->arena, cutter->locale, lower, word.text);
    cutter->take(cutter->user, &word);
}

static struct souk_str search_words_join(struct arena *arena, const struct souk_str *parts,
                                         int count)
{
    struct buf buf = {.arena = arena};
    for (int i = 0; i < count; i++)
        buf_add_str(&buf, parts[i]);
    return buf_str(&buf);
}

/* "100ml" also as its two halves; "ml" after the chunk "100" also as "100ml". */
static void search_words_unit(struct search_cutter *cutter, struct souk_str word)
{
    size_t digits = (size_t)search_words_digits(word);
    size_t letters = word.len - digits;
    if (digits && letters && letters <= 3 && search_words_digits(str_from(word, digits)) == 0) {
        search_words_give(cutter, (struct souk_str){word.ptr, digits}, SEARCH_HALF);
        search_words_give(cutter, str_from(word, digits), SEARCH_HALF);
    } else if (!digits && letters <= 3 && cutter->number.len) {
        struct souk_str both[2] = {cutter->number, word};
        search_words_give(cutter, search_words_join(cutter->arena, both, 2), SEARCH_JOINED);
    }
}

/* At the end of a run without spaces. */
static void search_words_flush(struct search_cutter *cutter)
{
    int count = cutter->count;
    if (count == 0)
        return;
    for (int i = 0; i < count; i++)
        search_words_give(cutter, cutter->parts[i], count == 1 ? SEARCH_WHOLE : SEARCH_PART);
    if (count > 1)
        search_words_give(cutter, search_words_join(cutter->arena, cutter->parts, count),
                          SEARCH_JOINED);
    else
        search_words_unit(cutter, cutter->parts[0]);
    struct souk_str only = cutter->parts[0];
    int number = count == 1 && (size_t)search_words_digits(only) == only.len;
    cutter->number = number ? only : STR_NULL;
    cutter->count = 0;
    cutter->chunk++;
}

/* Does the sign at `at` hold the parts of one word together? Both neighbours must be letters. */
static int search_words_joins(struct souk_str text, size_t at, size_t step)
{
    size_t ignored;
    if (at == 0 || at + step >= text.len || !search_words_letter(text, at + step, &ignored))
        return 0;
    if (step == 3)
        return memcmp(text.ptr + at, "\u2019", 3) == 0 || memcmp(text.ptr + at, "\u2010", 3) == 0 ||
               memcmp(text.ptr + at, "\u2011", 3) == 0;
    return step == 1 && strchr("-_/'.&", text.ptr[at]) != NULL;
}

void search_words_cut(struct arena *arena, const char *locale, struct souk_str text,
                      void (*take)(void *user, const struct search_word *word), void *user)
{
    struct search_cutter cutter = {
        .arena = arena, .locale = locale, .take = take, .user = user, .number = STR_NULL};
    struct souk_str lower = utf8_lower(arena, text);
    for (size_t at = 0, step = 0; at < lower.len; at += step) {
        size_t start = at;
        while (at < lower.len && search_words_letter(lower, at, &step))
            at += step;
        if (at > start) {
            if (cutter.count == SEARCH_JOINED_PARTS)
                search_words_flush(&cutter);
            cutter.parts[cutter.count++] = (struct souk_str){lower.ptr + start, at - start};
        }
        if (at >= lower.len)
            break;
        if (at == start || !search_words_joins(lower, at, step))
            search_words_flush(&cutter);
    }
    search_words_flush(&cutter);
}

/* ---- the stems alone, as synonyms and the log keep them ---- */

static void search_fold_take(void *user, const struct search_word *word)
{
    struct buf *out = user;
    if (word->kind == SEARCH_JOINED || word->kind == SEARCH_HALF)
        return;
    if (out->len)
        buf_add_char(out, ' ');
    buf_add_str(out, word->stem);
}

struct souk_str search_fold(struct arena *arena, const char *locale, struct souk_str text)
{
    struct buf out = {.arena = arena};
    search_words_cut(arena, locale, text, search_fold_take, &out);
    return out.len ? buf_str(&out) : souk_str("");
}
