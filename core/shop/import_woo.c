/*
 * import_woo: WooCommerce. A product stands in one row, its variations in rows of their own that
 * name it as their parent, anywhere in the file. Attributes that variations have values of are the
 * product's options, the others its attributes.
 */
#include "base/str.h"
#include "shop/import_group.h"

static int type_has(struct souk_str types, const char *wanted)
{
    struct souk_str part;
    while (str_split(&types, ',', &part))
        if (str_equal_nocase(str_trim(part), souk_str(wanted)))
            return 1;
    return 0;
}

static int is_variation(const struct import_group *group, const struct import_line *line)
{
    struct souk_str types = import_cell(group->sheet, line, FIELD_TYPE, 0);
    return type_has(types, "variation") || type_has(types, "product_variation") ||
           type_has(types, "subscription_variation");
}

static int is_variable(struct souk_str types)
{
    return type_has(types, "variable") || type_has(types, "variable-subscription");
}

static struct souk_str attribute_value(const struct import_group *group,
                                       const struct import_line *line, struct souk_str name)
{
    for (int n = 1; n < IMPORT_NUMBERS; n++)
        if (str_equal_nocase(import_cell(group->sheet, line, FIELD_ATTRIBUTE_NAME, n), name))
            return import_cell(group->sheet, line, FIELD_ATTRIBUTE_VALUES, n);
    return STR_NULL;
}

static int varies(const struct import_group *group, struct souk_str name)
{
    for (size_t i = 0; i < group->count; i++)
        if (is_variation(group, &group->lines[i]) &&
            attribute_value(group, &group->lines[i], name).len)
            return 1;
    return 0;
}

static void add_values(struct import_group *group, struct json *entry, struct souk_str cell)
{
    struct json *values = json_add(group->arena, entry, "values", JSON_ARRAY);
    struct souk_str item;
    while (import_list(group->arena, &cell, ',', &item))
        json_add_str(group->arena, values, NULL, item);
}

static void keep(struct import_group *group, struct souk_str name, struct souk_str value)
{
    if (!value.len)
        return;
    struct json *member =
        json_add_key(group->arena, import_meta_of(group, group->doc), name,
                     import_is_clear(group->sheet, value) ? JSON_NULL : JSON_STRING);
    if (member->kind == JSON_STRING)
        member->text = value;
}

/* An attribute of this product alone; all others are the shop's. */
static void keep_global(struct import_group *group, struct souk_str name, struct souk_str cell)
{
    int global = 1;
    if (import_bool(cell, &global) != SOUK_OK)
        return;
    struct json *member = json_add_key(
        group->arena, import_meta_of(group, group->doc),
        arena_printf(group->arena, "Attribute global: %.*s", SOUK_PRI(name)), JSON_NULL);
    if (!global)
        *member = (struct json){.kind = JSON_STRING, .text = souk_str("0")};
}

static void add_attributes(struct import_group *group, struct import_line *line)
{
    for (int n = 1; n < IMPORT_NUMBERS; n++) {
        struct souk_str name = import_cell(group->sheet, line, FIELD_ATTRIBUTE_NAME, n);
        struct souk_str cell = import_cell(group->sheet, line, FIELD_ATTRIBUTE_VALUES, n);
        struct souk_str visible = import_cell(group->sheet, line, FIELD_ATTRIBUTE_VISIBLE, n);
        struct souk_str first = import_cell(group->sheet, line, FIELD_ATTRIBUTE_DEFAULT, n);
        int truth;
        if (!name.len)
            continue;
        int option = varies(group, name);
        struct json *entry = import_named(group, option ? "options" : "attributes", name);
        add_values(group, entry, cell);
        if (!option && import_bool(visible, &truth) == SOUK_OK)
            json_add_bool(group->arena, entry, "visible", truth);
        keep(group, arena_printf(group->arena, "Attribute default: %.*s", SOUK_PRI(name)), first);
        keep_global(group, name, import_cell(group->sheet, line, FIELD_ATTRIBUTE_GLOBAL, n));
    }
}

