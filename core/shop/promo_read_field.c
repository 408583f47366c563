/*
 * promo_read_field.c: fields of declarations: names, amounts, numbers, percentages, texts, times,
 * filters. Each taker knows the slip that people make in its place (12.5 where an amount belongs, a
 * number without quotes, a date the other way round) and says what to write instead.
 */
#include "base/clock.h"
#include "base/money.h"
#include "base/str.h"
#include "base/zone.h"
#include "shop/market.h"
#include "shop/promo_read.h"

#define AMOUNT_MOST INT64_C(1000000000000000) /* products with parts per million stay in range */
#define TEXT_MOST   200
#define LIST_MOST   10000

/* ---- complaints ---- */

static void print_place(struct buf *out, const struct promo_place *at)
{
    if (!at)
        return;
    print_place(out, at->up);
    if (!at->key)
        buf_printf(out, "[%zu]", at->number);
    else
        buf_printf(out, "%s%s", out->len ? "." : "", at->key);
}

void promo_wrong(struct promo_reader *reader, const struct promo_place *at, const char *format, ...)
{
    struct buf text = {.arena = reader->arena};
    va_list args;
    print_place(&text, at);
    if (text.len)
        buf_add_cstr(&text, ": ");
    va_start(args, format);
    buf_add_str(&text, arena_vprintf(reader->arena, format, args));
    va_end(args);
    struct json *error = json_add(reader->arena, reader->errors, NULL, JSON_OBJECT);
    json_add_str(reader->arena, error, "file", reader->file);
    json_add_int(reader->arena, error, "line", reader->line);
    json_add_str(reader->arena, error, "id", reader->id);
    json_add_str(reader->arena, error, "message", buf_str(&text));
    reader->wrong++;
}

