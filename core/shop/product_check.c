/*
 * product_check.c: is a product's document of the right form? Only the document is looked at here;
 * what the rows say against it (a SKU of another product, an unknown tax class) is found by the
 * parts while they plan.
 */
#include <stdio.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/document.h"
#include "shop/product_edit.h"

#define CHECK_NAME   500
#define CHECK_SKU    100
#define CHECK_TEXT   200000
#define CHECK_LIST   500
#define CHECK_AMOUNT INT64_C(1000000000000000)

int edit_refuse(struct product_edit *edit, int code, const char *pointer, const char *format, ...)
{
    va_list args;
    if (edit->result->pointer != pointer)
        snprintf(edit->result->pointer, sizeof edit->result->pointer, "%s", pointer);
    va_start(args, format);
    err_vset(edit->err, code, format, args);
    va_end(args);
    return code;
}

const char *edit_at(struct product_edit *edit, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(edit->result->pointer, sizeof edit->result->pointer, format, args);
    va_end(args);
    return edit->result->pointer;
}

int edit_failed(struct product_edit *edit, int code)
{
    if (code != 0 && edit->err && !edit->err->text[0])
        err_set(edit->err, code, "%s", db_error(edit->conn));
    return code;
}

static int check_one_of(struct product_edit *edit, const char *key, const char *const *known)
{
    const struct json *value = json_at(edit->doc, key);
    char list[200] = "";
    size_t len = 0;
    if (!value)
        return 0;
    for (int i = 0; known[i]; i++) {
        if (souk_str_is(json_text(value), known[i]))
            return 0;
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", known[i]);
    }
    return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/%s", key), "%s is one of %s", key, list);
}

static int check_kind(struct product_edit *edit, const struct json *object, const char *prefix,
                      const char *key, enum json_kind kind, const char *words)
{
    const struct json *value = json_at(object, key);
    if (!value || value->kind == JSON_NULL || value->kind == (int32_t)kind)
        return 0;
    return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "%s/%s", prefix, key), "give %s", words);
}

int edit_check_time(struct product_edit *edit, const struct json *value, const char *pointer,
                    int64_t *at)
{
    *at = EDIT_NULL;
    if (!value || value->kind == JSON_NULL)
        return 0;
    if (value->kind == JSON_STRING && clock_parse(value->text, at) == 0)
        return 0;
    return edit_refuse(edit, SOUK_INVALID, pointer, "a date looks like 2026-11-27T00:00:00Z");
}

static int check_lists(struct product_edit *edit)
{
    static const char *const lists[] = {"categories", "tags",     "attributes",
                                        "options",    "variants", "images"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const struct json *list = json_at(edit->doc, lists[i]);
        uint32_t most = i == 4 ? PRODUCT_VARIANTS : i == 3 ? PRODUCT_OPTIONS : CHECK_LIST;
        int code = check_kind(edit, edit->doc, "", lists[i], JSON_ARRAY, "a list");
        if (code != 0)
            return code;
        if (list && list->kind == JSON_ARRAY && list->count > most)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/%s", lists[i]),
                               "%u are more than the %u that a product may have", list->count,
                               most);
    }
    return 0;
}

static int check_tags(struct product_edit *edit)
{
    int place = 0;
    json_each(item, json_at(edit->doc, "tags"))
    {
        struct souk_str tag = str_trim(json_text(&item->value));
        if (tag.len == 0 || utf8_length(tag) > CHECK_NAME)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/tags/%d", place),
                               "a tag is a text of 1 to %d characters", CHECK_NAME);
        place++;
    }
    return 0;
}

static int check_images(struct product_edit *edit)
{
    int place = 0;
    json_each(item, json_at(edit->doc, "images"))
    {
        const struct json *source =
            item->value.kind == JSON_OBJECT ? json_at(&item->value, "source") : &item->value;
        const struct json *alt = json_at(&item->value, "alt");
        if (str_trim(json_text(source)).len == 0)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/images/%d/source", place),
                               "a picture needs its source: an address or \"upload:…\"");
        if (alt && alt->kind != JSON_OBJECT && alt->kind != JSON_NULL && alt->kind != JSON_STRING)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/images/%d/alt", place),
                               "give the words by language: {\"en\": \"…\"}");
        place++;
    }
    return 0;
}

