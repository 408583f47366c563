/*
 * import_rows: Shopify and csv. Rows with the same key are one product: one of them has its name,
 * those with values of options are variants, those with a picture alone add it. A row that names a
 * SKU of the product once more, without options, adds a price (of another currency) to it.
 */
#include "base/str.h"
#include "shop/import_group.h"

#define OPTIONS 8

struct rows {
    struct souk_str names[OPTIONS]; /* of options; empty: none */
    int numbers[OPTIONS];
    int count;
    int optioned; /* some row has a value */
};

static int is_default(struct souk_str name, struct souk_str value)
{
    return str_equal_nocase(value, souk_str("Default Title")) &&
           (!name.len || str_equal_nocase(name, souk_str("Title")));
}

/* Names stand in the product's row, or in each. */
static void find_options(const struct import_group *group, struct rows *rows)
{
    for (int number = 1; number <= OPTIONS; number++) {
        struct souk_str name = STR_NULL;
        int used = 0;
        for (size_t i = 0; i < group->count; i++) {
            const struct import_line *line = &group->lines[i];
            struct souk_str own = import_cell(group->sheet, line, FIELD_OPTION_NAME, number);
            struct souk_str value = import_cell(group->sheet, line, FIELD_OPTION_VALUE, number);
            name = name.len ? name : own;
            used |= value.len && !is_default(own.len ? own : name, value);
        }
        if (!used)
            continue;
        rows->optioned = 1;
        rows->numbers[rows->count] = number;
        rows->names[rows->count++] = name;
    }
}

static int has_values(const struct import_group *group, const struct import_line *line)
{
    for (int number = 1; number <= OPTIONS; number++) {
        struct souk_str value = import_cell(group->sheet, line, FIELD_OPTION_VALUE, number);
        if (value.len)
            return 1;
    }
    return 0;
}

static int is_variant(const struct import_group *group, const struct rows *rows,
                      const struct import_line *line)
{
    if (rows->optioned)
        return has_values(group, line);
    if (import_has(group->sheet, line, FIELD_LOCALE, 0))
        return 0;
    return has_values(group, line) || import_has(group->sheet, line, FIELD_SKU, 0) ||
           import_has(group->sheet, line, FIELD_PRICE, 0) ||
           import_has(group->sheet, line, FIELD_STOCK, 0);
}

static void add_options(struct import_group *group, const struct rows *rows)
{
    for (int o = 0; o < rows->count; o++) {
        if (!rows->names[o].len) /* the product in the shop knows them */
            return;
        struct json *entry = import_named(group, "options", rows->names[o]);
        struct json *values = json_add(group->arena, entry, "values", JSON_ARRAY);
        for (size_t i = 0; i < group->count; i++) {
            struct souk_str value =
                import_cell(group->sheet, &group->lines[i], FIELD_OPTION_VALUE, rows->numbers[o]);
            int there = !value.len || group->lines[i].refused;
            json_each(item, values) there |= str_equal_nocase(json_text(&item->value), value);
            if (!there)
                json_add_str(group->arena, values, NULL, value);
        }
    }
}

static struct json *read_choice(struct import_group *group, const struct rows *rows,
                                struct import_line *line)
{
    struct json *options = json_new(group->arena, JSON_OBJECT);
    for (int o = 0; o < rows->count; o++) {
        struct souk_str value =
            import_cell(group->sheet, line, FIELD_OPTION_VALUE, rows->numbers[o]);
        if (!rows->names[o].len)
            continue;
        if (!value.len) {
            import_note_add(group, 1, line->row, STR_NULL,
                            "the variant has no value of \"%.*s\"; give it one",
                            SOUK_PRI(rows->names[o]));
            line->refused = 1;
            continue;
        }
        struct json *choice = json_add_key(group->arena, options, rows->names[o], JSON_STRING);
        choice->text = value;
    }
    return options;
}