/* A row may be of several types: the first of these says what it is. */
static void add_type(struct import_group *group, struct import_line *line)
{
    static const struct import_word known[] = {{"grouped", "bundle"},
                                               {"bundle", "bundle"},
                                               {"external", "external"},
                                               {"variable", "variable"},
                                               {"variable-subscription", "variable"},
                                               {"subscription", "subscription"},
                                               {"downloadable", "digital"},
                                               {"virtual", "service"},
                                               {NULL, "simple"}};
    const struct import_word *type = known;
    struct souk_str types = import_cell(group->sheet, line, FIELD_TYPE, 0);
    while (type->word && !type_has(types, type->word))
        type++;
    if (types.len)
        json_add_cstr(group->arena, group->doc, "type", type->meaning);
}

/* One value, in which commas are escaped as in lists. */
static struct souk_str one_value(struct import_group *group, struct souk_str cell)
{
    struct buf out = {.arena = group->arena};
    for (size_t i = 0; i < cell.len; i++) {
        if (cell.ptr[i] == '\\' && i + 1 < cell.len && cell.ptr[i + 1] == ',')
            i++;
        buf_add_char(&out, cell.ptr[i]);
    }
    return buf_str(&out);
}

static void add_product(struct import_group *group, struct import_line *line)
{
    struct souk_str types = import_cell(group->sheet, line, FIELD_TYPE, 0);
    struct souk_str id = import_cell(group->sheet, line, FIELD_ID, 0);
    import_add_texts(group, line);
    import_add_product(group, line);
    add_type(group, line);
    add_attributes(group, line);
    import_add_images(group, line);
    import_add_links(group, line);
    import_add_meta(group, line, group->doc, IMPORT_KEEP_ALL);
    if (group->key.len) /* a row that only updates by its SKU leaves that alone */
        keep(group, souk_str("ID"), id);
    keep(group, souk_str("external_url"), import_cell(group->sheet, line, FIELD_EXTERNAL_URL, 0));
    keep(group, souk_str("button_text"), import_cell(group->sheet, line, FIELD_BUTTON_TEXT, 0));
    if (is_variable(types)) /* one stock for all of them: not counted, but not lost */
        keep(group, souk_str("Stock"), import_cell(group->sheet, line, FIELD_STOCK, 0));
    if (!is_variable(types) && !type_has(types, "grouped"))
        import_add_variant(group, line, import_variant_new(group, line->row));
    struct json *brand = (struct json *)(uintptr_t)json_at(group->doc, "brand");
    if (brand && brand->kind == JSON_STRING)
        brand->text = one_value(group, brand->text);
}

/* Any value of an option will do for it. It is one variant with one SKU and one stock, so it gets a
 * value of its own instead of being multiplied. */
static void add_any(struct import_group *group, const struct import_line *line,
                    struct json *options, struct souk_str name)
{
    json_each(item, options) if (str_equal_nocase(item->key, name)) return;
    struct json *choice = json_add_key(group->arena, options, name, JSON_STRING);
    choice->text = souk_str("Any");
    import_note_add(group, 0, line->row, name,
                    "the variation stands for any \"%.*s\", others for one: it has the value "
                    "\"Any\" now",
                    SOUK_PRI(name));
}

static struct json *read_choice(struct import_group *group, const struct import_line *line)
{
    struct json *options = json_new(group->arena, JSON_OBJECT);
    for (int n = 1; n < IMPORT_NUMBERS; n++) {
        struct souk_str name = import_cell(group->sheet, line, FIELD_ATTRIBUTE_NAME, n);
        struct souk_str value = import_cell(group->sheet, line, FIELD_ATTRIBUTE_VALUES, n);
        if (value.len && name.len) {
            struct json *choice = json_add_key(group->arena, options, name, JSON_STRING);
            choice->text = one_value(group, value);
        } else if (name.len && varies(group, name)) {
            add_any(group, line, options, name);
        }
    }
    json_each(item, json_at(group->doc, "options"))
        add_any(group, line, options, json_text(json_at(&item->value, "name")));
    return options;
}

