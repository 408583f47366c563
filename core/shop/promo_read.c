/*
 * promo_read.c: what scripts declared, read into a set: groups first, then every rule, so that a
 * mistake in one hides none in another; then unique ids, the effective order, hashes and the index.
 *
 * A rule's hash covers its declaration, its group's mode and, where it has functions, the text of
 * its file (whose hash stands in the declaration as "text"); numbers of functions are left out,
 * because they depend on the other files. Switching a rule off changes the set's hash, not its own.
 */
#include "base/str.h"
#include "shop/promo_read.h"

#include <sodium.h>
#include <stdlib.h>

#define HASH_BYTES 16 /* of SHA-256: what tells versions of a rule apart */
#define CODE_MOST  64

struct declared { /* one that was sorted out by kind */
    const struct json *item;
    size_t place;
};

struct set_reader {
    struct promo_reader reader;
    struct promo_group *groups;
    size_t group_count;
    struct promo *promotions;
    size_t promotion_count;
    struct promo_offer *offers;
    size_t offer_count;
    struct json *tests;
    const struct json *switched;
};

static struct souk_str kind_of(const struct json *item)
{
    return json_text(json_at(item, "kind"));
}

static void stand_at(struct promo_reader *reader, const struct json *item)
{
    reader->file = json_text(json_at(item, "file"));
    reader->line = (int)json_int(json_at(item, "line"), 0);
    reader->id = souk_str("");
    reader->functions = 0;
    reader->catalogue = 0;
}

/* ---- hashes ---- */

static void blank_functions(struct json *value)
{
    if (promo_value_function(value) >= 0)
        value->first->value.number = 0;
    else if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)
        for (struct json_item *item = value->first; item; item = item->next)
            blank_functions(&item->value);
}

static struct souk_str hash_of(struct arena *arena, struct souk_str text)
{
    unsigned char bytes[crypto_hash_sha256_BYTES];
    char *hex = arena_alloc(arena, HASH_BYTES * 2 + 1);
    crypto_hash_sha256(bytes, (const unsigned char *)text.ptr, text.len);
    sodium_bin2hex(hex, HASH_BYTES * 2 + 1, bytes, HASH_BYTES);
    return souk_str(hex);
}

static struct souk_str hash_rule(struct promo_reader *reader, const struct json *item,
                                 const struct promo_group *group)
{
    struct json *value = json_copy(reader->arena, json_at(item, "value"));
    struct buf text = {0};
    blank_functions(value);
    json_print(&text, value);
    if (group)
        buf_printf(&text, "\n%d", (int)group->mode);
    if (reader->functions) {
        buf_add_char(&text, '\n');
        buf_add_str(&text, json_text(json_at(item, "text")));
    }
    struct souk_str hash = hash_of(reader->arena, buf_str(&text));
    buf_free(&text);
    return hash;
}

static struct souk_str hash_set(struct arena *arena, const struct promo_set *set)
{
    struct buf text = {0};
    for (size_t i = 0; i < set->catalogue_count + set->cart_count; i++) {
        const struct promo *promo =
            i < set->catalogue_count ? &set->catalogue[i] : &set->cart[i - set->catalogue_count];
        buf_printf(&text, "%.*s %.*s %d\n", SOUK_PRI(promo->id), SOUK_PRI(promo->hash),
                   promo->enabled);
    }
    for (size_t i = 0; i < set->offer_count; i++)
        buf_printf(&text, "offer:%.*s %.*s %d\n", SOUK_PRI(set->offers[i].id),
                   SOUK_PRI(set->offers[i].hash), set->offers[i].enabled);
    struct souk_str hash = text.len ? hash_of(arena, buf_str(&text)) : souk_str("");
    buf_free(&text);
    return hash;
}