/* What people who know another shop write, and what it is called here. */
static const char *other_name(struct promo_reader *reader, struct souk_str wrong,
                              const char *const *names)
{
    static const char *const others[][2] = {
        {"conditions", "when"},
        {"condition", "when"},
        {"actions", "give"},
        {"action", "give"},
        {"starts_at", "from"},
        {"start", "from"},
        {"ends_at", "to"},
        {"until", "to"},
        {"qty", "quantity"},
        {"max_qty", "max_quantity"},
        {"min_qty", "quantity"},
        {"size", "group_size"},
        {"percentage", "percent"},
        {"value", "amount"},
        {"code", "coupon"},
        {"title", "name"},
        {"repeat", "repeats"},
        {"tags", "segments"},
        {"max_amount", "cap"},
        {"combine", "group"},
        {"label", "name"},
        {"usage_limit", "limits"},
        {"subtotal", "items_total"},
        {"limit", "limits"},
        {"free_shipping", "delivery_percent"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        for (int n = 0; souk_str_is(wrong, others[i][0]) && names[n]; n++)
            if (strcmp(names[n], others[i][1]) == 0)
                return names[n];
    if (!str_starts(wrong, "shipping"))
        return NULL;
    struct souk_str delivery =
        arena_printf(reader->arena, "delivery%.*s", SOUK_PRI(str_from(wrong, strlen("shipping"))));
    return str_nearest(delivery, names);
}

const char *promo_hint(struct promo_reader *reader, struct souk_str wrong, const char *const *names)
{
    const char *near = str_nearest(wrong, names);
    if (!near || !souk_str_is(wrong, near)) {
        const char *other = other_name(reader, wrong, names);
        near = other ? other : near;
    }
    if (near)
        return arena_printf(reader->arena, "did you mean \"%s\"?", near).ptr;
    struct buf all = {.arena = reader->arena};
    buf_add_cstr(&all, "known are ");
    for (int i = 0; names[i]; i++)
        buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    return buf_str(&all).ptr;
}

const char *promo_show(struct promo_reader *reader, const struct json *value)
{
    const struct json *decimal = json_at(value, "$decimal");
    if (decimal)
        return arena_cstr(reader->arena, json_text(decimal));
    if (promo_value_function(value) >= 0)
        return "a function";
    if (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT)
        return value->count ? "a table" : "an empty table";
    struct buf text = {.arena = reader->arena};
    if (value->kind == JSON_STRING && value->text.len > 60)
        json_print_string(&text, str_make(value->text.ptr, 0));
    else
        json_print(&text, value);
    return buf_str(&text).ptr;
}

int promo_check_names(struct promo_reader *reader, const struct promo_place *at,
                      const struct json *object, const char *what, const char *const *names)
{
    int empty = object->kind == JSON_ARRAY && object->count == 0; /* Lua's {} is either */
    if ((object->kind != JSON_OBJECT && !empty) || promo_value_function(object) >= 0) {
        promo_wrong(reader, at, "must be a table like { %s = … }, not %s", names[0],
                    object->kind == JSON_ARRAY ? "a list" : promo_show(reader, object));
        return SOUK_INVALID;
    }
    json_each(item, object)
    {
        int known = 0;
        for (int i = 0; names[i] && !known; i++)
            known = souk_str_is(item->key, names[i]);
        if (!known)
            promo_wrong(reader, at, "unknown %s \"%.*s\": %s", what, SOUK_PRI(item->key),
                        promo_hint(reader, item->key, names));
    }
    return SOUK_OK;
}

const struct json *promo_member(const struct json *object, const char *key)
{
    const struct json *value = json_at(object, key);
    return value && value->kind != JSON_NULL ? value : NULL;
}

int64_t promo_value_function(const struct json *value)
{
    const struct json *function = value && value->kind == JSON_OBJECT && value->count == 1
                                      ? json_at(value, "$function")
                                      : NULL;
    return function ? json_int(function, PROMO_NONE) : PROMO_NONE;
}

/* ---- numbers ---- */

static int shop_digits(void)
{
    int digits = money_digits(market_shop()->currency);
    return digits < 0 ? 2 : digits;
}

/* "12.5" as a merchant should have written it: "12.50". */
static const char *as_money(struct promo_reader *reader, struct souk_str decimal)
{
    int digits = shop_digits();
    ptrdiff_t point = str_find(decimal, '.');
    size_t whole = point < 0 ? decimal.len : (size_t)point;
    struct buf text = {.arena = reader->arena};
    buf_add(&text, decimal.ptr, whole);
    for (int i = 0; i < digits; i++) {
        size_t at = whole + 1 + (size_t)i;
        buf_add_cstr(&text, i ? "" : ".");
        buf_add_char(&text, at < decimal.len ? decimal.ptr[at] : '0');
    }
    return buf_str(&text).ptr;
}

int64_t promo_value_amount(struct promo_reader *reader, const struct promo_place *at,
                           const struct json *value)
{
    const struct json *decimal = json_at(value, "$decimal");
    int64_t minor;
    if (value->kind == JSON_INT && value->number >= 0 && value->number <= AMOUNT_MOST)
        return value->number;
    if (value->kind == JSON_INT)
        promo_wrong(reader, at, "must be an amount from 0 to %lld, not %lld",
                    (long long)AMOUNT_MOST, (long long)value->number);
    else if (decimal)
        promo_wrong(reader, at, "amounts are whole minor units: instead of %s write money \"%s\"",
                    promo_show(reader, value), as_money(reader, json_text(decimal)));
    else if (value->kind == JSON_STRING &&
             money_parse(value->text, market_shop()->currency, &minor) == SOUK_OK)
        promo_wrong(reader, at, "is a text; write money %s", promo_show(reader, value));
    else
        promo_wrong(reader, at, "must be an amount like money \"12.50\", not %s",
                    promo_show(reader, value));
    return 0;
}

int64_t promo_value_whole(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *value, int64_t least, int64_t most)
{
    if (value->kind == JSON_INT && value->number >= least && value->number <= most)
        return value->number;
    promo_wrong(reader, at, "must be a whole number from %lld to %lld, not %s", (long long)least,
                (long long)most, promo_show(reader, value));
    return least;
}

/* Digits with at most four behind the point to parts per million; -1 no number, -2 too exact. */
static int64_t parse_percent(struct souk_str text)
{
    ptrdiff_t point = str_find(text, '.');
    struct souk_str whole = point < 0 ? text : str_make(text.ptr, (size_t)point);
    struct souk_str rest = point < 0 ? STR_NULL : str_from(text, (size_t)point + 1);
    int64_t ppm = 0;
    if (!whole.len || whole.len > 6 || (point >= 0 && !rest.len))
        return -1;
    for (size_t i = 0; i < whole.len + rest.len; i++) {
        char c = i < whole.len ? whole.ptr[i] : rest.ptr[i - whole.len];
        if (c < '0' || c > '9')
            return -1;
        if (i >= whole.len + 4 && c != '0')
            return -2;
        if (i < whole.len + 4)
            ppm = ppm * 10 + (c - '0');
    }
    for (size_t i = rest.len; i < 4; i++)
        ppm *= 10;
    return ppm;
}

static int64_t value_percent(struct promo_reader *reader, const struct promo_place *at,
                             const struct json *value)
{
    const struct json *decimal = json_at(value, "$decimal");
    int64_t ppm = -1;
    if (value->kind == JSON_INT && value->number >= 0 && value->number <= 100)
        ppm = value->number * 10000;
    else if (decimal)
        ppm = parse_percent(json_text(decimal));
    if (ppm >= 0 && ppm <= PROMO_WHOLE)
        return ppm;
    if (ppm == -2)
        promo_wrong(reader, at, "%s is more exact than percentages are: round it to 4 decimals",
                    promo_show(reader, value));
    else
        promo_wrong(reader, at, "must be a percentage from 0 to 100, like 10 or 12.5, not %s",
                    promo_show(reader, value));
    return 0;
}

int64_t promo_take_amount(struct promo_reader *reader, const struct promo_place *at,
                          const struct json *object, const char *key, int64_t otherwise)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    return value ? promo_value_amount(reader, &here, value) : otherwise;
}

int64_t promo_take_whole(struct promo_reader *reader, const struct promo_place *at,
                         const struct json *object, const char *key, int64_t least, int64_t most,
                         int64_t otherwise)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    return value ? promo_value_whole(reader, &here, value, least, most) : otherwise;
}

