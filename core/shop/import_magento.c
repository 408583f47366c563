/*
 * import_magento: Magento. Rows with a store view are texts in its language. Children are simple
 * products in rows of their own; the configurable one lists them with the values that tell them
 * apart. A child that nobody lists is a product.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/import_group.h"
#include "shop/market.h"

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

/* Is this the code of an attribute? */
static int is_code(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return 0;
    }
    return text.len > 0;
}

/* `"key=a ""b"", c",…`: a pair in quotes of its own. */
static struct souk_str cut_quoted(struct import_group *group, struct souk_str *rest)
{
    struct buf out = {.arena = group->arena};
    size_t i = 1;
    for (; i < rest->len; i++) {
        if (rest->ptr[i] == '"' && (i + 1 == rest->len || rest->ptr[++i] != '"'))
            break;
        buf_add_char(&out, rest->ptr[i]);
    }
    while (i < rest->len && rest->ptr[i] == '"')
        i++;
    *rest = str_from(*rest, i + 1);
    return buf_str(&out);
}

/* Cuts "key=value" off a list; a comma that no key follows belongs to the value. */
static int next_pair(struct import_group *group, struct souk_str *rest, char separator,
                     struct souk_str *key, struct souk_str *value)
{
    *rest = str_trim(*rest);
    if (rest->len && rest->ptr[0] == '"') {
        struct souk_str pair = cut_quoted(group, rest);
        return next_pair(group, &pair, 0, key, value);
    }
    ptrdiff_t equals = str_find(*rest, '=');
    if (equals < 0)
        return 0;
    *key = str_trim(str_make(rest->ptr, (size_t)equals));
    size_t begin = (size_t)equals + 1, end = rest->len;
    for (size_t i = begin; i < rest->len && separator; i++) {
        struct souk_str after = str_trim(str_from(*rest, i + 1));
        ptrdiff_t next = rest->ptr[i] == separator ? str_find(after, '=') : -1;
        if (next > 0 &&
            (after.ptr[0] == '"' || is_code(str_trim(str_make(after.ptr, (size_t)next))))) {
            end = i;
            break;
        }
    }
    *value = str_trim(str_make(rest->ptr + begin, end - begin));
    *rest = str_from(*rest, end + 1);
    return 1;
}

/* The values of a child, as the configurable one lists them. */
static struct souk_str listed(struct import_group *group, const struct import_line *head,
                              struct souk_str sku)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_VARIATIONS, 0), one;
    while (str_split(&all, '|', &one)) {
        struct souk_str rest = one, key, value;
        while (next_pair(group, &rest, ',', &key, &value))
            if (souk_str_is(key, "sku") && souk_str_equal(value, sku))
                return one;
    }
    return STR_NULL;
}

static int is_option(struct import_group *group, const struct import_line *head,
                     struct souk_str code)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_VARIATIONS, 0), one, key, value;
    if (!str_split(&all, '|', &one))
        return 0;
    while (next_pair(group, &one, ',', &key, &value))
        if (souk_str_equal(key, code))
            return 1;
    return 0;
}

/* What the file calls an option: "color=Farbe", else its code in words. */
static struct souk_str option_name(struct import_group *group, const struct import_line *head,
                                   struct souk_str code)
{
    struct souk_str labels = import_cell(group->sheet, head, FIELD_VARIATION_LABELS, 0), key, value;
    while (next_pair(group, &labels, ',', &key, &value))
        if (souk_str_equal(key, code) && value.len)
            return value;
    return title_of(group, code);
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
        while (next_pair(group, &one, ',', &key, &value)) {
            struct json *found = NULL;
            struct souk_str name = option_name(group, head, key);
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

static struct souk_str without_quotes(struct souk_str text)
{
    return text.len > 1 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"'
               ? str_make(text.ptr + 1, text.len - 2)
               : text;
}

static void add_attributes(struct import_group *group, struct import_line *head)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_MORE_ATTRIBUTES, 0);
    struct souk_str key, value, item;
    while (next_pair(group, &all, ',', &key, &value)) {
        if (souk_str_is(key, "has_options") || souk_str_is(key, "required_options") || !value.len ||
            is_option(group, head, key))
            continue;
        struct json *entry = import_named(group, "attributes", title_of(group, key));
        struct json *values = json_add(group->arena, entry, "values", JSON_ARRAY);
        while (import_list(group->arena, &value, '|', &item))
            add_value(group, values, without_quotes(item));
    }
}