static struct json *variant_with(struct import_group *group, struct souk_str sku)
{
    json_each(
        item,
        json_at(group->doc,
                "variants")) if (sku.len &&
                                 souk_str_equal(json_text(json_at(&item->value, "sku")),
                                                sku)) return (struct json *)(uintptr_t)&item->value;
    return NULL;
}

/* A SKU that another product's row had before matters only where it names a variant. */
static void look_at_clash(struct import_group *group, const struct rows *rows,
                          struct import_line *line)
{
    struct souk_str sku = import_cell(group->sheet, line, FIELD_SKU, 0);
    const struct import_column *column = import_column_of(group->sheet, FIELD_SKU, 0);
    int own = 0;
    for (size_t i = 0; i < group->count; i++)
        own |= group->lines[i].row == line->clash;
    if (!line->clash || !sku.len)
        return;
    if (own && import_has(group->sheet, line, FIELD_CURRENCY, 0))
        return;
    if (!is_variant(group, rows, line)) {
        if (!own)
            import_note_add(group, 0, line->row, column ? column->name : STR_NULL,
                            "the SKU \"%.*s\" is that of row %lld already; it names no variant "
                            "here and was left out",
                            SOUK_PRI(sku), (long long)line->clash);
        return;
    }
    import_refuse_clash(group, line);
}

/* Another row has the same options: one more price, or one too many. */
static int meets_twin(struct import_group *group, struct import_line *line,
                      const struct json *options)
{
    struct json *twin = import_variant_like(group, options->count ? options : NULL);
    if (!twin)
        return 0;
    if (import_has(group->sheet, line, FIELD_CURRENCY, 0)) {
        import_add_prices(group, line, twin);
        return 1;
    }
    line->refused = 1;
    group->refused++;
    import_note_add(group, 1, line->row, STR_NULL,
                    options->count ? "row %lld has the same options; each variant needs its own"
                                   : "row %lld is the variant of this product already; give both "
                                     "a value of an option",
                    (long long)import_variant_row(group, twin));
    return 1;
}

/* Pictures in the order of their positions, whatever order the rows have. */
static void add_images(struct import_group *group, const struct import_line *head)
{
    struct import_line **order = arena_array(group->arena, struct import_line *, group->count + 1);
    int64_t *positions = arena_array(group->arena, int64_t, group->count + 1);
    for (size_t i = 0; i < group->count; i++) {
        struct import_line *line = &group->lines[i];
        int64_t position = 0;
        size_t at = i;
        import_number(import_cell(group->sheet, line, FIELD_IMAGE_POSITION, 0), &position);
        position = position > 0 ? position : INT64_MAX;
        for (; at > 0 && positions[at - 1] > position; at--) {
            order[at] = order[at - 1];
            positions[at] = positions[at - 1];
        }
        order[at] = line;
        positions[at] = position;
    }
    for (size_t i = 0; i < group->count; i++)
        if (!order[i]->refused || order[i] == head)
            import_add_images(group, order[i]);
}

static void add_line(struct import_group *group, const struct rows *rows,
                     const struct import_line *head, struct import_line *line)
{
    struct souk_str sku = import_cell(group->sheet, line, FIELD_SKU, 0);
    struct json *known = variant_with(group, sku);
    if (known) {
        import_add_prices(group, line, known);
        return;
    }
    if (!is_variant(group, rows, line))
        return;
    struct json *options = read_choice(group, rows, line);
    if (!line->refused && (options->count || group->named) && meets_twin(group, line, options))
        return;
    struct json *variant = import_variant_new(group, line->row);
    import_add_variant(group, line, variant);
    if (options->count)
        json_add_tree(group->arena, variant, "options", options);
    import_add_meta(group, line, variant, line == head ? IMPORT_KEEP_VARIANT : IMPORT_KEEP_ALL);
}

