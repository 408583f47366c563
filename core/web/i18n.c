/*
 * i18n: a reader of gettext's .mo files and the choice of a language.
 *
 * A catalogue is the file's bytes and the two tables in them. Everything is checked
 * once, when it is added: that tables and strings lie inside the file and end in NUL,
 * and that the ids are sorted. A look-up then is a binary search that reads nothing
 * unchecked and writes nothing.
 *
 * Catalogues are few (plugins times locales): a list by locale, then by domain.
 * Built by one thread, then read by any. Charset: UTF-8 is demanded.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "web/i18n.h"
#include "web/plural.h"
#include <stdlib.h>

#define CONTEXT_MARK '\004' /* between msgctxt and msgid */

struct catalogue {
    char *domain;
    const char *bytes;
    size_t size;
    uint32_t count;
    uint32_t ids, texts; /* offsets of the tables */
    int swapped;         /* the file's byte order is not ours */
    struct plural plural;
};

struct locale {
    char *name;
    VEC(struct catalogue) catalogues;
};

struct i18n {
    VEC(struct locale) locales;
};

struct i18n *i18n_new(void)
{
    return mem_zalloc(sizeof(struct i18n));
}

void i18n_free(struct i18n *i18n)
{
    if (!i18n)
        return;
    for (size_t i = 0; i < i18n->locales.len; i++) {
        struct locale *locale = &i18n->locales.at[i];
        for (size_t j = 0; j < locale->catalogues.len; j++)
            free(locale->catalogues.at[j].domain);
        vec_free(&locale->catalogues);
        free(locale->name);
    }
    vec_free(&i18n->locales);
    free(i18n);
}

static uint32_t word(const struct catalogue *mo, size_t offset)
{
    uint32_t value;
    memcpy(&value, mo->bytes + offset, sizeof(value));
    return mo->swapped ? __builtin_bswap32(value) : value;
}

static struct souk_str string(const struct catalogue *mo, uint32_t table, uint32_t index)
{
    size_t entry = (size_t)table + (size_t)index * 8;
    return str_make(mo->bytes + word(mo, entry + 4), word(mo, entry));
}

/* The part of an id or text before its first NUL: the singular. */
static struct souk_str singular(struct souk_str text)
{
    return str_make(text.ptr, strnlen(text.ptr, text.len));
}

static int check_table(const struct catalogue *mo, uint32_t table)
{
    if (table % 4 || table > mo->size || (uint64_t)mo->count * 8 > mo->size - table)
        return SOUK_INVALID;
    for (uint32_t i = 0; i < mo->count; i++) {
        size_t entry = (size_t)table + (size_t)i * 8;
        uint64_t len = word(mo, entry), at = word(mo, entry + 4);
        if (at + len >= mo->size || mo->bytes[at + len] != '\0')
            return SOUK_INVALID;
    }
    return 0;
}

static int check(const struct catalogue *mo, struct err *err)
{
    if (check_table(mo, mo->ids) || check_table(mo, mo->texts))
        return err_set(err, SOUK_INVALID,
                       "a table or string lies outside the file; build it again with msgfmt");
    for (uint32_t i = 0; i < mo->count; i++) {
        if (i && str_compare(singular(string(mo, mo->ids, i - 1)),
                             singular(string(mo, mo->ids, i))) >= 0)
            return err_set(err, SOUK_INVALID,
                           "message ids are not sorted; build it again with msgfmt");
        if (!utf8_valid(string(mo, mo->texts, i)))
            return err_set(err, SOUK_INVALID, "text %u is not UTF-8; save the .po file as UTF-8",
                           i + 1);
    }
    return 0;
}