static void add_type(struct import_group *group, struct import_line *head)
{
    static const struct import_word known[] = {{"configurable", "variable"},
                                               {"grouped", "bundle"},
                                               {"bundle", "bundle"},
                                               {"downloadable", "digital"},
                                               {"virtual", "service"},
                                               {"giftcard", "gift_card"},
                                               {NULL, "simple"}};
    struct souk_str type = import_cell_of(group, head, FIELD_TYPE);
    if (type.len)
        json_add_cstr(group->arena, group->doc, "type", import_meaning(known, type));
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
    struct json *options = json_new(group->arena, JSON_OBJECT);
    while (next_pair(group, &values, ',', &key, &value)) {
        if (souk_str_is(key, "sku"))
            continue;
        struct json *choice =
            json_add_key(group->arena, options, option_name(group, head, key), JSON_STRING);
        choice->text = value;
    }
    if (options->count)
        json_add_tree(group->arena, variant, "options", options);
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

/* ---- what a bundle consists of ---- */

/* "name=…,sku=A,default_qty=2.0000,…|name=…": each choice once, kept as it is besides. */
static void add_bundle(struct import_group *group, struct import_line *head)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_BUNDLE_VALUES, 0), one, key, value;
    if (!all.len || import_is_clear(group->sheet, all))
        return;
    json_add_str(group->arena, import_meta_of(group, group->doc), "bundle_values", all);
    if (!group->links)
        group->links = json_new(group->arena, JSON_OBJECT);
    struct json *list = json_add(group->arena, group->links, "bundle", JSON_ARRAY);
    while (str_split(&all, '|', &one)) {
        struct souk_str sku = STR_NULL;
        int64_t quantity = 1;
        int there = 0;
        while (next_pair(group, &one, ',', &key, &value))
            if (souk_str_is(key, "sku"))
                sku = value;
            else if (souk_str_is(key, "default_qty") && import_number(value, &quantity) != SOUK_OK)
                quantity = 1;
        json_each(item, list) there |= souk_str_equal(json_text(json_at(&item->value, "key")), sku);
        if (!sku.len || there)
            continue;
        struct json *entry = json_add(group->arena, list, NULL, JSON_OBJECT);
        json_add_str(group->arena, entry, "key", sku);
        json_add_int(group->arena, entry, "quantity", quantity > 0 ? quantity : 1);
    }
}

/* ---- rows of store views ---- */

static struct souk_str sku_of(const struct import_group *group, const struct import_line *line)
{
    return import_cell(group->sheet, line, FIELD_SKU, 0);
}

/* A row of a store view repeats a SKU to say some of it in another language. */
static int is_translation(const struct import_group *group, size_t at)
{
    const struct import_line *line = &group->lines[at];
    if (!import_has(group->sheet, line, FIELD_STORE_VIEW, 0))
        return 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct import_line *other = &group->lines[i];
        int view = import_has(group->sheet, other, FIELD_STORE_VIEW, 0);
        if (i != at && (!view || i < at) &&
            souk_str_equal(sku_of(group, line), sku_of(group, other)))
            return 1;
    }
    return 0;
}

/* The language of "bg", "bg_BG", "store_bg"; NULL: none of the shop's. */
static const char *language_of(struct import_group *group, struct souk_str view)
{
    struct souk_str lower = utf8_lower(group->arena, view), rest = lower, part;
    char *dashed = arena_copy(group->arena, lower.ptr, lower.len);
    for (size_t i = 0; i < lower.len; i++)
        if (dashed[i] == '_')
            dashed[i] = '-';
    rest = str_make(dashed, lower.len);
    const char *locale = market_locale(rest);
    while (!locale && str_split(&rest, '-', &part))
        locale = market_locale(part);
    return locale;
}

static void add_translation(struct import_group *group, struct import_line *line)
{
    struct souk_str view = import_cell(group->sheet, line, FIELD_STORE_VIEW, 0);
    const char *locale = language_of(group, view);
    if (!locale) {
        import_note_add(group, 0, line->row, souk_str("store_view_code"),
                        "the store view \"%.*s\" is none of the shop's languages; its texts were "
                        "left out",
                        SOUK_PRI(view));
        return;
    }
    line->locale = souk_str(locale);
    import_add_texts(group, line);
}

/* ---- the whole ---- */

static void warn_missing(struct import_group *group, const struct import_line *head)
{
    struct souk_str all = import_cell(group->sheet, head, FIELD_VARIATIONS, 0), one, key, value;
    while (str_split(&all, '|', &one))
        while (next_pair(group, &one, ',', &key, &value)) {
            int there = !souk_str_is(key, "sku");
            for (size_t i = 0; i < group->count && !there; i++)
                there = souk_str_equal(sku_of(group, &group->lines[i]), value);
            if (!there)
                import_note_add(group, 0, head->row, souk_str("configurable_variations"),
                                "it lists \"%.*s\", which is not in the file", SOUK_PRI(value));
        }
}

static struct import_line *find_head(struct import_group *group, const char *translation)
{
    struct import_line *first = NULL;
    for (size_t i = 0; i < group->count; i++) {
        if (translation[i])
            continue;
        if (import_has(group->sheet, &group->lines[i], FIELD_VARIATIONS, 0))
            return &group->lines[i];
        first = first ? first : &group->lines[i];
    }
    return first ? first : group->lines;
}

void import_magento_make(struct import_group *group)
{
    char *translation = arena_zalloc(group->arena, group->count + 1);
    import_refuse_clashes(group);
    for (size_t i = 0; i < group->count; i++)
        translation[i] = (char)is_translation(group, i);
    struct import_line *head = find_head(group, translation);
    if (head->refused) {
        group->doc = NULL;
        return;
    }
    add_product(group, head);
    add_bundle(group, head);
    if (import_has(group->sheet, head, FIELD_VARIATIONS, 0))
        add_options(group, head);
    for (size_t i = 0; i < group->count; i++) {
        struct import_line *line = &group->lines[i];
        if (translation[i] && souk_str_equal(sku_of(group, line), sku_of(group, head)))
            add_translation(group, line);
        else if (line != head && !line->refused && !translation[i])
            add_child(group, head, line);
    }
    warn_missing(group, head);
    if (head->refused)
        group->doc = NULL;
}
