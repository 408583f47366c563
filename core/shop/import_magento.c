/*
 * import_magento: Magento. Children are simple products in rows of their own; the configurable one
 * lists them with the values that tell them apart. A child that nobody lists is a product.
 */
#include "base/str.h"
#include "shop/import_group.h"

/* "country_of_origin" as "Country of origin". */
static struct souk_str title_of(struct import_group *group, struct souk_str code)
{
    char *name = arena_copy(group->arena, code.ptr, code.len);
    for (size_t i = 0; i < code.len; i++)
        if (name[i] == '_')
            name[i] = ' ';
    if (code.len && name[0] >= 'a' && name[0] <= 'z')
        name[0] = (char)(name[0] - 'a' + 'A');
    return str_make(name, code.len);
}

/* Cuts "key=value" off a list; a comma that no key follows belongs to the value. */
static int next_pair(struct souk_str *rest, char separator, struct souk_str *key,
                     struct souk_str *value)
{
    ptrdiff_t equals = str_find(*rest, '=');
    if (equals < 0)
        return 0;
    *key = str_trim(str_make(rest->ptr, (size_t)equals));
    size_t begin = (size_t)equals + 1, end = rest->len;
    for (size_t i = begin; i < rest->len; i++) {
        struct souk_str after = str_from(*rest, i + 1);
        ptrdiff_t next = rest->ptr[i] == separator ? str_find(after, '=') : -1;
        ptrdiff_t other = next >= 0 ? str_find(after, separator) : -1;
        if (next > 0 && (other < 0 || other > next)) {
            end = i;
            break;
        }
    }
    *value = str_trim(str_make(rest->ptr + begin, end - begin));
    *rest = str_from(*rest, end + 1);
    return 1;
}

/* The values of a child, as the configurable one lists them. */
static struct souk_str listed(const struct import_group *group, const struct import_line *head,
                              struct souk_str sku)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_VARIATIONS, 0), one;
    while (str_split(&all, '|', &one)) {
        struct souk_str rest = one, key, value;
        while (next_pair(&rest, ',', &key, &value))
            if (souk_str_is(key, "sku") && souk_str_equal(value, sku))
                return one;
    }
    return STR_NULL;
}

static int is_option(const struct import_group *group, const struct import_line *head,
                     struct souk_str code)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_VARIATIONS, 0), one, key, value;
    if (!str_split(&all, '|', &one))
        return 0;
    while (next_pair(&one, ',', &key, &value))
        if (souk_str_equal(key, code))
            return 1;
    return 0;
}

static void add_value(struct import_group *group, struct json *values, struct souk_str value)
{
    json_each(item, values) if (str_equal_nocase(json_text(&item->value), value)) return;
    json_add_str(group->arena, values, NULL, value);
}

/* Options in the order in which the list of variations names them, with their values in its. */
static void add_options(struct import_group *group, const struct import_line *head)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_VARIATIONS, 0), one, key, value;
    while (str_split(&all, '|', &one)) {
        while (next_pair(&one, ',', &key, &value)) {
            struct json *found = NULL;
            struct souk_str name = title_of(group, key);
            if (souk_str_is(key, "sku"))
                continue;
            json_each(item, json_at(group->doc,
                                    "options")) if (souk_str_equal(json_text(json_at(&item->value,
                                                                                     "name")),
                                                                   name)) found =
                (struct json *)(uintptr_t)json_at(&item->value, "values");
            if (!found)
                found = json_add(group->arena, import_named(group, "options", name), "values",
                                 JSON_ARRAY);
            add_value(group, found, value);
        }
    }
}

static void add_attributes(struct import_group *group, struct import_line *head)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_MORE_ATTRIBUTES, 0);
    struct souk_str key, value, item;
    while (next_pair(&all, ',', &key, &value)) {
        if (souk_str_is(key, "has_options") || souk_str_is(key, "required_options") || !value.len ||
            is_option(group, head, key))
            continue;
        struct json *entry = import_named(group, "attributes", title_of(group, key));
        struct json *values = json_add(group->arena, entry, "values", JSON_ARRAY);
        while (import_list(group->arena, &value, '|', &item))
            add_value(group, values, item);
    }
}

