/*
 * shape.c: rules about the file: that it can be read, holds each item once, is the same for the
 * same items, and costs no more memory for many.
 */
#include <malloc.h>

#include "conform/feed/rules.h"

#define USUAL  9
#define MANY   100000
#define WARM   20000
#define GROWTH ((int64_t)4 << 20)
#define YEAR   (INT64_C(31536000) * 1000000)

static void usual(struct feed_want wants[USUAL])
{
    for (int i = 0; i < USUAL; i++)
        wants[i] = (struct feed_want){.number = i + 1, .compare_at = i % 3 ? 0 : 99900};
}

void feed_well_formed(struct scene *scene)
{
    struct feed_want wants[USUAL + FEED_HOSTILE];
    struct feed_made made;
    struct document document;
    usual(wants);
    for (int i = 0; i < FEED_HOSTILE; i++)
        wants[USUAL + i] = (struct feed_want){.number = USUAL + i + 1, .hostile = i + 1};
    SKIP_UNLESS(scene, feed_kind(scene) != DOCUMENT_OTHER, "nobody reads files of this type here");
    feed_make(scene, NULL, wants, USUAL + FEED_HOSTILE, &made);
    FEED_MADE(scene, &made);
    EXPECT(scene, document_read(&document, &scene->arena, feed_kind(scene), made.all),
           "the file cannot be read: %s", document.wrong);
}

/* ---- each once ---- */

