/*
 * import_product: what a row says of the product itself: texts, state, tax, categories, tags,
 * links, pictures, and what is kept of columns without a meaning.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/import_group.h"

/* ---- texts ---- */

const char *import_default_locale(const struct import_sheet *sheet)
{
    return sheet->locale ? sheet->locale : "en";
}

void import_add_texts(struct import_group *group, struct import_line *line)
{
    static const struct {
        int field;
        const char *name;
    } texts[] = {{FIELD_NAME, "name"},           {FIELD_SLUG, "slug"},
                 {FIELD_SUMMARY, "summary"},     {FIELD_DESCRIPTION, "description"},
                 {FIELD_SEO_TITLE, "seo_title"}, {FIELD_SEO_DESCRIPTION, "seo_description"}};
    struct souk_str own =
        line->locale.len ? line->locale : import_cell_of(group, line, FIELD_LOCALE);
    if (!own.len)
        own = souk_str(import_default_locale(group->sheet));
    for (int i = 0; i < group->sheet->count; i++) {
        const struct import_column *column = &group->sheet->columns[i];
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            struct souk_str cell = line->cells[i];
            if (column->field != texts[t].field || !cell.len)
                continue;
            if (!column->unit.len && group->sheet->index[column->field][0] != i + 1)
                continue; /* the same column twice: the first holds */
            struct json *all = import_member(group, group->doc, souk_str("text"), JSON_OBJECT);
            struct json *text =
                import_member(group, all, column->unit.len ? column->unit : own, JSON_OBJECT);
            if (!import_put_nothing(group, text, texts[t].name, cell))
                json_add_str(group->arena, text, texts[t].name, cell);
        }
    }
}

/* ---- categories and tags ---- */

/* Without the backslash before a separator that belongs to the name. */
static struct souk_str bare_name(struct import_group *group, struct souk_str name, char separator)
{
    struct buf out = {.arena = group->arena};
    if (str_find(name, '\\') < 0)
        return name;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '\\' && i + 1 < name.len && name.ptr[i + 1] == separator)
            i++;
        buf_add_char(&out, name.ptr[i]);
    }
    return buf_str(&out);
}

static void add_path(struct import_group *group, struct json *list, struct souk_str path)
{
    struct souk_str separator = group->sheet->category_separator;
    struct json *names = json_add(group->arena, list, NULL, JSON_ARRAY);
    int root = group->sheet->format->kind == IMPORT_MAGENTO;
    while (path.len) {
        size_t i = 0;
        while (i < path.len && (i + separator.len > path.len ||
                                memcmp(path.ptr + i, separator.ptr, separator.len) != 0))
            i += path.ptr[i] == '\\' && i + 1 < path.len && path.ptr[i + 1] == separator.ptr[0] ? 2
                                                                                                : 1;
        struct souk_str name = bare_name(group, str_trim(str_make(path.ptr, i)), separator.ptr[0]);
        path = str_from(path, i + separator.len);
        if (name.len && !root)
            json_add_str(group->arena, names, NULL, name);
        root = 0;
    }
    if (!names->count) /* the root alone: no category */
        names->kind = JSON_NULL;
}

/* "&amp;" is how WooCommerce writes "&" in names of categories. */
static struct souk_str unescape(struct import_group *group, struct souk_str text)
{
    struct buf out = {.arena = group->arena};
    for (size_t i = 0; i < text.len; i++) {
        buf_add_char(&out, text.ptr[i]);
        if (str_starts(str_from(text, i), "&amp;"))
            i += 4;
    }
    return buf_str(&out);
}

void import_add_categories(struct import_group *group, struct import_line *line)
{
    struct souk_str cell = import_cell_of(group, line, FIELD_CATEGORIES);
    struct souk_str kind = import_cell_of(group, line, FIELD_PRODUCT_TYPE), item;
    char separator = group->sheet->list_separator.ptr[0];
    if (!cell.len && !kind.len)
        return;
    struct json *list = json_new(group->arena, JSON_ARRAY);
    if (!cell.len && !import_is_clear(group->sheet, kind))
        add_path(group, list, kind); /* one, whatever commas are in it */
    else if (!import_is_clear(group->sheet, cell))
        while (import_list(group->arena, &cell, separator, &item))
            add_path(group, list, unescape(group, item));
    struct json *kept = import_list_of(group, "categories");
    json_each(entry, list) if (entry->value.kind == JSON_ARRAY)
        json_add_tree(group->arena, kept, NULL, &entry->value);
}