static void refuse_twin(struct import_group *group, struct import_line *line,
                        const struct json *options)
{
    const struct json *twin = options->count || group->key.len
                                  ? import_variant_like(group, options->count ? options : NULL)
                                  : NULL;
    if (!twin || line->refused)
        return;
    line->refused = 1;
    import_note_add(group, 1, line->row, STR_NULL,
                    "row %lld has the same attributes; each variation needs its own",
                    (long long)import_variant_row(group, twin));
}

static void add_variation(struct import_group *group, struct import_line *line)
{
    struct json *variant = json_new(group->arena, JSON_OBJECT);
    struct json *options = read_choice(group, line);
    struct souk_str images = import_cell(group->sheet, line, FIELD_IMAGES, 0), image;
    struct souk_str published = import_cell(group->sheet, line, FIELD_PUBLISHED, 0);
    struct souk_str id = import_cell(group->sheet, line, FIELD_ID, 0);
    int shared = souk_str_is(import_cell(group->sheet, line, FIELD_STOCK, 0), "parent");
    int enabled = 1; /* -1 is said of those whose parent is a draft */
    import_add_variant(group, line, variant);
    import_add_tax(group, line, variant);
    refuse_twin(group, line, options);
    if (options->count)
        json_add_tree(group->arena, variant, "options", options);
    if (published.len) {
        import_bool(published, &enabled);
        json_add_bool(group->arena, variant, "enabled", enabled);
    }
    if (import_list(group->arena, &images, ',', &image))
        json_add_str(group->arena, variant, "image", image);
    import_add_meta(group, line, variant, IMPORT_KEEP_ALL);
    if (id.len)
        json_add_str(group->arena, import_meta_of(group, variant), "ID", id);
    if (shared)
        json_add_cstr(group->arena, import_meta_of(group, variant), "Stock", "parent");
    if (line->refused) {
        group->refused++;
        return;
    }
    struct json *entry = import_variant_new(group, line->row);
    *entry = *variant;
}

/* The SKU, or the number of a product without one. */
static struct souk_str key_of(struct import_group *group, const struct import_line *line)
{
    struct souk_str sku = import_cell(group->sheet, line, FIELD_SKU, 0);
    struct souk_str id = import_cell(group->sheet, line, FIELD_ID, 0);
    if (sku.len || !id.len)
        return sku;
    return arena_printf(group->arena, "id:%.*s", SOUK_PRI(id));
}

/* Rows of SKUs without names, several of one product: they update its variants. */
static int only_updates(const struct import_group *group)
{
    size_t left = 0;
    for (size_t i = 0; i < group->count; i++) {
        if (import_has(group->sheet, &group->lines[i], FIELD_NAME, 0) ||
            import_has(group->sheet, &group->lines[i], FIELD_PARENT, 0))
            return 0;
        left += !group->lines[i].refused;
    }
    return left > 1;
}

void import_woo_make(struct import_group *group)
{
    struct import_line *head = NULL;
    import_refuse_clashes(group);
    int updates = only_updates(group);
    for (size_t i = 0; i < group->count && !head && !updates; i++)
        if (!is_variation(group, &group->lines[i]))
            head = &group->lines[i];
    if (head && !head->refused) {
        struct souk_str id = import_cell(group->sheet, head, FIELD_ID, 0);
        group->row = head->row;
        if (import_has(group->sheet, head, FIELD_NAME, 0))
            group->key = key_of(group, head);
        else
            group->other = key_of(group, head);
        if (id.len && group->key.len)
            group->other = arena_printf(group->arena, "id:%.*s", SOUK_PRI(id));
        add_product(group, head);
    } else if (!head) {
        struct souk_str parent = import_cell(group->sheet, group->lines, FIELD_PARENT, 0);
        group->other = parent; /* it must be in the shop */
    }
    for (size_t i = 0; i < group->count; i++) {
        struct import_line *line = &group->lines[i];
        if (line != head && !line->refused && (updates || is_variation(group, line)))
            add_variation(group, line);
        else if (line != head && !line->refused)
            import_note_add(group, 1, line->row, STR_NULL,
                            "row %lld is this product already; take one of them out",
                            (long long)(head ? head->row : 0));
    }
    if (head && head->refused)
        group->doc = NULL;
}