int64_t promo_take_percent(struct promo_reader *reader, const struct promo_place *at,
                           const struct json *object, const char *key, int64_t otherwise)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    return value ? value_percent(reader, &here, value) : otherwise;
}

/* ---- words ---- */

int promo_take_bool(struct promo_reader *reader, const struct promo_place *at,
                    const struct json *object, const char *key, int otherwise)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    if (value && value->kind != JSON_BOOL)
        promo_wrong(reader, &here, "must be true or false, not %s", promo_show(reader, value));
    return value && value->kind == JSON_BOOL ? json_true(value) : otherwise;
}

static struct souk_str value_text(struct promo_reader *reader, const struct promo_place *at,
                                  const struct json *value, size_t most)
{
    if (value->kind == JSON_STRING && value->text.len && value->text.len <= most)
        return value->text;
    if (value->kind == JSON_STRING && value->text.len)
        promo_wrong(reader, at, "is too long: at most %zu bytes", most);
    else if (value->kind == JSON_STRING)
        promo_wrong(reader, at, "is empty; write something or leave it out");
    else if (value->kind == JSON_INT)
        promo_wrong(reader, at, "must be a text: write \"%lld\" in quotes",
                    (long long)value->number);
    else
        promo_wrong(reader, at, "must be a text in quotes, not %s", promo_show(reader, value));
    return souk_str("");
}

struct souk_str promo_take_text(struct promo_reader *reader, const struct promo_place *at,
                                const struct json *object, const char *key, size_t most)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    return value ? value_text(reader, &here, value, most) : souk_str("");
}

