/*
 * product_match.c: which variant of a product is meant by each of a document: the one with its SKU,
 * then the one with its options. What is left over is new, or goes.
 */
#include <stdio.h>
#include "base/str.h"
#include "shop/category.h"
#include "shop/document.h"
#include "shop/product_edit.h"
#include "shop/product_variant.sql.h"

static void match_row(struct product_edit *edit, struct db_rows *rows, struct edit_variant *variant)
{
    *variant = (struct edit_variant){.id = db_int(rows, 0), .place = -1};
    for (int i = 0; i < EDIT_NUMBERS; i++)
        variant->now.number[i] = db_is_null(rows, 1 + i) ? EDIT_NULL : db_int(rows, 1 + i);
    for (int i = 0; i < EDIT_TEXTS; i++)
        variant->now.text[i] = arena_str(edit->arena, db_text(rows, 1 + EDIT_NUMBERS + i));
    int at = 1 + EDIT_NUMBERS + EDIT_TEXTS;
    variant->value_ids = arena_str(edit->arena, db_text(rows, at));
    variant->position = db_int(rows, at + 1);
    variant->stock = db_is_null(rows, at + 2) ? EDIT_NULL : db_int(rows, at + 2);
}

/* The values of present variants, in the order of the present options. */
static int match_load_values(struct product_edit *edit)
{
    struct db_rows rows;
    int at = 0, code = db_query(edit->conn, &sql_product_variant_values, &rows, DB_INT(edit->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        int64_t option = db_is_null(&rows, 1) ? -1 : db_int(&rows, 1);
        code = 0;
        while (at < edit->present_count && edit->variants[at].id != db_int(&rows, 0))
            at++;
        if (at == edit->present_count || option < 0 || option >= PRODUCT_OPTIONS)
            continue;
        struct attribute_term *attribute = attribute_terms_known(
            &edit->terms, NULL, arena_str(edit->arena, db_text(&rows, 3)), db_int(&rows, 2));
        edit->variants[at].now.values[option] = attribute_terms_known(
            &edit->terms, attribute, arena_str(edit->arena, db_text(&rows, 5)), db_int(&rows, 4));
    }
    return code;
}

int edit_variants_load(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "variants");
    size_t more = (list ? list->count : 0) + 1u, room = more + 2;
    struct db_rows rows;
    int code = 0, count = 0;
    edit->variants = arena_array(edit->arena, struct edit_variant, room);
    if (edit->fresh)
        return 0;
    code = db_query(edit->conn, &sql_product_variant_load, &rows, DB_INT(edit->id));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        if ((size_t)count + more >= room) {
            struct edit_variant *wider = arena_array(edit->arena, struct edit_variant, room * 2);
            memcpy(wider, edit->variants, (size_t)count * sizeof *wider);
            edit->variants = wider;
            room *= 2;
        }
        match_row(edit, &rows, &edit->variants[count++]);
        code = 0;
    }
    edit->present_count = edit->variant_count = count;
    if (code == 0 && edit->options.count)
        code = match_load_values(edit);
    return code ? code : edit_prices_load(edit);
}

/* ---- the values that a document names ---- */

/* The option that a member's name means, -1: none. */
static int match_option(struct product_edit *edit, struct souk_str name)
{
    struct souk_str code = attribute_code(edit->arena, name);
    int64_t id = 0;
    for (int i = 0; i < edit->wished.count; i++) {
        const struct attribute_term *option = edit->wished.at[i].attribute;
        if (souk_str_equal(option->code, code) || souk_str_equal(option->given, code) ||
            str_equal_nocase(option->name, name))
            return i;
    }
    if (attribute_find(edit->conn, edit->arena, name, 0, &id) == 0)
        for (int i = 0; i < edit->wished.count; i++)
            if (edit->wished.at[i].attribute->id == id)
                return i;
    return -1;
}

/* Options that are named by the first variant only. */
static void match_derive(struct product_edit *edit, const struct json *options)
{
    json_each(item, options)
    {
        struct json name = {.kind = JSON_STRING, .text = item->key};
        struct attribute_term *term;
        if (edit->wished.count == PRODUCT_OPTIONS)
            return;
        term = attribute_terms_add(&edit->terms, NULL, &name, "choice");
        if (term)
            edit->wished.at[edit->wished.count++] = (struct edit_option){.attribute = term};
    }
}

int edit_variants_read(struct product_edit *edit)
{
    struct edit_variant *variant = edit->variants + edit->present_count;
    int place = 0;
    json_each(item, json_at(edit->doc, "variants"))
    {
        const struct json *options = json_at(&item->value, "options");
        *variant = (struct edit_variant){
            .doc = &item->value, .place = place, .stock = EDIT_NULL, .position = -1};
        if (edit->wished.count == 0 && !json_at(edit->doc, "options"))
            match_derive(edit, options);
        json_each(option, options)
        {
            int at = match_option(edit, option->key);
            const char *pointer =
                edit_at(edit, "/variants/%d/options/%.*s", place, SOUK_PRI(option->key));
            if (at < 0)
                return edit_refuse(edit, SOUK_INVALID, pointer,
                                   "%.*s is no option of this product; add it to \"options\"",
                                   SOUK_PRI(option->key));
            variant->wish.values[at] = attribute_terms_add(
                &edit->terms, edit->wished.at[at].attribute, &option->value, NULL);
            if (!variant->wish.values[at])
                return edit_refuse(edit, SOUK_INVALID, pointer, "give a value");
        }
        variant++;
        place++;
    }
    return 0;
}

/* ---- matching ---- */

/* What tells a variant's values from another's; empty when one is missing (and there are options).
 */