static void add_tags(struct import_group *group, struct import_line *line)
{
    struct souk_str cell = import_cell_of(group, line, FIELD_TAGS), item;
    if (!cell.len)
        return;
    struct json *list = import_list_of(group, "tags");
    if (import_is_clear(group->sheet, cell))
        return;
    while (import_list(group->arena, &cell, group->sheet->list_separator.ptr[0], &item))
        json_add_str(group->arena, list, NULL, item);
}

/* ---- state and tax ---- */

/* Active, and yet not to be found: "unlisted" by its address alone, unpublished not at all. */
static int add_status_shopify(struct import_group *group, struct souk_str status,
                              struct souk_str published)
{
    int truth = 1, active = str_equal_nocase(status, souk_str("active"));
    if (group->sheet->format->kind != IMPORT_SHOPIFY)
        return 0;
    if (str_equal_nocase(status, souk_str("unlisted"))) {
        json_add_cstr(group->arena, group->doc, "visibility", "hidden");
        json_add_cstr(group->arena, group->doc, "status", "active");
        return 1;
    }
    if (!active || import_bool(published, &truth) != SOUK_OK || truth)
        return 0;
    json_add_cstr(group->arena, group->doc, "status", "draft");
    return 1;
}

static void add_status(struct import_group *group, struct import_line *line)
{
    static const struct import_word known[] = {
        {"active", "active"}, {"draft", "draft"}, {"archived", "archived"}, {NULL, NULL}};
    struct souk_str status = import_cell_of(group, line, FIELD_STATUS);
    struct souk_str published = import_cell_of(group, line, FIELD_PUBLISHED);
    const char *meaning = import_meaning(known, status);
    int truth = 0, magento = group->sheet->format->kind == IMPORT_MAGENTO;
    if (add_status_shopify(group, status, published))
        return;
    if (meaning) {
        json_add_cstr(group->arena, group->doc, "status", meaning);
    } else if (status.len) {
        import_refuse(group, line, FIELD_STATUS, 0, "no status; there are active, draft, archived");
    } else if (published.len) {
        if (import_bool(published, &truth) != SOUK_OK && !souk_str_is(published, "-1") &&
            !(magento && souk_str_is(published, "2")))
            import_refuse(group, line, FIELD_PUBLISHED, 0, "neither 1 nor 0 nor -1");
        json_add_cstr(group->arena, group->doc, "status", truth ? "active" : "draft");
    }
}

static void add_visibility(struct import_group *group, struct import_line *line)
{
    static const struct import_word known[] = {{"visible", "both"},
                                               {"both", "both"},
                                               {"catalog", "catalog"},
                                               {"catalogue", "catalog"},
                                               {"search", "search"},
                                               {"hidden", "hidden"},
                                               {"Catalog, Search", "both"},
                                               {"Not Visible Individually", "hidden"},
                                               {NULL, NULL}};
    struct souk_str cell = import_cell_of(group, line, FIELD_VISIBILITY);
    const char *meaning = import_meaning(known, cell);
    if (meaning)
        json_add_cstr(group->arena, group->doc, "visibility", meaning);
    else if (cell.len)
        import_refuse(group, line, FIELD_VISIBILITY, 0,
                      "no visibility; there are visible, catalog, search, hidden");
}

static void need_class(struct import_group *group, struct json *to, struct souk_str code)
{
    if (!group->classes)
        group->classes = json_new(group->arena, JSON_ARRAY);
    json_add_str(group->arena, to, "tax_class", code);
    json_add_str(group->arena, group->classes, NULL, code);
}

void import_add_tax(struct import_group *group, struct import_line *line, struct json *to)
{
    struct souk_str class = import_cell_of(group, line, FIELD_TAX_CLASS);
    struct souk_str status = import_cell_of(group, line, FIELD_TAX_STATUS);
    int taxable = 1;
    if (str_ends(class, "-rate"))
        class.len -= 5;
    if (str_equal_nocase(class, souk_str("Taxable Goods")) ||
        str_equal_nocase(class, souk_str("Default")))
        class = souk_str("standard");
    if (import_cell_of(group, line, FIELD_TAXABLE).len)
        import_bool(import_cell_of(group, line, FIELD_TAXABLE), &taxable);
    if (souk_str_is(class, "parent") || (to != group->doc && !class.len))
        return;
    if (str_equal_nocase(class, souk_str("None")) || souk_str_is(status, "none") ||
        souk_str_is(status, "shipping") || !taxable || import_is_clear(group->sheet, class))
        json_add_null(group->arena, to, "tax_class");
    else if (class.len)
        need_class(group, to, utf8_lower(group->arena, class));
    else if (status.len || import_cell_of(group, line, FIELD_TAXABLE).len)
        need_class(group, to, souk_str("standard"));
}