static int find(const struct catalogue *mo, struct souk_str id, struct souk_str *text)
{
    uint32_t low = 0, high = mo->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int way = str_compare(singular(string(mo, mo->ids, middle)), id);
        if (way == 0) {
            *text = string(mo, mo->texts, middle);
            return 1;
        }
        if (way < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

/* The header is the translation of "": lines "Name: value". */
static int read_header(struct catalogue *mo, struct err *err)
{
    struct souk_str rest, line;
    plural_default(&mo->plural);
    if (!find(mo, souk_str(""), &rest))
        return 0;
    while (str_split(&rest, '\n', &line)) {
        static const char name[] = "plural-forms:";
        if (line.len < sizeof(name) - 1 ||
            !str_equal_nocase(str_make(line.ptr, sizeof(name) - 1), souk_str(name)))
            continue;
        return plural_parse(&mo->plural, str_from(line, sizeof(name) - 1), err);
    }
    return 0;
}

static int open_mo(struct catalogue *mo, struct souk_str bytes, struct err *err)
{
    *mo = (struct catalogue){.bytes = bytes.ptr, .size = bytes.len};
    uint32_t magic = bytes.len >= 28 ? word(mo, 0) : 0;
    mo->swapped = magic == UINT32_C(0xde120495);
    if (magic != UINT32_C(0x950412de) && !mo->swapped)
        return err_set(err, SOUK_INVALID, "not a .mo file; build it with msgfmt");
    if (word(mo, 4) >> 16 > 1)
        return err_set(err, SOUK_INVALID, "a .mo file of a newer format; build it with msgfmt");
    mo->count = word(mo, 8);
    mo->ids = word(mo, 12);
    mo->texts = word(mo, 16);
    int code = check(mo, err);
    return code ? code : read_header(mo, err);
}

static struct locale *find_locale(const struct i18n *i18n, const char *name)
{
    for (size_t i = 0; i < i18n->locales.len; i++)
        if (strcmp(i18n->locales.at[i].name, name) == 0)
            return &i18n->locales.at[i];
    return NULL;
}

static struct catalogue *find_catalogue(const struct locale *locale, const char *domain)
{
    for (size_t i = 0; i < locale->catalogues.len; i++)
        if (strcmp(locale->catalogues.at[i].domain, domain) == 0)
            return &locale->catalogues.at[i];
    return NULL;
}

int i18n_add(struct i18n *i18n, const char *domain, const char *locale, struct souk_str mo,
             struct err *err)
{
    struct catalogue fresh;
    int code = open_mo(&fresh, mo, err);
    if (code) {
        err_in(err, "translations of %s to %s", domain, locale);
        return code;
    }
    struct locale *home = find_locale(i18n, locale);
    if (!home) {
        struct locale added = {.name = mem_strdup(locale)};
        vec_push(&i18n->locales, added);
        home = &i18n->locales.at[i18n->locales.len - 1];
    }
    struct catalogue *old = find_catalogue(home, domain);
    fresh.domain = old ? old->domain : mem_strdup(domain);
    if (old)
        *old = fresh;
    else
        vec_push(&home->catalogues, fresh);
    return 0;
}

static const struct catalogue *look_up(const struct i18n *i18n, const char *domain,
                                       const char *locale, struct souk_str id,
                                       struct souk_str *text)
{
    const struct locale *home = i18n && locale && id.len ? find_locale(i18n, locale) : NULL;
    const char *domains[] = {domain, "souk"};
    for (size_t i = 0; home && i < 2; i++) {
        const struct catalogue *mo = domains[i] ? find_catalogue(home, domains[i]) : NULL;
        if (mo && find(mo, id, text) && text->len)
            return mo;
    }
    return NULL;
}

int i18n_has(const struct i18n *i18n, const char *domain, const char *locale, struct souk_str id)
{
    struct souk_str text;
    return look_up(i18n, domain, locale, id, &text) != NULL;
}

/* An id without its context: what is shown when there is no translation. */
static struct souk_str bare(struct souk_str id)
{
    ptrdiff_t mark = str_find(id, CONTEXT_MARK);
    return mark < 0 ? id : str_from(id, (size_t)mark + 1);
}

struct souk_str i18n_text(const struct i18n *i18n, const char *domain, const char *locale,
                          struct souk_str id)
{
    struct souk_str text;
    return look_up(i18n, domain, locale, id, &text) ? singular(text) : bare(id);
}

struct souk_str i18n_plural(const struct i18n *i18n, const char *domain, const char *locale,
                            struct souk_str one, struct souk_str many, int64_t n)
{
    struct souk_str text, form;
    const struct catalogue *mo = look_up(i18n, domain, locale, one, &text);
    if (!mo)
        return n == 1 || n == -1 ? bare(one) : many;
    int wanted = plural_form(&mo->plural, n);
    for (int i = 0; str_split(&text, '\0', &form); i++)
        if (i == wanted && form.len)
            return form;
    return n == 1 || n == -1 ? bare(one) : many;
}

struct range {
    struct souk_str tag;
    int quality; /* 0 … 1000 */
};

#define RANGES 24 /* more than any browser sends; what follows is ignored */

/* ";q=0.8" to 800; what is malformed counts as 0. */
static int read_quality(struct souk_str text)
{
    text = str_trim(text);
    if (!str_starts(text, "q=") && !str_starts(text, "Q="))
        return 0;
    text = str_from(text, 2);
    if (!text.len || text.ptr[0] < '0' || text.ptr[0] > '1')
        return 0;
    int quality = (text.ptr[0] - '0') * 1000, unit = 100;
    for (size_t i = 2; i < text.len && text.ptr[1] == '.' && unit; i++, unit /= 10) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return 0;
        quality += (text.ptr[i] - '0') * unit;
    }
    return quality > 1000 ? 1000 : quality;
}

static size_t read_ranges(struct souk_str header, struct range *ranges)
{
    size_t count = 0;
    struct souk_str item;
    while (count < RANGES && str_split(&header, ',', &item)) {
        ptrdiff_t mark = str_find(item, ';');
        struct souk_str tag = str_trim(mark < 0 ? item : str_make(item.ptr, (size_t)mark));
        int quality = mark < 0 ? 1000 : read_quality(str_from(item, (size_t)mark + 1));
        if (tag.len && quality > 0)
            ranges[count++] = (struct range){tag, quality};
    }
    return count;
}

/* RFC 4647 lookup: the range, then ever shorter prefixes of it. */
static const char *match(const char *const *offered, struct souk_str tag)
{
    while (tag.len) {
        for (size_t i = 0; offered[i]; i++)
            if (str_equal_nocase(tag, souk_str(offered[i])))
                return offered[i];
        while (tag.len && tag.ptr[tag.len - 1] != '-')
            tag.len--;
        if (tag.len)
            tag.len--;
        if (tag.len >= 2 && tag.ptr[tag.len - 2] == '-') /* "zh-x": a lone letter goes along */
            tag.len -= 2;
    }
    return NULL;
}

const char *i18n_negotiate(const char *const *offered, struct souk_str accept_language)
{
    struct range ranges[RANGES];
    size_t count = read_ranges(accept_language, ranges);
    for (;;) {
        struct range *best = NULL;
        for (size_t i = 0; i < count; i++)
            if (ranges[i].quality && (!best || ranges[i].quality > best->quality))
                best = &ranges[i];
        if (!best)
            return offered[0];
        const char *found = match(offered, best->tag);
        if (found)
            return found;
        best->quality = 0;
    }
}