void promo_set_texts(struct arena *arena, struct json *declared,
                     const struct script_source *sources, size_t count)
{
    struct buf shared = {0};
    for (size_t i = 0; i < count; i++)
        if (script_is_shared(sources[i].path))
            buf_add_str(&shared, hash_of(arena, sources[i].text));
    size_t known = shared.len;
    for (size_t i = 0; i < count; i++) {
        struct souk_str hash = STR_NULL;
        for (struct json_item *item = (struct json_item *)json_first(declared); item;
             item = item->next) {
            if (!souk_str_equal(json_text(json_at(&item->value, "file")), sources[i].path))
                continue;
            if (!hash.ptr) {
                shared.len = known;
                buf_add_str(&shared, hash_of(arena, sources[i].text));
                hash = hash_of(arena, buf_str(&shared));
            }
            json_add_str(arena, &item->value, "text", hash);
        }
    }
    buf_free(&shared);
}

/* ---- groups ---- */

static void read_groups(struct set_reader *all, const struct json *declared)
{
    struct arena *arena = all->reader.arena;
    size_t count = declared->count;
    const char **names = arena_array(arena, const char *, count + 1);
    all->groups = arena_array(arena, struct promo_group, count + 1);
    json_each(item, declared)
    {
        if (!souk_str_is(kind_of(&item->value), "group"))
            continue;
        struct promo_group *group = &all->groups[all->group_count];
        stand_at(&all->reader, &item->value);
        promo_read_group(&all->reader, json_at(&item->value, "value"), group);
        if (!group->name.len)
            continue;
        for (size_t i = 0; i < all->group_count; i++)
            if (souk_str_equal(all->groups[i].name, group->name))
                promo_wrong(&all->reader, NULL,
                            "there are two groups \"%.*s\"; give one of them another name or take "
                            "it away",
                            SOUK_PRI(group->name));
        names[all->group_count++] = arena_cstr(arena, group->name);
    }
    all->reader.sets = names;
}

/* ---- rules ---- */

/* As staff switched it, or as it was declared. */
static int is_on(const struct set_reader *all, struct souk_str id, int declared)
{
    const struct json *switched = all->switched ? json_get(all->switched, id) : NULL;
    return switched ? json_true(switched) : declared;
}

static void add_promotion(struct set_reader *all, const struct json *item)
{
    struct promo *promo = &all->promotions[all->promotion_count++];
    promo->file = all->reader.file;
    promo->line = all->reader.line;
    promo_read_promotion(&all->reader, json_at(item, "value"), all->groups, promo);
    promo->hash = hash_rule(&all->reader, item, promo->group);
    promo->declared_off = !promo->enabled;
    promo->enabled = is_on(all, promo->id, promo->enabled);
}

static void add_offer(struct set_reader *all, const struct json *item)
{
    struct promo_offer *offer = &all->offers[all->offer_count++];
    struct arena *arena = all->reader.arena;
    offer->file = all->reader.file;
    offer->line = all->reader.line;
    promo_read_offer(&all->reader, json_at(item, "value"), offer);
    offer->hash = hash_rule(&all->reader, item, NULL);
    offer->declared_off = !offer->enabled;
    offer->enabled =
        is_on(all, arena_printf(arena, "offer:%.*s", SOUK_PRI(offer->id)), offer->enabled);
}

static void read_rules(struct set_reader *all, const struct json *declared)
{
    static const char *const kinds[] = {"promotion", "group", "upsell", "test", NULL};
    struct arena *arena = all->reader.arena;
    all->promotions = arena_array(arena, struct promo, declared->count + 1);
    all->offers = arena_array(arena, struct promo_offer, declared->count + 1);
    all->tests = json_new(arena, JSON_ARRAY);
    json_each(item, declared)
    {
        struct souk_str kind = kind_of(&item->value);
        stand_at(&all->reader, &item->value);
        if (souk_str_is(kind, "promotion"))
            add_promotion(all, &item->value);
        else if (souk_str_is(kind, "upsell"))
            add_offer(all, &item->value);
        else if (souk_str_is(kind, "test"))
            json_add_tree(arena, all->tests, NULL, &item->value);
        else if (!souk_str_is(kind, "group"))
            promo_wrong(&all->reader, NULL, "nothing like %.*s can be declared: %s", SOUK_PRI(kind),
                        promo_hint(&all->reader, kind, kinds));
    }
}