void import_add_product(struct import_group *group, struct import_line *line)
{
    add_status(group, line);
    add_visibility(group, line);
    import_put_bool(group, line, group->doc, "featured", FIELD_FEATURED);
    import_put_text(group, line, group->doc, "brand", FIELD_BRAND);
    import_put_time(group, line, group->doc, "publish_from", FIELD_PUBLISH_FROM, 0);
    import_put_time(group, line, group->doc, "publish_until", FIELD_PUBLISH_UNTIL, 1);
    import_add_tax(group, line, group->doc);
    import_add_categories(group, line);
    add_tags(group, line);
}

/* ---- links ---- */

static void add_links(struct import_group *group, struct import_line *line, const char *kind,
                      int field)
{
    struct souk_str cell = import_cell_of(group, line, field), item;
    if (!cell.len)
        return;
    if (!group->links)
        group->links = json_new(group->arena, JSON_OBJECT);
    struct json *list = import_member(group, group->links, souk_str(kind), JSON_ARRAY);
    int bundle = field == FIELD_BUNDLE;
    if (import_is_clear(group->sheet, cell))
        return;
    while (import_list(group->arena, &cell, group->sheet->list_separator.ptr[0], &item)) {
        struct souk_str name = item;
        int64_t quantity = 1;
        ptrdiff_t mark = bundle ? str_find(item, '=') : -1; /* Magento: "sku=2.0000" */
        if (mark > 0 && import_number(str_from(item, (size_t)mark + 1), &quantity) == SOUK_OK)
            name = str_trim(str_make(item.ptr, (size_t)mark));
        if (!bundle) {
            json_add_str(group->arena, list, NULL, name);
            continue;
        }
        struct json *entry = json_add(group->arena, list, NULL, JSON_OBJECT);
        json_add_str(group->arena, entry, "key", name);
        json_add_int(group->arena, entry, "quantity", quantity > 0 ? quantity : 1);
    }
}

void import_add_links(struct import_group *group, struct import_line *line)
{
    add_links(group, line, "related", FIELD_RELATED);
    add_links(group, line, "upsell", FIELD_UPSELL);
    add_links(group, line, "crosssell", FIELD_CROSSSELL);
    add_links(group, line, "bundle", FIELD_BUNDLE);
}

/* ---- pictures ---- */

void import_add_image(struct import_group *group, struct souk_str source, struct souk_str alt)
{
    struct json *list = import_list_of(group, "images");
    json_each(item,
              list) if (souk_str_equal(json_text(json_at(&item->value, "source")), source)) return;
    struct json *image = json_add(group->arena, list, NULL, JSON_OBJECT);
    json_add_str(group->arena, image, "source", source);
    if (!alt.len)
        return;
    struct json *texts = json_add(group->arena, image, "alt", JSON_OBJECT);
    json_add_str(group->arena, texts, import_default_locale(group->sheet), alt);
}

void import_add_images(struct import_group *group, struct import_line *line)
{
    struct souk_str cell, item;
    for (int number = 0; number < IMPORT_NUMBERS; number++) {
        cell = import_cell(group->sheet, line, FIELD_IMAGE, number);
        if (import_is_clear(group->sheet, cell))
            import_list_of(group, "images");
        else if (cell.len)
            import_add_image(group, cell, import_cell_of(group, line, FIELD_IMAGE_ALT));
    }
    cell = import_cell_of(group, line, FIELD_IMAGES);
    if (import_is_clear(group->sheet, cell)) {
        import_list_of(group, "images");
        return;
    }
    while (import_list(group->arena, &cell, ',', &item))
        import_add_image(group, item, STR_NULL);
}

/* ---- what is kept ---- */

void import_add_meta(struct import_group *group, struct import_line *line, struct json *to,
                     enum import_keep which)
{
    for (int i = 0; i < group->sheet->count; i++) {
        const struct import_column *column = &group->sheet->columns[i];
        int of_variant = str_starts(column->name, "Variant ");
        if (column->field != FIELD_NONE || !column->name.len || !line->cells[i].len ||
            (which == IMPORT_KEEP_PRODUCT && of_variant) ||
            (which == IMPORT_KEEP_VARIANT && !of_variant))
            continue;
        struct json *meta = import_meta_of(group, to);
        if (json_get(meta, column->name))
            continue; /* the same column twice: the first holds */
        if (import_is_clear(group->sheet, line->cells[i])) {
            json_add_key(group->arena, meta, column->name, JSON_NULL);
        } else {
            struct json *value = json_add_key(group->arena, meta, column->name, JSON_STRING);
            value->text = line->cells[i];
        }
    }
}