static int check_texts(struct product_edit *edit)
{
    const struct json *text = json_at(edit->doc, "text");
    int code = check_kind(edit, edit->doc, "", "text", JSON_OBJECT, "texts by language");
    if (code != 0)
        return code;
    json_each(item, text)
    {
        const struct json *name = json_at(&item->value, "name");
        if (!document_is_locale(item->key))
            return edit_refuse(edit, SOUK_INVALID, "/text", "%.*s is no code of a language",
                               SOUK_PRI(item->key));
        if (item->value.kind != JSON_OBJECT && item->value.kind != JSON_NULL)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/text/%.*s", SOUK_PRI(item->key)),
                               "give {\"name\": …}");
        if (name &&
            (str_trim(json_text(name)).len == 0 || utf8_length(json_text(name)) > CHECK_NAME))
            return edit_refuse(edit, SOUK_INVALID,
                               edit_at(edit, "/text/%.*s/name", SOUK_PRI(item->key)),
                               "a name has 1 to %d characters", CHECK_NAME);
        json_each(member, &item->value)
        {
            if ((member->value.kind != JSON_STRING && member->value.kind != JSON_NULL) ||
                json_text(&member->value).len > CHECK_TEXT)
                return edit_refuse(
                    edit, SOUK_INVALID,
                    edit_at(edit, "/text/%.*s/%.*s", SOUK_PRI(item->key), SOUK_PRI(member->key)),
                    "give a text of at most %d bytes", CHECK_TEXT);
        }
    }
    return 0;
}

static int check_price(struct product_edit *edit, const struct json *price, const char *prefix)
{
    static const char *const numbers[] = {"amount", "compare_at", "min_quantity"};
    int64_t from = EDIT_NULL, until = EDIT_NULL;
    for (int i = 0; i < 3; i++) {
        const struct json *value = json_at(price, numbers[i]);
        int absent = !value || value->kind == JSON_NULL;
        if (absent ? i == 0
                   : value->kind != JSON_INT || value->number < (i == 2) ||
                         value->number > CHECK_AMOUNT)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "%s/%s", prefix, numbers[i]),
                               "give a whole number from %d up (money in minor units)", i == 2);
    }
    int code =
        edit_check_time(edit, json_at(price, "from"), edit_at(edit, "%s/from", prefix), &from);
    if (code == 0)
        code = edit_check_time(edit, json_at(price, "until"), edit_at(edit, "%s/until", prefix),
                               &until);
    if (code == 0 && from != EDIT_NULL && until != EDIT_NULL && until <= from)
        code = edit_refuse(edit, SOUK_INVALID, edit_at(edit, "%s/until", prefix),
                           "a price ends after it began");
    return code;
}

static int check_variant_numbers(struct product_edit *edit, const struct json *variant,
                                 const char *prefix)
{
    static const char *const numbers[] = {"weight_g", "length_mm", "width_mm", "height_mm",
                                          "cost",     "low_stock", "stock"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const struct json *value = json_at(variant, numbers[i]);
        int below = i >= 5; /* stock that is owed */
        if (!value || value->kind == JSON_NULL)
            continue;
        if (value->kind != JSON_INT || value->number < (below ? -CHECK_AMOUNT : 0) ||
            value->number > CHECK_AMOUNT)
            return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "%s/%s", prefix, numbers[i]),
                               "give a whole number%s", below ? "" : " from 0 up");
    }
    return 0;
}