/* ---- ids ---- */

struct named {
    struct souk_str id, file;
    int line;
    size_t place;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int order = str_compare(x->id, y->id);
    return order ? order : x->place < y->place ? -1 : 1;
}

static void check_unique(struct promo_reader *reader, struct named *list, size_t count)
{
    qsort(list, count, sizeof *list, compare_named);
    for (size_t i = 1; i < count; i++) {
        if (!list[i].id.len || !souk_str_equal(list[i].id, list[i - 1].id))
            continue;
        reader->file = list[i].file;
        reader->line = list[i].line;
        reader->id = list[i].id;
        promo_wrong(reader, NULL,
                    "the id is taken: %.*s:%d declares it too; give one of them "
                    "another",
                    SOUK_PRI(list[i - 1].file), list[i - 1].line);
    }
}

static void check_ids(struct set_reader *all)
{
    size_t most = all->promotion_count + all->offer_count;
    struct named *list = arena_array(all->reader.arena, struct named, most + 1);
    for (size_t i = 0; i < all->promotion_count; i++)
        list[i] = (struct named){all->promotions[i].id, all->promotions[i].file,
                                 all->promotions[i].line, i};
    check_unique(&all->reader, list, all->promotion_count);
    for (size_t i = 0; i < all->offer_count; i++)
        list[i] = (struct named){all->offers[i].id, all->offers[i].file, all->offers[i].line, i};
    check_unique(&all->reader, list, all->offer_count);
}

/* ---- the effective order ---- */

struct ranked {
    const struct promo *promo;
    size_t place; /* among the declarations: files come in any order, lines of a file in theirs */
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->promo->priority != y->promo->priority)
        return x->promo->priority > y->promo->priority ? -1 : 1;
    int order = str_compare(x->promo->file, y->promo->file);
    return order ? order : x->place < y->place ? -1 : 1;
}

static const struct promo *put_in_order(const struct set_reader *all, int catalogue, size_t *count)
{
    struct arena *arena = all->reader.arena;
    struct ranked *ranked = arena_array(arena, struct ranked, all->promotion_count + 1);
    *count = 0;
    for (size_t i = 0; i < all->promotion_count; i++)
        if (all->promotions[i].catalogue == catalogue)
            ranked[(*count)++] = (struct ranked){&all->promotions[i], i};
    qsort(ranked, *count, sizeof *ranked, compare_ranked);
    struct promo *list = arena_array(arena, struct promo, *count + 1);
    for (size_t i = 0; i < *count; i++)
        list[i] = *ranked[i].promo;
    return list;
}

static int compare_offers(const void *a, const void *b)
{
    const struct promo_offer *x = a, *y = b;
    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    int order = str_compare(x->file, y->file);
    if (order)
        return order;
    return x->line != y->line ? (x->line < y->line ? -1 : 1) : str_compare(x->id, y->id);
}

/* ---- what has to be known ---- */

static int asks_history(const struct promo_condition *conditions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        switch (conditions[i].kind) {
        case PROMO_NTH_ORDER:
        case PROMO_ORDERS_AT_LEAST:
        case PROMO_SPENT_AT_LEAST:
        case PROMO_SINCE:
        case PROMO_FUNCTION: return 1;
        default: break;
        }
    return 0;
}

static void note_wants(struct promo_set *set, const struct promo *promo)
{
    const struct promo_coupon *coupon = promo->coupon;
    set->wants_history |= asks_history(promo->conditions, promo->condition_count);
    for (size_t i = 0; i < promo->action_count; i++)
        set->wants_history |= promo->actions[i].kind == PROMO_COMPUTED;
    if (coupon && coupon->per_customer != PROMO_NONE)
        set->wants_history = 1;
    if (coupon &&
        (coupon->batch.len || coupon->uses != PROMO_NONE || coupon->per_customer != PROMO_NONE))
        set->wants_usage = 1;
    if (promo->uses != PROMO_NONE || promo->uses_per_customer != PROMO_NONE ||
        promo->budget != PROMO_NONE || promo->budget_uses != PROMO_NONE)
        set->wants_usage = 1;
}