static struct souk_str match_identity(struct product_edit *edit,
                                      struct attribute_term *const *values)
{
    char text[PRODUCT_OPTIONS * 20 + 1] = "=";
    size_t len = 1;
    for (int i = 0; i < edit->wished.count; i++) {
        if (!values[i])
            return souk_str("");
        len += (size_t)snprintf(text + len, sizeof text - len, "%p,",
                                (void *)attribute_term_real(values[i]));
    }
    return arena_str(edit->arena, (struct souk_str){text, len});
}

/* The present values, moved to where the wished options stand. */
static void match_carry(struct product_edit *edit)
{
    for (int i = 0; i < edit->present_count; i++) {
        struct edit_variant *variant = &edit->variants[i];
        variant->wish = variant->now;
        memset(variant->wish.values, 0, sizeof variant->wish.values);
        for (int to = 0; to < edit->wished.count; to++)
            for (int from = 0; from < edit->options.count; from++)
                if (attribute_term_real(edit->options.at[from].attribute) ==
                    attribute_term_real(edit->wished.at[to].attribute))
                    variant->wish.values[to] = variant->now.values[from];
    }
}

static void match_join(struct edit_variant *present, struct edit_variant *given)
{
    present->doc = given->doc;
    present->place = given->place;
    present->matched = given->matched = 1;
    for (int i = 0; i < PRODUCT_OPTIONS; i++)
        if (given->wish.values[i])
            present->wish.values[i] = given->wish.values[i];
}

/* Who is whom: to[i] is the present variant that the i-th of the document means, or itself. */
static void match_all(struct product_edit *edit, struct edit_variant **to, int count)
{
    struct edit_variant *given = edit->variants + edit->present_count;
    struct map skus = {0}, identities = {0};
    for (int i = 0; i < edit->present_count; i++)
        map_put(&skus, edit->variants[i].now.text[EDIT_SKU], &edit->variants[i]);
    for (int i = 0; i < count; i++) {
        struct souk_str sku = str_trim(json_text(json_at(given[i].doc, "sku")));
        struct edit_variant *present = sku.len ? map_get(&skus, sku) : NULL;
        to[i] = &given[i];
        if (present && !present->matched) {
            match_join(present, &given[i]);
            to[i] = present;
        }
    }
    for (int i = 0; i < edit->present_count; i++)
        if (!edit->variants[i].matched)
            map_put(&identities, match_identity(edit, edit->variants[i].wish.values),
                    &edit->variants[i]);
    for (int i = 0; i < count; i++) {
        struct souk_str identity = match_identity(edit, given[i].wish.values);
        struct edit_variant *present =
            given[i].matched || identity.len == 0 ? NULL : map_get(&identities, identity);
        if (!present || present->matched)
            continue;
        match_join(present, &given[i]);
        to[i] = present;
    }
    map_free(&skus);
    map_free(&identities);
}

static void match_order(struct product_edit *edit, struct edit_variant *variant)
{
    edit->order[edit->order_count++] = variant;
}

/* Every variant has a value of every option, and no two the same ones. */
static int match_check(struct product_edit *edit)
{
    struct map seen = {0};
    int code = 0;
    for (int i = 0; i < edit->order_count && code == 0; i++) {
        struct edit_variant *variant = edit->order[i];
        const char *pointer =
            variant->place < 0 ? "/options" : edit_at(edit, "/variants/%d/options", variant->place);
        for (int j = 0; j < edit->wished.count && code == 0; j++) {
            if (!variant->wish.values[j])
                code = edit_refuse(edit, SOUK_INVALID, pointer,
                                   "a variant has no value for the option %.*s; give \"variants\" "
                                   "with one each",
                                   SOUK_PRI(edit->wished.at[j].attribute->code));
        }
        if (code == 0 && map_put(&seen, match_identity(edit, variant->wish.values), variant))
            code = edit_refuse(edit, SOUK_INVALID, pointer,
                               "two variants have the same options; each needs its own");
    }
    map_free(&seen);
    return code;
}

int edit_match(struct product_edit *edit)
{
    const struct json *list = json_at(edit->doc, "variants");
    const struct json *complete = json_at(edit->doc, "variants_complete");
    int count = list && list->kind == JSON_ARRAY ? (int)list->count : 0;
    int merge = souk_str_is(json_text(json_at(edit->doc, "variants_mode")), "merge") ||
                (complete && !json_true(complete)) || count == 0;
    struct edit_variant **to = arena_array(edit->arena, struct edit_variant *, (size_t)count + 1);
    edit->order =
        arena_array(edit->arena, struct edit_variant *, (size_t)(edit->present_count + count) + 1);
    match_carry(edit);
    match_all(edit, to, count);
    if (count == 0 && list && edit->wished.count) /* all variants of a product with options go */
        merge = 0;
    for (int i = 0; i < edit->present_count; i++)
        if (merge)
            match_order(edit, &edit->variants[i]);
        else
            edit->variants[i].gone = !edit->variants[i].matched;
    for (int i = 0; i < count; i++)
        if (!merge || to[i]->id == 0)
            match_order(edit, to[i]);
    if (edit->order_count == 0 && edit->fresh && edit->wished.count == 0 &&
        !souk_str_is(edit->wish.type, "bundle")) { /* the default variant */
        struct edit_variant *variant = &edit->variants[edit->present_count];
        *variant = (struct edit_variant){.place = 0, .stock = EDIT_NULL, .position = -1};
        match_order(edit, variant);
    }
    if (edit->order_count > PRODUCT_VARIANTS)
        return edit_refuse(edit, SOUK_INVALID, "/variants",
                           "%d variants are more than the %d that a product may have",
                           edit->order_count, PRODUCT_VARIANTS);
    return match_check(edit);
}
