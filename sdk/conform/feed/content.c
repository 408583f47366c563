/*
 * content.c: rules about what stands in the file: prices to the last digit, texts that stay texts
 * and are cut where letters end, and what is left out.
 */
#include <stdio.h>

#include "conform/feed/rules.h"

#define LONG_LETTERS 20000

static int read_item(struct scene *scene, const struct feed_made *made, size_t i,
                     struct document *document)
{
    if (document_read_part(document, &scene->arena, feed_kind(scene), made->head,
                           made->items[i].bytes))
        return 1;
    scene_no(scene, "what item %zu wrote cannot be read: %s", i + 1, document->wrong);
    return 0;
}

/* ---- prices ---- */

static struct souk_str decimal(struct arena *arena, int64_t minor, int digits)
{
    int64_t unit = 1;
    for (int i = 0; i < digits; i++)
        unit *= 10;
    return digits ? arena_printf(arena, "%lld.%0*lld", (long long)(minor / unit), digits,
                                 (long long)(minor % unit))
                  : arena_printf(arena, "%lld", (long long)minor);
}

/* As a number of its own: no digit or point on either side. */
static int has_number(struct souk_str text, struct souk_str number)
{
    const char *at = text.ptr, *end = text.ptr + text.len;
    while (text.len && (at = memmem(at, (size_t)(end - at), number.ptr, number.len))) {
        const char *behind = at + number.len;
        int left = at == text.ptr || !((at[-1] >= '0' && at[-1] <= '9') || at[-1] == '.' ||
                                       at[-1] == ',' || at[-1] == '-');
        int right = behind == end || !((*behind >= '0' && *behind <= '9') ||
                                       ((*behind == '.' || *behind == ',') && behind + 1 < end &&
                                        behind[1] >= '0' && behind[1] <= '9'));
        if (left && right)
            return 1;
        at++;
    }
    return 0;
}

static int price_stands(const struct document *document, struct souk_str price)
{
    for (size_t i = 0; i < document->count; i++)
        if (has_number(document->parts[i].text, price))
            return 1;
    return 0;
}

static const struct {
    const char *code;
    int digits;
} currencies[] = {{"EUR", 2}, {"JPY", 0}, {"KWD", 3}, {"USD", 2}};

static void price_in(struct scene *scene, const char *currency, int digits, int *taken)
{
    static const int64_t amounts[] = {7, 73129, 1200450, 98765432100};
    struct feed_want wants[4];
    struct feed_made made;
    const struct feed_terms terms = {.currency = currency};
    for (int i = 0; i < 4; i++)
        wants[i] = (struct feed_want){.number = i + 1,
                                      .currency = currency,
                                      .price = amounts[i],
                                      .compare_at = i == 1 ? 88888 : 0};
    feed_make(scene, &terms, wants, 4, &made);
    if (made.code == SOUK_INVALID)
        return; /* the format knows no such currency */
    FEED_MADE(scene, &made);
    for (size_t i = 0; i < made.count; i++) {
        struct document document;
        struct souk_str price = decimal(&scene->arena, amounts[i], digits);
        if (!made.items[i].taken)
            continue;
        ++*taken;
        if (feed_kind(scene) == DOCUMENT_JSON || feed_kind(scene) == DOCUMENT_OTHER) {
            EXPECT(scene, has_number(made.items[i].bytes, price), "the price %.*s %s is not there",
                   SOUK_PRI(price), currency);
            continue;
        }
        if (!read_item(scene, &made, i, &document))
            return;
        EXPECT(scene, price_stands(&document, price),
               "an item of %.*s %s is written without this price", SOUK_PRI(price), currency);
    }
}

void feed_price_exact(struct scene *scene)
{
    int taken = 0;
    for (size_t i = 0; i < sizeof currencies / sizeof *currencies; i++)
        CHECK(scene, price_in(scene, currencies[i].code, currencies[i].digits, &taken));
    EXPECT(scene, taken > 0, "no item of any currency was taken");
}

/* ---- texts ---- */

static int has_controls(struct souk_str bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return 1;
    }
    return 0;
}

/* The same elements, attributes and cells in the same order, whatever stands in them. An element
 * whose text was empty after cleaning counts as its start alone. */
static int same_shape(const struct document *a, const struct document *b)
{
    size_t i = 0, j = 0;
    while (i < a->count && j < b->count) {
        if (!souk_str_equal(a->parts[i].name, b->parts[j].name))
            return 0;
        i++, j++;
    }
    return i == a->count && j == b->count;
}

/* What must be read back as it was, of each hostile text. */
static const char *const kept[] = {"",
                                   "<b>bold</b>",
                                   "]]>",
                                   "control",
                                   "</offer></item></channel>",
                                   "\xf0\x9d\x92\xb3\xf0\x9f\xa7\xa9",
                                   "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
                                   ";semicolons; |bars|",
                                   "letters, &amp; &#0;",
                                   "\"\"doubled\"\""};

static int stands(const struct document *document, const char *text)
{
    for (size_t i = 0; i < document->count; i++) {
        struct souk_str part = document->parts[i].text;
        if (part.len && memmem(part.ptr, part.len, text, strlen(text)))
            return 1;
    }
    return 0;
}