static const struct promo_set *make_set(struct set_reader *all)
{
    struct arena *arena = all->reader.arena;
    struct promo_set *set = arena_new(arena, struct promo_set);
    set->cart = put_in_order(all, 0, &set->cart_count);
    set->catalogue = put_in_order(all, 1, &set->catalogue_count);
    qsort(all->offers, all->offer_count, sizeof *all->offers, compare_offers);
    set->offers = all->offers;
    set->offer_count = all->offer_count;
    set->tests = all->tests;
    for (size_t i = 0; i < set->cart_count; i++)
        note_wants(set, &set->cart[i]);
    for (size_t i = 0; i < set->catalogue_count; i++)
        note_wants(set, &set->catalogue[i]);
    for (size_t i = 0; i < set->offer_count; i++)
        set->wants_history |=
            set->offers[i].function >= 0 ||
            asks_history(set->offers[i].conditions, set->offers[i].condition_count);
    set->hash = hash_set(arena, set);
    set->index = promo_index_new(arena, set);
    return set;
}

int promo_set_read(struct arena *arena, const struct json *declared, const struct json *switched,
                   const struct promo_set **out, struct json *errors, struct err *err)
{
    struct set_reader all = {.switched = switched};
    struct json *found = json_new(arena, JSON_ARRAY);
    *out = NULL;
    all.reader.arena = arena;
    all.reader.errors = found;
    if (!declared || declared->kind != JSON_ARRAY)
        declared = json_new(arena, JSON_ARRAY);
    read_groups(&all, declared);
    read_rules(&all, declared);
    check_ids(&all);
    if (all.reader.wrong) {
        json_each(item, found) if (errors) json_add_tree(arena, errors, NULL, &item->value);
        const struct json *first = &json_first(found)->value;
        return err_set(
            err, SOUK_INVALID, "%.*s:%lld: %.*s%s", SOUK_PRI(json_text(json_at(first, "file"))),
            (long long)json_int(json_at(first, "line"), 0),
            SOUK_PRI(json_text(json_at(first, "message"))), found->count > 1 ? " (and more)" : "");
    }
    *out = make_set(&all);
    return SOUK_OK;
}

/* ---- finding ---- */

const struct promo *promo_find(const struct promo_set *set, struct souk_str id)
{
    int64_t at = set->index ? promo_index_find(set->index, id) : -1;
    if (at >= 0)
        return (size_t)at < set->cart_count ? &set->cart[at]
                                            : &set->catalogue[(size_t)at - set->cart_count];
    for (size_t i = 0; !set->index && i < set->cart_count; i++)
        if (souk_str_equal(set->cart[i].id, id))
            return &set->cart[i];
    for (size_t i = 0; !set->index && i < set->catalogue_count; i++)
        if (souk_str_equal(set->catalogue[i].id, id))
            return &set->catalogue[i];
    return NULL;
}

struct souk_str promo_code_normalize(struct arena *arena, struct souk_str typed)
{
    struct souk_str trimmed = str_trim(typed);
    if (!trimmed.len || trimmed.len > CODE_MOST)
        return souk_str("");
    char *code = arena_copy(arena, trimmed.ptr, trimmed.len);
    for (size_t i = 0; i < trimmed.len; i++) {
        if ((unsigned char)code[i] < ' ' || code[i] == 0x7F)
            return souk_str("");
        if (code[i] >= 'a' && code[i] <= 'z')
            code[i] = (char)(code[i] - 'a' + 'A');
    }
    return str_make(code, trimmed.len);
}