static void add_type(struct import_group *group, struct import_line *head)
{
    struct souk_str type = import_cell(group->sheet, head, FIELD_TYPE, 0);
    const char *meant = souk_str_is(type, "configurable")                             ? "variable"
                        : souk_str_is(type, "grouped") || souk_str_is(type, "bundle") ? "bundle"
                        : souk_str_is(type, "downloadable")                           ? "digital"
                        : souk_str_is(type, "virtual")                                ? "service"
                                                                                      : "simple";
    if (type.len)
        json_add_cstr(group->arena, group->doc, "type", meant);
}

static void add_child(struct import_group *group, const struct import_line *head,
                      struct import_line *line)
{
    struct souk_str sku = import_cell(group->sheet, line, FIELD_SKU, 0), key, value;
    struct souk_str values = listed(group, head, sku);
    struct souk_str image = import_cell(group->sheet, line, FIELD_IMAGE, 0);
    struct souk_str online = import_cell(group->sheet, line, FIELD_PUBLISHED, 0);
    struct json *variant = json_new(group->arena, JSON_OBJECT);
    import_add_variant(group, line, variant);
    struct json *options = json_add(group->arena, variant, "options", JSON_OBJECT);
    while (next_pair(&values, ',', &key, &value)) {
        if (souk_str_is(key, "sku"))
            continue;
        struct json *choice =
            json_add_key(group->arena, options, title_of(group, key), JSON_STRING);
        choice->text = value;
    }
    if (image.len)
        json_add_str(group->arena, variant, "image", image);
    if (online.len)
        json_add_bool(group->arena, variant, "enabled", souk_str_is(online, "1"));
    if (line->refused) {
        group->refused++;
        return;
    }
    struct json *entry = import_variant_new(group, line->row);
    *entry = *variant;
}

static void add_product(struct import_group *group, struct import_line *head)
{
    struct souk_str visibility = import_cell(group->sheet, head, FIELD_VISIBILITY, 0);
    int alone = !import_has(group->sheet, head, FIELD_VARIATIONS, 0);
    group->row = head->row;
    group->key = import_cell(group->sheet, head, FIELD_SKU, 0);
    if (!import_has(group->sheet, head, FIELD_NAME, 0)) {
        group->other = group->key;
        group->key = STR_NULL;
    }
    import_add_texts(group, head);
    import_add_product(group, head);
    add_type(group, head);
    add_attributes(group, head);
    import_add_images(group, head);
    import_add_links(group, head);
    import_add_meta(group, head, group->doc, IMPORT_KEEP_ALL);
    if (alone && !souk_str_is(import_cell(group->sheet, head, FIELD_TYPE, 0), "grouped"))
        import_add_variant(group, head, import_variant_new(group, head->row));
    if (alone && str_equal_nocase(visibility, souk_str("Not Visible Individually")))
        import_note_add(group, 0, head->row, souk_str("visibility"),
                        "it is not visible by itself, and no configurable product lists it: it is "
                        "a hidden product of its own now");
}

void import_magento_make(struct import_group *group)
{
    struct import_line *head = NULL;
    import_refuse_clashes(group);
    for (size_t i = 0; i < group->count && !head; i++)
        if (import_has(group->sheet, &group->lines[i], FIELD_VARIATIONS, 0))
            head = &group->lines[i];
    if (!head)
        head = group->lines;
    if (head->refused) {
        group->doc = NULL;
        return;
    }
    add_product(group, head);
    if (import_has(group->sheet, head, FIELD_VARIATIONS, 0))
        add_options(group, head);
    for (size_t i = 0; i < group->count; i++)
        if (&group->lines[i] != head && !group->lines[i].refused)
            add_child(group, head, &group->lines[i]);
    if (head->refused)
        group->doc = NULL;
}
