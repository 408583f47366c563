/*
 * checkout_keep.c: what of a checkout's body is kept with the cart. Nothing that was typed is lost,
 * but a body is anybody's: only what a checkout knows goes into the database, in a size that a
 * person could type. What looks like the number of a payment card never does, in what a way of
 * paying asks: cards are the provider's affair, on its own page. (Elsewhere digits are left alone:
 * a telephone number may look like one.)
 */
#include "app/checkout_inner.h"

#include "base/str.h"
#include "base/utf8.h"

#define TEXT_MOST  2000
#define KEY_MOST   120
#define ITEMS_MOST 60
#define DEPTH_MOST 4

struct keeping {
    struct arena *arena;
    int cards; /* a number of a card may stand here by mistake */
};

/* 13 to 19 digits with spaces or hyphens between them, of a first that cards have, and the sum of
 * Luhn holds. */
static int is_card(struct souk_str text)
{
    int digits = 0, sum = 0, first = 0;
    for (size_t i = text.len; i-- > 0;) {
        char c = text.ptr[i];
        if (c == ' ' || c == '-')
            continue;
        if (c < '0' || c > '9')
            return 0;
        int digit = (c - '0') * (digits % 2 ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
        digits++;
        first = c - '0';
    }
    return first >= 2 && first <= 6 && digits >= 13 && digits <= 19 && sum % 10 == 0;
}

static void keep(const struct keeping *keeping, const struct json *from, struct json *into,
                 int depth);

static void keep_value(const struct keeping *keeping, struct json *into, const char *key,
                       const struct json *value, int depth)
{
    if (value->kind == JSON_OBJECT || value->kind == JSON_ARRAY) {
        if (depth < DEPTH_MOST)
            keep(keeping, value, json_add(keeping->arena, into, key, value->kind), depth + 1);
    } else if (value->kind == JSON_STRING) {
        if (value->text.len <= TEXT_MOST && !(keeping->cards && is_card(value->text)))
            json_add_str(keeping->arena, into, key, value->text);
    } else {
        json_add_tree(keeping->arena, into, key, value);
    }
}

static void keep(const struct keeping *keeping, const struct json *from, struct json *into,
                 int depth)
{
    int count = 0;
    json_each(item, from)
    {
        const char *key = from->kind == JSON_OBJECT ? arena_cstr(keeping->arena, item->key) : NULL;
        if (++count <= ITEMS_MOST && (!key || item->key.len <= KEY_MOST))
            keep_value(keeping, into, key, &item->value, depth);
    }
}

struct json *checkout_keep(struct arena *arena, const struct json *body)
{
    static const struct {
        const char *key;
        int cards;
    } known[] = {{"email", 0},       {"phone", 0},      {"name", 0},       {"address", 0},
                 {"billing", 0},     {"vat_number", 0}, {"note", 0},       {"delivery", 0},
                 {"payment", 1},     {"typed", 1},      {"newsletter", 0}, {"begun", 0},
                 {"accept_total", 0}};
    struct json *kept = json_new(arena, JSON_OBJECT);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct keeping keeping = {arena, known[i].cards};
        const struct json *value = json_at(body, known[i].key);
        if (value)
            keep_value(&keeping, kept, known[i].key, value, 1);
    }
    return kept;
}
