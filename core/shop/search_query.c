/*
 * search_query: from what was typed to an expression of FTS5.
 *
 * What stands between two spaces is a group; all groups must be found. A word is looked for under
 * the code of the market's locale, of the default locale (whose texts are shown where one is
 * missing) and among what has no language; as it is, by its stem, and the last one as a prefix. Two
 * letters at least make a prefix: one would ask for half of the index. "usb-c" is met by "usbc" or
 * by "usb" and "c". When nothing was found the other languages of the shop are asked too: a
 * wide query.
 */
#include "shop/search_query.h"

#include "base/str.h"
#include "base/utf8.h"

#define SEARCH_TYPED 200 /* characters of a query; more are cut off */

struct search_parser {
    struct search_ask *ask;
    int which; /* of the locales; 1 only adds stems */
    int chunk, group, part;
};

static void search_query_word(void *user, const struct search_word *word)
{
    struct search_parser *parser = user;
    struct search_ask *ask = parser->ask;
    if (word->kind == SEARCH_HALF)
        return;
    if (word->chunk != parser->chunk) {
        parser->chunk = word->chunk;
        parser->group++;
        parser->part = -1;
    }
    if (parser->group >= SEARCH_GROUPS)
        return;
    struct search_group *group = &ask->groups[parser->group];
    ask->count = parser->group + 1;
    if (word->kind == SEARCH_JOINED) {
        if (group->count > 1)
            group->joined = word->text;
        else if (group->count == 1)
            group->parts[0].unit = word->text;
        return;
    }
    if (++parser->part >= SEARCH_PARTS)
        return;
    struct search_part *part = &group->parts[parser->part];
    part->stems[parser->which] = word->stem;
    if (parser->which)
        return;
    part->text = word->text;
    for (int i = 1; i < SEARCH_MANY; i++)
        part->stems[i] = word->stem;
    group->count = parser->part + 1;
    group->shown = group->shown.len ? arena_printf(ask->arena, "%.*s-%.*s", SOUK_PRI(group->shown),
                                                   SOUK_PRI(word->lower))
                                    : word->lower;
}

/* Locales of one language are one: tokens have no more than its code. */
static void search_query_speak(struct search_ask *ask, int *count, const char *locale)
{
    char code[SEARCH_CODE];
    if (*count == SEARCH_MANY)
        return;
    search_words_code(locale, code);
    for (int i = 0; i < *count; i++)
        if (strcmp(ask->codes[i], code) == 0)
            return;
    memcpy(ask->codes[*count], code, sizeof code);
    ask->locales[(*count)++] = locale;
}

void search_query_parse(struct search_ask *ask, struct arena *arena, const struct market *market,
                        struct souk_str text, int wide)
{
    const struct market_shop *shop = market_shop();
    int count = 0;
    *ask = (struct search_ask){.arena = arena, .wide = wide};
    search_query_speak(ask, &count, market->locale);
    search_query_speak(ask, &count, shop->locales[0]);
    for (int i = 1; wide && i < MARKET_LOCALES && shop->locales[i]; i++)
        search_query_speak(ask, &count, shop->locales[i]);
    text = utf8_cut(str_trim(text), SEARCH_TYPED);
    for (int i = 0; ask->locales[i]; i++) {
        struct search_parser parser = {.ask = ask, .which = i, .chunk = -1, .group = -1};
        search_words_cut(arena, ask->locales[i], text, search_query_word, &parser);
    }
}

/* ---- the expression ---- */

static void search_query_token(struct buf *out, const char *code, struct souk_str word, int prefix)
{
    buf_printf(out, "%s\"%s%.*s\"%s", out->ptr[out->len - 1] == '(' ? "" : " OR ", code,
               SOUK_PRI(word), prefix ? " *" : "");
}

/* Each way to write one word; the list stays open. */
static void search_query_ways(const struct search_ask *ask, struct buf *out, struct souk_str word,
                              const struct souk_str *stems, int prefix)
{
    const int strict = prefix < 0;
    prefix = prefix > 0 && utf8_length(word) >= 2;
    for (int i = 0; ask->locales[i]; i++) {
        search_query_token(out, ask->codes[i], word, prefix);
        if (stems && !strict && stems[i].len && !souk_str_equal(stems[i], word))
            search_query_token(out, ask->codes[i], stems[i], 0);
    }
    search_query_token(out, SEARCH_PLAIN, word, prefix);
}

/* A fold of several words: each of them. */
static void search_query_same(const struct search_ask *ask, struct buf *out, struct souk_str fold)
{
    struct souk_str word;
    int count = 0;
    buf_add_cstr(out, " OR (");
    while (str_split(&fold, ' ', &word)) {
        buf_add_cstr(out, count++ ? " AND (" : "(");
        search_query_ways(ask, out, word, NULL, 0);
        buf_add_char(out, ')');
    }
    buf_add_char(out, ')');
}

static void search_query_group(const struct search_ask *ask, const struct search_group *group,
                               struct buf *out, int prefix)
{
    buf_add_cstr(out, "((");
    for (int i = 0; i < group->count; i++) {
        const struct search_part *part = &group->parts[i];
        buf_add_cstr(out, i ? " AND (" : "(");
        search_query_ways(ask, out, part->text, part->stems,
                          prefix < 0 || i == group->count - 1 ? prefix : 0);
        if (part->unit.len)
            search_query_ways(ask, out, part->unit, NULL, 0);
        buf_add_char(out, ')');
    }
    buf_add_char(out, ')');
    if (group->joined.len)
        search_query_ways(ask, out, group->joined, NULL, prefix);
    for (int i = 0; i < group->same_count; i++)
        search_query_same(ask, out, group->same[i]);
    buf_add_char(out, ')');
}

struct souk_str search_query_text(const struct search_ask *ask, int prefix, int without)
{
    struct buf out = {.arena = ask->arena};
    buf_reserve(&out, 256);
    for (int i = 0; i < ask->count; i++) {
        if (i == without || ask->groups[i].count == 0)
            continue;
        if (out.len)
            buf_add_cstr(&out, " AND ");
        search_query_group(ask, &ask->groups[i], &out,
                           prefix < 0 || i == ask->count - 1 ? prefix : 0);
    }
    return buf_str(&out);
}

struct souk_str search_query_shown(const struct search_ask *ask, int without)
{
    struct buf out = {.arena = ask->arena};
    for (int i = 0; i < ask->count; i++) {
        if (i == without)
            continue;
        if (out.len)
            buf_add_char(&out, ' ');
        buf_add_str(&out, ask->groups[i].shown);
    }
    return out.len ? buf_str(&out) : souk_str("");
}