void feed_hostile(struct scene *scene)
{
    struct feed_want wants[FEED_HOSTILE + 1] = {{.number = 7}};
    struct feed_made made;
    struct document plain, rude;
    enum document_kind kind = feed_kind(scene);
    SKIP_UNLESS(scene, kind == DOCUMENT_XML || kind == DOCUMENT_CSV,
                "only items of XML and CSV are compared");
    for (int i = 1; i <= FEED_HOSTILE; i++)
        wants[i] = (struct feed_want){.number = 7, .hostile = i};
    feed_make(scene, NULL, wants, FEED_HOSTILE + 1, &made);
    FEED_MADE(scene, &made);
    EXPECT(scene, made.items[0].taken, "an ordinary item is left out: %.*s",
           SOUK_PRI(made.items[0].words));
    if (!read_item(scene, &made, 0, &plain))
        return;
    for (size_t i = 1; i < made.count; i++) {
        if (!made.items[i].taken)
            continue;
        EXPECT(scene, !has_controls(made.items[i].bytes),
               "hostile text %zu: a control character "
               "is in the file",
               i);
        if (!read_item(scene, &made, i, &rude))
            return;
        EXPECT(scene, same_shape(&plain, &rude),
               "hostile text %zu has become other elements or cells", i);
        EXPECT(scene, stands(&rude, kept[i]), "of hostile text %zu nothing is read back", i);
    }
}

/* ---- limits ---- */

/* A family is five letters and one sign for people. */
static const char cluster[] =
    "\xf0\x9f\x91\xa8\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7";

static struct souk_str families(struct arena *arena)
{
    struct buf out = {.arena = arena};
    for (int i = 0; i < LONG_LETTERS / 5; i++)
        buf_add_cstr(&out, cluster);
    return buf_str(&out);
}

/* Nothing but whole families. */
static int is_whole(struct souk_str text)
{
    size_t len = sizeof cluster - 1;
    return text.len % len == 0;
}

static int64_t limit_of(struct scene *scene, struct souk_str name)
{
    const struct json *hint = scene_hint(scene, "limits");
    const struct json *own = hint ? json_at(hint, scene->provider) : NULL;
    return own ? json_int(json_get(own, name), 0) : 0;
}

static int64_t letters_of(struct souk_str text)
{
    int64_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

static void check_limits(struct scene *scene, const struct document *document)
{
    for (size_t i = 0; i < document->count; i++) {
        const struct document_part *part = &document->parts[i];
        int64_t limit = limit_of(scene, part->name);
        int64_t letters = letters_of(part->text);
        EXPECT(scene, !limit || letters <= limit, "%.*s holds %lld letters instead of %lld",
               SOUK_PRI(part->name), (long long)letters, (long long)limit);
        if (part->text.len >= sizeof cluster - 1 &&
            memcmp(part->text.ptr, cluster, sizeof cluster - 1) == 0 &&
            !memchr(part->text.ptr, ' ', part->text.len))
            EXPECT(scene, is_whole(part->text), "%.*s is cut within a letter",
                   SOUK_PRI(part->name));
    }
}

void feed_limits_kept(struct scene *scene)
{
    struct feed_want want = {.number = 3, .text = families(&scene->arena)};
    struct feed_made made;
    struct document document;
    SKIP_UNLESS(scene, feed_kind(scene) != DOCUMENT_OTHER, "nobody reads files of this type here");
    feed_make(scene, NULL, &want, 1, &made);
    FEED_MADE(scene, &made);
    if (!made.items[0].taken) {
        EXPECT(scene, made.items[0].words.len > 0, "a long text is refused without words");
        return;
    }
    EXPECT(scene, document_read(&document, &scene->arena, feed_kind(scene), made.all),
           "the file cannot be read: %s", document.wrong);
    check_limits(scene, &document);
}

/* ---- what is left out ---- */

void feed_rejected_words(struct scene *scene)
{
    for (int poor = 1; poor <= FEED_POOR; poor++) {
        const struct feed_want wants[] = {
            {.number = 1}, {.number = 2, .poor = poor}, {.number = 3}};
        const struct feed_want good[] = {{.number = 1}, {.number = 3}};
        struct feed_made with, without;
        const struct feed_terms then = {.at = 1767323045000000};
        feed_make(scene, &then, wants, 3, &with);
        EXPECT(scene, with.code == SOUK_OK, "an item with %s ends the feed: %s() gives %s: %s",
               feed_poor_words(poor), with.where, code_name(with.code), with.err.text);
        if (with.items[1].taken)
            continue;
        EXPECT(scene, with.items[1].words.len > 0, "an item with %s is left out without words",
               feed_poor_words(poor));
        feed_make(scene, &then, good, 2, &without);
        FEED_MADE(scene, &without);
        EXPECT(scene,
               souk_str_equal(with.items[0].bytes, without.items[0].bytes) &&
                   souk_str_equal(with.items[2].bytes, without.items[1].bytes) &&
                   souk_str_equal(with.tail, without.tail),
               "an item with %s, which is left out, leaves a trace in the file",
               feed_poor_words(poor));
    }
}