static int check_variant(struct product_edit *edit, const struct json *variant, int place)
{
    static const char *const backorders[] = {"no", "notify", "yes"};
    char prefix[40], inner[60];
    struct souk_str backorder = json_text(json_at(variant, "backorder"));
    const struct json *sku = json_at(variant, "sku");
    int code, at = 0, known = json_at(variant, "backorder") == NULL;
    snprintf(prefix, sizeof prefix, "/variants/%d", place);
    if (variant->kind != JSON_OBJECT)
        return edit_refuse(edit, SOUK_INVALID, prefix, "a variant is an object");
    if (sku && sku->kind != JSON_NULL &&
        (str_trim(json_text(sku)).len == 0 || utf8_length(json_text(sku)) > CHECK_SKU))
        return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "%s/sku", prefix),
                           "a SKU has 1 to %d characters", CHECK_SKU);
    for (int i = 0; i < 3; i++)
        known |= souk_str_is(backorder, backorders[i]);
    if (!known)
        return edit_refuse(edit, SOUK_INVALID, edit_at(edit, "%s/backorder", prefix),
                           "backorder is one of no, notify, yes");
    if ((code = check_variant_numbers(edit, variant, prefix)) != 0 ||
        (code = check_kind(edit, variant, prefix, "barcode", JSON_STRING, "a text")) != 0 ||
        (code = check_kind(edit, variant, prefix, "tax_class", JSON_STRING, "a code")) != 0 ||
        (code = check_kind(edit, variant, prefix, "image", JSON_STRING, "its source")) != 0 ||
        (code = check_kind(edit, variant, prefix, "enabled", JSON_BOOL, "true or false")) != 0 ||
        (code = check_kind(edit, variant, prefix, "tracked", JSON_BOOL, "true or false")) != 0 ||
        (code = check_kind(edit, variant, prefix, "options", JSON_OBJECT, "{\"size\": \"S\"}")) !=
            0 ||
        (code = check_kind(edit, variant, prefix, "meta", JSON_OBJECT, "an object")) != 0 ||
        (code = check_kind(edit, variant, prefix, "prices", JSON_ARRAY, "a list")) != 0)
        return code;
    json_each(price, json_at(variant, "prices"))
    {
        snprintf(inner, sizeof inner, "%s/prices/%d", prefix, at++);
        if ((code = check_price(edit, &price->value, inner)) != 0)
            return code;
    }
    return 0;
}

static int check_variants(struct product_edit *edit)
{
    static char here;
    const struct json *mode = json_at(edit->doc, "variants_mode");
    struct map skus = {0};
    int place = 0, code = 0;
    if (mode && !souk_str_is(json_text(mode), "merge") && !souk_str_is(json_text(mode), "replace"))
        return edit_refuse(edit, SOUK_INVALID, "/variants_mode",
                           "variants_mode is one of replace, merge");
    json_each(item, json_at(edit->doc, "variants"))
    {
        struct souk_str sku = str_trim(json_text(json_at(&item->value, "sku")));
        code = check_variant(edit, &item->value, place);
        if (code == 0 && sku.len && map_put(&skus, sku, &here))
            code = edit_refuse(edit, SOUK_INVALID, edit_at(edit, "/variants/%d/sku", place),
                               "the SKU %.*s stands twice in this product", SOUK_PRI(sku));
        if (code != 0)
            break;
        place++;
    }
    map_free(&skus);
    return code;
}

int edit_check(struct product_edit *edit)
{
    static const char *const types[] = {"simple",       "variable", "bundle",
                                        "digital",      "service",  "gift_card",
                                        "subscription", "external", NULL};
    static const char *const states[] = {"draft", "active", "archived", NULL};
    static const char *const places[] = {"both", "catalog", "search", "hidden", NULL};
    struct souk_str key = json_text(json_at(edit->doc, "key"));
    int code;
    if (!edit->doc || edit->doc->kind != JSON_OBJECT)
        return edit_refuse(edit, SOUK_INVALID, "", "a product is an object");
    if (key.len > 200 || (json_at(edit->doc, "key") && str_trim(key).len == 0))
        return edit_refuse(edit, SOUK_INVALID, "/key", "a key has 1 to 200 bytes");
    if ((code = check_one_of(edit, "type", types)) != 0 ||
        (code = check_one_of(edit, "status", states)) != 0 ||
        (code = check_one_of(edit, "visibility", places)) != 0 ||
        (code = check_kind(edit, edit->doc, "", "featured", JSON_BOOL, "true or false")) != 0 ||
        (code = check_kind(edit, edit->doc, "", "brand", JSON_STRING, "a name")) != 0 ||
        (code = check_kind(edit, edit->doc, "", "tax_class", JSON_STRING, "a code")) != 0 ||
        (code = check_kind(edit, edit->doc, "", "links", JSON_OBJECT, "lists by kind")) != 0 ||
        (code = check_kind(edit, edit->doc, "", "meta", JSON_OBJECT, "an object")) != 0 ||
        (code = check_lists(edit)) != 0 || (code = check_tags(edit)) != 0 ||
        (code = check_images(edit)) != 0 || (code = check_texts(edit)) != 0)
        return code;
    return check_variants(edit);
}
