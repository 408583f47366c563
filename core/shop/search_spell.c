/*
 * search_spell: words of the index as people write them. The index knows folded words only
 * ("чаиник", "kes"); what is shown to a shopper is taken from the names of the products that were
 * found, where the word stands with its accents ("чайник", "kés"). A word that stands in none of
 * them is shown as it is.
 */
#include "shop/search.h"

#include "base/str.h"
#include "shop/search_words.h"

struct spelling {
    struct souk_str folded;
    struct souk_str written; /* empty: not met yet */
    int begins;              /* met as the beginning of a longer word only */
};

static void spell_word(void *user, const struct search_word *word)
{
    struct spelling *spelling = user;
    if (souk_str_equal(word->text, spelling->folded)) {
        if (!spelling->written.len || spelling->begins)
            spelling->written = word->lower;
        spelling->begins = 0;
    } else if (!spelling->written.len && word->text.len > spelling->folded.len &&
               memcmp(word->text.ptr, spelling->folded.ptr, spelling->folded.len) == 0) {
        spelling->written = word->lower;
        spelling->begins = 1;
    }
}

struct souk_str search_spell(struct arena *arena, const char *locale, struct souk_str words,
                             const struct json *cards)
{
    struct buf out = {.arena = arena};
    struct souk_str word;
    while (str_split(&words, ' ', &word)) {
        struct spelling spelling = {.folded = word};
        if (!word.len)
            continue;
        json_each(card, cards) search_words_cut(
            arena, locale, json_text(json_at(&card->value, "name")), spell_word, &spelling);
        if (out.len)
            buf_add_char(&out, ' ');
        buf_add_str(&out, spelling.written.len ? spelling.written : word);
    }
    return out.len ? buf_str(&out) : souk_str("");
}