struct promo_texts promo_value_texts(struct promo_reader *reader, const struct promo_place *at,
                                     const struct json *value)
{
    struct promo_texts none = {0};
    if (value->kind == JSON_STRING) { /* one without its braces */
        struct souk_str *one = arena_new(reader->arena, struct souk_str);
        *one = value_text(reader, at, value, TEXT_MOST);
        return (struct promo_texts){one, one->len > 0};
    }
    int table = value->kind == JSON_ARRAY || value->kind == JSON_OBJECT;
    if (table && value->count == 0) {
        promo_wrong(reader, at, "is empty; name at least one or leave it out");
        return none;
    }
    if (value->kind != JSON_ARRAY || value->count > LIST_MOST) {
        promo_wrong(reader, at, "must be a list like { \"a\", \"b\" } of at most %d, not %s",
                    LIST_MOST, promo_show(reader, value));
        return none;
    }
    struct souk_str *texts = arena_array(reader->arena, struct souk_str, value->count);
    size_t count = 0;
    json_each(item, value)
    {
        struct promo_place here = {at, NULL, count + 1};
        texts[count++] = value_text(reader, &here, &item->value, TEXT_MOST);
    }
    return (struct promo_texts){texts, count};
}

struct promo_texts promo_take_texts(struct promo_reader *reader, const struct promo_place *at,
                                    const struct json *object, const char *key)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    return value ? promo_value_texts(reader, &here, value) : (struct promo_texts){0};
}

int promo_take_choice(struct promo_reader *reader, const struct promo_place *at,
                      const struct json *object, const char *key, const char *const *names,
                      int otherwise)
{
    const struct json *value = promo_member(object, key);
    struct promo_place here = {at, key, 0};
    if (!value)
        return otherwise;
    for (int i = 0; names[i]; i++)
        if (souk_str_is(json_text(value), names[i]))
            return i;
    promo_wrong(reader, &here, "%s is not possible: %s", promo_show(reader, value),
                promo_hint(reader, json_text(value), names));
    return otherwise;
}

/* ---- times ---- */

int64_t promo_take_time(struct promo_reader *reader, const struct promo_place *at,
                        const struct json *object, const char *key)
{
    struct promo_place here = {at, key, 0};
    struct souk_str text = promo_take_text(reader, at, object, key, 40);
    int64_t moment = 0;
    if (!text.len)
        return 0;
    if (clock_parse(text, &moment) != SOUK_OK) {
        int64_t probe;
        const char *tail =
            clock_parse(arena_printf(reader->arena, "%.*sZ", SOUK_PRI(text)), &probe) == SOUK_OK
                ? "has no zone; add \"Z\" or one like \"+02:00\" at its end"
                : "is no time; write \"2026-11-27\" or \"2026-11-27T18:00:00+02:00\"";
        promo_wrong(reader, &here, "\"%.*s\" %s", SOUK_PRI(text), tail);
        return 0;
    }
    return text.len == strlen("2026-11-27") ? zone_utc(moment) : moment;
}

/* ---- filters ---- */

struct promo_filter promo_take_filter(struct promo_reader *reader, const struct promo_place *at,
                                      const struct json *object, const char *key)
{
    static const char *const names[] = {"skus",       "products", "categories",
                                        "price_from", "price_to", NULL};
    const struct json *value = promo_member(object, key);
    struct promo_filter filter = {.price_from = PROMO_NONE, .price_to = PROMO_NONE};
    struct promo_place here = {at, key, 0};
    if (!value || promo_check_names(reader, &here, value, "field", names) != SOUK_OK)
        return filter;
    filter.skus = promo_take_texts(reader, &here, value, "skus");
    filter.products = promo_take_texts(reader, &here, value, "products");
    filter.categories = promo_take_texts(reader, &here, value, "categories");
    filter.price_from = promo_take_amount(reader, &here, value, "price_from", PROMO_NONE);
    filter.price_to = promo_take_amount(reader, &here, value, "price_to", PROMO_NONE);
    if (filter.price_to != PROMO_NONE && filter.price_from > filter.price_to)
        promo_wrong(reader, &here, "price_from is above price_to: no line can match");
    return filter;
}