static int is_word_letter(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How often the word stands in the texts; *first: in which part. */
static int occurrences(const struct document *document, struct souk_str word, size_t *first)
{
    int count = 0;
    for (size_t i = 0; i < document->count; i++) {
        struct souk_str text = document->parts[i].text;
        const char *at = text.ptr, *end = text.ptr + text.len;
        while (text.len && (at = memmem(at, (size_t)(end - at), word.ptr, word.len))) {
            const char *behind = at + word.len;
            if ((at == text.ptr || !is_word_letter(at[-1])) &&
                (behind == end || !is_word_letter(*behind)) && count++ == 0)
                *first = i;
            at = behind;
        }
    }
    return count;
}

void feed_items_once(struct scene *scene)
{
    struct feed_want wants[USUAL];
    struct feed_made made;
    struct document document;
    struct feed_marks marks;
    size_t before = 0;
    usual(wants);
    SKIP_UNLESS(scene, feed_kind(scene) != DOCUMENT_OTHER, "nobody reads files of this type here");
    feed_make(scene, NULL, wants, USUAL, &made);
    FEED_MADE(scene, &made);
    EXPECT(scene, document_read(&document, &scene->arena, feed_kind(scene), made.all),
           "the file cannot be read: %s", document.wrong);
    for (size_t i = 0; i < made.count; i++) {
        int least = 0;
        size_t place = 0;
        feed_marks(&scene->arena, &wants[i], &marks);
        for (int m = 0; made.items[i].taken && m < 3; m++) {
            size_t first = 0;
            int count = occurrences(&document, marks.marks[m], &first);
            if (count && (!least || count < least)) {
                least = count;
                place = first;
            }
        }
        if (!made.items[i].taken)
            continue;
        EXPECT(scene, least > 0,
               "item %zu was taken, and neither its address nor its SKU nor its "
               "id is in the file",
               i + 1);
        EXPECT(scene, least == 1, "item %zu occurs %d times", i + 1, least);
        EXPECT(scene, place >= before, "item %zu stands before the one that came earlier", i + 1);
        before = place;
    }
    size_t taken = 0;
    for (size_t i = 0; i < made.count; i++)
        taken += (size_t)made.items[i].taken;
    EXPECT(scene, taken > 0, "it takes none of %d ordinary items: %.*s", USUAL,
           SOUK_PRI(made.items[0].words));
}

/* ---- nothing, and the same ---- */

void feed_empty(struct scene *scene)
{
    struct feed_made made;
    struct document document;
    for (int bare = 0; bare < 2; bare++) {
        const struct feed_terms terms = {.bare = bare};
        feed_make(scene, &terms, NULL, 0, &made);
        FEED_MADE(scene, &made);
        EXPECT(scene, made.all.len > 0, "the file without items is empty");
        EXPECT(scene, document_read(&document, &scene->arena, feed_kind(scene), made.all),
               "the file without items%s cannot be read: %s", bare ? " and categories" : "",
               document.wrong);
    }
}

void feed_steady(struct scene *scene)
{
    struct feed_want wants[USUAL];
    struct feed_made first, again, later;
    const struct feed_terms now = {.at = 1767323045000000}, then = {.at = 1767323045000000 + YEAR};
    usual(wants);
    feed_make(scene, &now, wants, USUAL, &first);
    FEED_MADE(scene, &first);
    feed_make(scene, &now, wants, USUAL, &again);
    FEED_MADE(scene, &again);
    feed_make(scene, &then, wants, USUAL, &later);
    FEED_MADE(scene, &later);
    EXPECT(scene, souk_str_equal(first.all, again.all),
           "the same items at the same moment give other bytes");
    for (size_t i = 0; i < first.count; i++)
        EXPECT(scene, souk_str_equal(first.items[i].bytes, later.items[i].bytes),
               "item %zu reads otherwise a year later", i + 1);
    EXPECT(scene, souk_str_equal(first.tail, later.tail), "the end reads otherwise a year later");
}

/* ---- many ---- */

size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static int64_t held_now(void)
{
    if (__sanitizer_get_current_allocated_bytes)
        return (int64_t)__sanitizer_get_current_allocated_bytes();
    struct mallinfo2 info = mallinfo2();
    return (int64_t)(info.uordblks + info.hblkhd);
}

struct watch {
    int64_t warm, most;
};

static void watch_piece(void *user, int64_t done)
{
    struct watch *watch = user;
    int64_t held = held_now();
    if (done <= WARM)
        watch->warm = held;
    else if (held - watch->warm > watch->most)
        watch->most = held - watch->warm;
}

void feed_one_pass(struct scene *scene)
{
    struct watch watch = {0, 0};
    struct err err = {0};
    int64_t bytes = 0, held = 0, few = 0;
#ifdef __SANITIZE_ADDRESS__
    const int64_t many = MANY / 2;
#else
    const int64_t many = MANY;
#endif
    int code = feed_make_many(scene, 1, watch_piece, &watch, &bytes, &few, &err);
    EXPECT(scene, code == SOUK_OK, "one item ends the feed: %s", err.text);
    code = feed_make_many(scene, many, watch_piece, &watch, &bytes, &held, &err);
    EXPECT(scene, code == SOUK_OK, "%lld items end the feed: %s", (long long)many, err.text);
    EXPECT(scene, watch.most < GROWTH,
           "the memory of the process has grown by %lld KiB from %d items to %lld",
           (long long)(watch.most >> 10), WARM, (long long)many);
    EXPECT(scene, held - few < GROWTH, "begin() and end() hold %lld KiB more for %lld items",
           (long long)((held - few) >> 10), (long long)many);
}

/* ---- nowhere else ---- */

void feed_writes_nothing(struct scene *scene)
{
    struct feed_want wants[USUAL + FEED_POOR];
    struct feed_made made;
    usual(wants);
    for (int i = 0; i < FEED_POOR; i++)
        wants[USUAL + i] = (struct feed_want){.number = USUAL + i + 1, .poor = i + 1};
    feed_make(scene, NULL, wants, USUAL + FEED_POOR, &made);
    EXPECT(scene, made.noisy == 0,
           "it tried %d times to write elsewhere while a feed was written; such a call is "
           "refused in a shop",
           made.noisy);
}

/* ---- settings ---- */

/* One setting filled in with rubbish. */
static void judge(struct scene *scene, const struct feed_terms *terms)
{
    struct feed_made made;
    struct souk_str key = souk_str("");
    struct err err = {0};
    int code = feed_judge(scene, terms, &key, &err);
    EXPECT(scene, code == SOUK_OK || code == SOUK_INVALID,
           "check() with %s = \"%.20s\" gives %s: %s", terms->key, terms->value, code_name(code),
           err.text);
    EXPECT(scene, code == SOUK_OK || key.len > 0,
           "check() refuses %s = \"%.20s\" and does not begin with the setting's key: %s",
           terms->key, terms->value, err.text);
    if (code != SOUK_OK)
        return;
    feed_make(scene, terms, NULL, 0, &made);
    EXPECT(scene, made.code != SOUK_INVALID,
           "begin() refuses %s = \"%.20s\" (%s), and check() does not: staff hear of it only when "
           "the file is written",
           terms->key, terms->value, made.err.text);
}

void feed_settings_checked(struct scene *scene)
{
    char many[400] = "";
    const char *const rubbish[] = {"no such thing", "-1", "= | = | =", "99999999999999999999",
                                   many};
    const struct feed_terms usual = {0};
    struct souk_str key = souk_str("");
    struct err err = {0};
    const char *name;
    memset(many, 'x', sizeof many - 1);
    int code = feed_judge(scene, &usual, &key, &err);
    EXPECT(scene, code == SOUK_OK, "check() refuses the settings that conform.lua gives: %s",
           err.text);
    for (uint32_t i = 0; (name = feed_setting_key(scene, i)) != NULL; i++)
        for (size_t k = 0; k < sizeof rubbish / sizeof *rubbish; k++)
            CHECK(scene, judge(scene, &(struct feed_terms){.key = name, .value = rubbish[k]}));
}

/* ---- the ordinary way ---- */

void feed_path(struct scene *scene)
{
    struct feed_want wants[] = {{.number = 1}, {.number = 2, .compare_at = 99900}};
    struct feed_made made;
    feed_make(scene, NULL, wants, sizeof wants / sizeof *wants, &made);
}

void feed_provoke(struct scene *scene)
{
    struct feed_want wants[FEED_POOR];
    struct feed_made made;
    for (int i = 0; i < FEED_POOR; i++)
        wants[i] = (struct feed_want){.number = i + 1, .poor = i + 1};
    feed_make(scene, NULL, wants, FEED_POOR, &made);
}