static void drop_refused(struct import_group *group)
{
    struct json *list = (struct json *)(uintptr_t)json_at(group->doc, "variants");
    struct json kept = {.kind = JSON_ARRAY};
    size_t at = 0, n = 0;
    json_each(item, list)
    {
        int refused = 0;
        for (size_t i = 0; i < group->count; i++)
            refused |= group->lines[i].row == group->variant_rows[at] && group->lines[i].refused;
        if (!refused) {
            json_add_tree(group->arena, &kept, NULL, &item->value);
            group->variant_rows[n++] = group->variant_rows[at];
        } else {
            group->refused++;
        }
        at++;
    }
    if (list)
        *list = kept;
    group->variant_count = n;
}

static struct import_line *find_head(struct import_group *group)
{
    for (size_t i = 0; i < group->count; i++)
        if (import_has(group->sheet, &group->lines[i], FIELD_NAME, 0))
            return &group->lines[i];
    return group->lines;
}

static void add_attributes(struct import_group *group, struct import_line *line)
{
    for (int i = 0; i < group->sheet->count; i++) {
        const struct import_column *column = &group->sheet->columns[i];
        struct souk_str cell = line->cells[i], item;
        if (column->field != FIELD_ATTRIBUTE || !cell.len)
            continue;
        if (import_is_clear(group->sheet, cell))
            continue; /* the list is a whole: an attribute without values is not in it */
        struct json *entry = import_named(group, "attributes", column->unit);
        struct json *values = json_add(group->arena, entry, "values", JSON_ARRAY);
        while (import_list(group->arena, &cell, '|', &item))
            json_add_str(group->arena, values, NULL, item);
    }
}

static void add_type(struct import_group *group, struct import_line *line, const struct rows *rows)
{
    struct souk_str type = import_cell(group->sheet, line, FIELD_TYPE, 0);
    int gift = 0;
    import_bool(import_cell(group->sheet, line, FIELD_GIFT_CARD, 0), &gift);
    if (type.len)
        json_add_str(group->arena, group->doc, "type", type);
    else if (gift)
        json_add_cstr(group->arena, group->doc, "type", "gift_card");
    else if (rows->optioned && rows->names[0].len)
        json_add_cstr(group->arena, group->doc, "type", "variable");
}

/* Two kinds of meta: the product's first row speaks for it, later ones for their variant. */
static void add_kept(struct import_group *group, struct import_line *head)
{
    import_add_meta(group, head, group->doc, IMPORT_KEEP_PRODUCT);
    struct souk_str url = import_cell(group->sheet, head, FIELD_EXTERNAL_URL, 0);
    struct souk_str button = import_cell(group->sheet, head, FIELD_BUTTON_TEXT, 0);
    if (url.len)
        json_add_str(group->arena, import_meta_of(group, group->doc), "external_url", url);
    if (button.len)
        json_add_str(group->arena, import_meta_of(group, group->doc), "button_text", button);
}

void import_rows_make(struct import_group *group)
{
    struct rows rows = {0};
    struct import_line *head = find_head(group);
    find_options(group, &rows);
    group->row = head->row;
    group->key = import_cell(group->sheet, head, FIELD_KEY, 0);
    group->named = import_has(group->sheet, head, FIELD_NAME, 0);
    if (!group->key.len && group->named)
        group->key = import_cell(group->sheet, head, FIELD_SKU, 0);
    for (size_t i = 0; i < group->count; i++)
        look_at_clash(group, &rows, &group->lines[i]);
    import_add_product(group, head);
    add_type(group, head, &rows);
    add_attributes(group, head);
    import_add_links(group, head);
    add_kept(group, head);
    add_images(group, head);
    for (size_t i = 0; i < group->count; i++) {
        struct import_line *line = &group->lines[i];
        if (line->refused && line != head)
            continue;
        import_add_texts(group, line);
        if (!line->refused)
            add_line(group, &rows, head, line);
    }
    if (head->refused && group->count > group->refused &&
        import_has(group->sheet, head, FIELD_NAME, 0) && !head->clash) {
        group->doc = NULL; /* what it is cannot be read */
        return;
    }
    drop_refused(group);
    add_options(group, &rows);
    if (group->refused && !group->variant_count && !rows.optioned && group->count == group->refused)
        group->doc = NULL;
}
