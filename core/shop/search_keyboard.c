/*
 * search_keyboard: what would stand there had the keyboard been in the other language.
 *
 * Each layout is its 30 letter keys in the order of a Latin keyboard: "q" to "]", "a" to "'", "z"
 * to "/". A text fits when it has only characters of one side; it is read the other way round too,
 * from letters to Latin ones. Layouts: Bulgarian phonetic (the traditional one and that of 2006),
 * Bulgarian BDS, Armenian phonetic.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/search_query.h"

static const char search_keys[] = "qwertyuiop[]asdfghjkl;'zxcvbnm,./`\\";

/* "." where a key has no letter of its own. */
static const char *const search_layouts[] = {
    "явертъуиопшщасдфгхйкл..зьцжбнм...чю",
    "чшертъуиопящасдфгхйкл..зжцвбнм...юь",
    ".уеишщксдзц.ьяаожгтнвмчюйъэфхпрлб..",
    "քոեռտըւիօպխծասդֆգհյկլ..զղցվբնմ....շ",
};

#define SEARCH_LAYOUTS (int)(sizeof search_layouts / sizeof *search_layouts)

/* The letter of a layout at key `at`; all of them have two bytes, but the point. */
static struct souk_str search_keyboard_letter(const char *layout, int at)
{
    for (int i = 0; i < at; i++)
        layout += *layout == '.' ? 1 : 2;
    return (struct souk_str){layout, *layout == '.' ? 0 : 2};
}

static int search_keyboard_from_latin(struct buf *out, const char *layout, struct souk_str text)
{
    int letters = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *key = text.ptr[i] ? strchr(search_keys, text.ptr[i]) : NULL;
        struct souk_str letter = {NULL, 0};
        if ((unsigned char)text.ptr[i] >= 0x80)
            return 0;
        if (key)
            letter = search_keyboard_letter(layout, (int)(key - search_keys));
        if (letter.len)
            buf_add_str(out, letter);
        else
            buf_add_char(out, text.ptr[i]);
        letters += letter.len > 0;
    }
    return letters >= 3;
}

static int search_keyboard_to_latin(struct buf *out, const char *layout, struct souk_str text)
{
    int letters = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x80) {
            buf_add_char(out, text.ptr[i]);
            continue;
        }
        struct souk_str wanted = {text.ptr + i, 2};
        int key = 0;
        while (search_keys[key] &&
               (i + 1 >= text.len || !souk_str_equal(search_keyboard_letter(layout, key), wanted)))
            key++;
        if (!search_keys[key])
            return 0;
        buf_add_char(out, search_keys[key]);
        letters++;
        i++;
    }
    return letters >= 3;
}

struct souk_str search_keyboard(struct arena *arena, struct souk_str text, int which)
{
    struct buf out = {.arena = arena};
    if (which >= 2 * SEARCH_LAYOUTS)
        return STR_NULL;
    const char *layout = search_layouts[which / 2];
    text = utf8_lower(arena, utf8_cut(text, 60));
    int fits = which % 2 ? search_keyboard_to_latin(&out, layout, text)
                         : search_keyboard_from_latin(&out, layout, text);
    return fits ? buf_str(&out) : souk_str("");
}
