/*
 * import_group.c: what all formats of rows have in common: cells become members of the document, by
 * the meaning of their column. A cell that cannot be read refuses its row with a note that says
 * what would be right; the rest of the group goes on.
 */
#include "shop/import_group.h"

#include <stdarg.h>
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"

void import_group_begin(struct import_group *group, struct arena *arena,
                        const struct import_sheet *sheet, int64_t place, struct import_line *lines,
                        size_t count)
{
    memset(group, 0, sizeof *group);
    group->arena = arena;
    group->sheet = sheet;
    group->place = place;
    group->lines = lines;
    group->count = count;
    group->row = count ? lines[0].row : 0;
    group->variant_rows = arena_array(arena, int64_t, count + 1);
    group->notes_end = &group->notes;
}

void import_group_make(struct import_group *group)
{
    group->doc = json_new(group->arena, JSON_OBJECT);
    if (strcmp(group->sheet->format->name, "woocommerce") == 0)
        import_woo_make(group);
    else if (strcmp(group->sheet->format->name, "magento") == 0)
        import_magento_make(group);
    else
        import_rows_make(group);
    if (!group->doc) /* what would have been variants goes with it */
        group->refused += group->variant_count;
}

/* ---- notes ---- */

void import_note_add(struct import_group *group, int reject, int64_t row, struct souk_str column,
                     const char *format, ...)
{
    struct import_note *note = arena_new(group->arena, struct import_note);
    va_list args;
    va_start(args, format);
    note->message = arena_vprintf(group->arena, format, args);
    va_end(args);
    note->reject = reject;
    note->row = row;
    note->column = column;
    *group->notes_end = note;
    group->notes_end = &note->next;
}

void import_refuse(struct import_group *group, struct import_line *line, int field, int number,
                   const char *what)
{
    const struct import_column *column = import_column_of(group->sheet, field, number);
    struct souk_str cell = import_cell(group->sheet, line, field, number);
    if (cell.len > 60)
        cell.len = 60;
    import_note_add(group, 1, line->row, column ? column->name : STR_NULL, "\"%.*s\" is %s",
                    SOUK_PRI(cell), what);
    line->refused = 1;
}

void import_refuse_clashes(struct import_group *group)
{
    const struct import_column *column = import_column_of(group->sheet, FIELD_SKU, 0);
    for (size_t i = 0; i < group->count; i++) {
        struct import_line *line = &group->lines[i];
        struct souk_str sku = import_cell(group->sheet, line, FIELD_SKU, 0);
        if (!line->clash || line->refused || !sku.len)
            continue;
        line->refused = 1;
        group->refused++;
        import_note_add(group, 1, line->row, column ? column->name : STR_NULL,
                        "the SKU \"%.*s\" is that of row %lld already; give this one its own",
                        SOUK_PRI(sku), (long long)line->clash);
    }
}

/* ---- small adders ---- */

static struct souk_str cell_of(struct import_group *group, struct import_line *line, int field)
{
    return import_cell(group->sheet, line, field, 0);
}

/* A number's cell. Where ";" parts the cells, a comma alone is the decimal mark. */
static struct souk_str number_of(struct import_group *group, struct souk_str cell)
{
    ptrdiff_t comma = group->sheet->comma ? str_find(cell, ',') : -1;
    if (comma < 0 || str_find(cell, '.') >= 0 ||
        str_find(str_from(cell, (size_t)comma + 1), ',') >= 0)
        return cell;
    char *copy = arena_copy(group->arena, cell.ptr, cell.len);
    copy[comma] = '.';
    return str_make(copy, cell.len);
}

/* The marker as null; 1 when the cell has been dealt with. */
static int add_nothing(struct import_group *group, struct json *to, const char *name,
                       struct souk_str cell)
{
    if (!cell.len)
        return 1;
    if (!import_is_clear(group->sheet, cell))
        return 0;
    json_add_null(group->arena, to, name);
    return 1;
}

static void add_text(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field)
{
    struct souk_str cell = cell_of(group, line, field);
    if (!add_nothing(group, to, name, cell))
        json_add_str(group->arena, to, name, cell);
}

static void add_bool(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field)
{
    struct souk_str cell = cell_of(group, line, field);
    int truth;
    if (add_nothing(group, to, name, cell))
        return;
    if (import_bool(cell, &truth) != SOUK_OK)
        import_refuse(group, line, field, 0, "neither yes nor no; write 1 or 0");
    else
        json_add_bool(group->arena, to, name, truth);
}

static void add_time(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field, int end)
{
    struct souk_str cell = cell_of(group, line, field);
    char text[32];
    int64_t at;
    if (add_nothing(group, to, name, cell))
        return;
    if (import_time(cell, end, &at) != SOUK_OK) {
        import_refuse(group, line, field, 0, "no date; write 2026-01-31 or 2026-01-31T12:00:00Z");
        return;
    }
    size_t len = clock_format(at, 0, text);
    json_add_str(group->arena, to, name, arena_str(group->arena, str_make(text, len)));
}

static void add_money(struct import_group *group, struct import_line *line, struct json *to,
                      const char *name, int field, const char *currency)
{
    struct souk_str cell = cell_of(group, line, field);
    int64_t minor;
    if (add_nothing(group, to, name, cell))
        return;
    if (import_money(number_of(group, cell), currency, &minor) != SOUK_OK)
        import_refuse(group, line, field, 0,
                      "no amount of money; write it like 1299.50, with no more digits than the "
                      "currency has");
    else
        json_add_int(group->arena, to, name, minor);
}

static void add_measure(struct import_group *group, struct import_line *line, struct json *to,
                        const char *name, int field)
{
    const struct import_column *column = import_column_of(group->sheet, field, 0);
    struct souk_str cell = cell_of(group, line, field);
    int weight = field == FIELD_WEIGHT;
    struct souk_str unit = cell_of(group, line, weight ? FIELD_WEIGHT_UNIT : FIELD_LENGTH_UNIT);
    int64_t value;
    if (add_nothing(group, to, name, cell))
        return;
    if (!unit.len && column)
        unit = column->unit;
    if (!unit.len)
        unit = souk_str(weight ? group->sheet->weight_unit : group->sheet->length_unit);
    if (import_measure(number_of(group, cell), unit, &value) != SOUK_OK)
        import_refuse(group, line, field, 0,
                      weight ? "no weight in kg, g, lb or oz" : "no length in m, cm, mm or in");
    else
        json_add_int(group->arena, to, name, value);
}

static void add_number(struct import_group *group, struct import_line *line, struct json *to,
                       const char *name, int field)
{
    struct souk_str cell = cell_of(group, line, field);
    int64_t value;
    if (add_nothing(group, to, name, cell))
        return;
    if (import_number(number_of(group, cell), &value) != SOUK_OK)
        import_refuse(group, line, field, 0, "no whole number");
    else
        json_add_int(group->arena, to, name, value);
}

/* ---- the product ---- */

const char *import_default_locale(const struct import_sheet *sheet)
{
    return sheet->locale ? sheet->locale : "en";
}

static struct json *member(struct import_group *group, struct json *parent, struct souk_str name,
                           enum json_kind kind)
{
    struct json *there = (struct json *)(uintptr_t)json_get(parent, name);
    return there ? there : json_add_key(group->arena, parent, name, kind);
}

static struct json *list_of(struct import_group *group, const char *name)
{
    return member(group, group->doc, souk_str(name), JSON_ARRAY);
}

void import_add_texts(struct import_group *group, struct import_line *line)
{
    static const struct {
        int field;
        const char *name;
    } texts[] = {{FIELD_NAME, "name"},           {FIELD_SLUG, "slug"},
                 {FIELD_SUMMARY, "summary"},     {FIELD_DESCRIPTION, "description"},
                 {FIELD_SEO_TITLE, "seo_title"}, {FIELD_SEO_DESCRIPTION, "seo_description"}};
    struct souk_str own = line->locale.len ? line->locale : cell_of(group, line, FIELD_LOCALE);
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
            struct json *all = member(group, group->doc, souk_str("text"), JSON_OBJECT);
            struct json *text =
                member(group, all, column->unit.len ? column->unit : own, JSON_OBJECT);
            if (!add_nothing(group, text, texts[t].name, cell))
                json_add_str(group->arena, text, texts[t].name, cell);
        }
    }
}

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
    int root = strcmp(group->sheet->format->name, "magento") == 0;
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
    struct souk_str cell = cell_of(group, line, FIELD_CATEGORIES);
    struct souk_str kind = cell_of(group, line, FIELD_PRODUCT_TYPE), item;
    char separator = group->sheet->list_separator.ptr[0];
    if (!cell.len && !kind.len)
        return;
    struct json *list = json_new(group->arena, JSON_ARRAY);
    if (!cell.len && !import_is_clear(group->sheet, kind))
        add_path(group, list, kind); /* one, whatever commas are in it */
    else if (!import_is_clear(group->sheet, cell))
        while (import_list(group->arena, &cell, separator, &item))
            add_path(group, list, unescape(group, item));
    struct json *kept = list_of(group, "categories");
    json_each(entry, list) if (entry->value.kind == JSON_ARRAY)
        json_add_tree(group->arena, kept, NULL, &entry->value);
}

static void add_tags(struct import_group *group, struct import_line *line)
{
    struct souk_str cell = cell_of(group, line, FIELD_TAGS), item;
    if (!cell.len)
        return;
    struct json *list = list_of(group, "tags");
    if (import_is_clear(group->sheet, cell))
        return;
    while (import_list(group->arena, &cell, group->sheet->list_separator.ptr[0], &item))
        json_add_str(group->arena, list, NULL, item);
}

/* Active, and yet not to be found: "unlisted" by its address alone, unpublished not at all. */
static int add_status_shopify(struct import_group *group, struct souk_str status,
                              struct souk_str published)
{
    int truth = 1, active = str_equal_nocase(status, souk_str("active"));
    if (strcmp(group->sheet->format->name, "shopify") != 0)
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
    static const char *const known[] = {"active", "draft", "archived", NULL};
    struct souk_str status = cell_of(group, line, FIELD_STATUS);
    struct souk_str published = cell_of(group, line, FIELD_PUBLISHED);
    int truth = 0, magento = strcmp(group->sheet->format->name, "magento") == 0;
    if (add_status_shopify(group, status, published))
        return;
    for (int i = 0; status.len && known[i]; i++) {
        if (!str_equal_nocase(status, souk_str(known[i])))
            continue;
        json_add_cstr(group->arena, group->doc, "status", known[i]);
        return;
    }
    if (status.len) {
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
    static const struct {
        const char *name, *meaning;
    } known[] = {{"visible", "both"},         {"both", "both"},
                 {"catalog", "catalog"},      {"catalogue", "catalog"},
                 {"search", "search"},        {"hidden", "hidden"},
                 {"Catalog, Search", "both"}, {"Not Visible Individually", "hidden"}};
    struct souk_str cell = cell_of(group, line, FIELD_VISIBILITY);
    for (size_t i = 0; cell.len && i < sizeof known / sizeof *known; i++) {
        if (!str_equal_nocase(cell, souk_str(known[i].name)))
            continue;
        json_add_cstr(group->arena, group->doc, "visibility", known[i].meaning);
        return;
    }
    if (cell.len)
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
    struct souk_str class = cell_of(group, line, FIELD_TAX_CLASS);
    struct souk_str status = cell_of(group, line, FIELD_TAX_STATUS);
    int taxable = 1;
    if (str_ends(class, "-rate"))
        class.len -= 5;
    if (str_equal_nocase(class, souk_str("Taxable Goods")) ||
        str_equal_nocase(class, souk_str("Default")))
        class = souk_str("standard");
    if (cell_of(group, line, FIELD_TAXABLE).len)
        import_bool(cell_of(group, line, FIELD_TAXABLE), &taxable);
    if (souk_str_is(class, "parent") || (to != group->doc && !class.len))
        return;
    if (str_equal_nocase(class, souk_str("None")) || souk_str_is(status, "none") ||
        souk_str_is(status, "shipping") || !taxable || import_is_clear(group->sheet, class))
        json_add_null(group->arena, to, "tax_class");
    else if (class.len)
        need_class(group, to, utf8_lower(group->arena, class));
    else if (status.len || cell_of(group, line, FIELD_TAXABLE).len)
        need_class(group, to, souk_str("standard"));
}

void import_add_product(struct import_group *group, struct import_line *line)
{
    add_status(group, line);
    add_visibility(group, line);
    add_bool(group, line, group->doc, "featured", FIELD_FEATURED);
    add_text(group, line, group->doc, "brand", FIELD_BRAND);
    add_time(group, line, group->doc, "publish_from", FIELD_PUBLISH_FROM, 0);
    add_time(group, line, group->doc, "publish_until", FIELD_PUBLISH_UNTIL, 1);
    import_add_tax(group, line, group->doc);
    import_add_categories(group, line);
    add_tags(group, line);
}

/* ---- links ---- */

static void add_links(struct import_group *group, struct import_line *line, const char *kind,
                      int field)
{
    struct souk_str cell = cell_of(group, line, field), item;
    if (!cell.len)
        return;
    if (!group->links)
        group->links = json_new(group->arena, JSON_OBJECT);
    struct json *list = member(group, group->links, souk_str(kind), JSON_ARRAY);
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

/* ---- a variant ---- */

struct json *import_variant_new(struct import_group *group, int64_t row)
{
    struct json *list = list_of(group, "variants");
    group->variant_rows[group->variant_count++] = row;
    return json_add(group->arena, list, NULL, JSON_OBJECT);
}

static struct json *price_entry(struct import_group *group, struct json *variant,
                                struct souk_str code)
{
    struct json *prices = member(group, variant, souk_str("prices"), JSON_ARRAY);
    json_each(item, prices) if (souk_str_equal(json_text(json_at(&item->value, "list")),
                                               code)) return (struct json *)(uintptr_t)&item->value;
    struct json *entry = json_add(group->arena, prices, NULL, JSON_OBJECT);
    json_add_str(group->arena, entry, "list", code);
    return entry;
}

/* Other currencies have lists of their own. */
static struct souk_str list_for(struct import_group *group, struct import_line *line,
                                const char **currency)
{
    struct souk_str cell = cell_of(group, line, FIELD_CURRENCY);
    if (!cell.len || str_equal_nocase(cell, souk_str(group->sheet->currency)))
        return souk_str("base");
    struct souk_str named = json_text(json_get(group->sheet->currency_lists, cell));
    struct souk_str code = named.len ? named : utf8_lower(group->arena, cell);
    *currency = arena_cstr(group->arena, cell);
    if (!group->lists)
        group->lists = json_new(group->arena, JSON_OBJECT);
    struct json *entry = member(group, group->lists, code, JSON_STRING);
    entry->kind = JSON_STRING;
    entry->text = cell;
    return code;
}

/* A compare-at price of nothing is none. */
static void drop_zero(struct json *entry)
{
    struct json *compare = (struct json *)(uintptr_t)json_at(entry, "compare_at");
    if (compare && compare->kind == JSON_INT && compare->number == 0)
        compare->kind = JSON_NULL;
}

static void add_named_prices(struct import_group *group, struct import_line *line,
                             struct json *variant)
{
    for (int i = 0; i < group->sheet->count; i++) {
        const struct import_column *column = &group->sheet->columns[i];
        struct souk_str cell = line->cells[i];
        int64_t minor = 0;
        if ((column->field != FIELD_PRICE && column->field != FIELD_COMPARE_AT) ||
            !column->unit.len || !cell.len)
            continue;
        struct json *entry = price_entry(group, variant, column->unit);
        const char *name = column->field == FIELD_PRICE ? "amount" : "compare_at";
        if (!group->lists)
            group->lists = json_new(group->arena, JSON_OBJECT);
        member(group, group->lists, column->unit, JSON_STRING);
        if (import_is_clear(group->sheet, cell)) {
            json_add_null(group->arena, entry, name);
        } else if (import_money(number_of(group, cell), group->sheet->currency, &minor) !=
                   SOUK_OK) {
            import_note_add(group, 1, line->row, column->name,
                            "\"%.*s\" is no amount of money; write it like 1299.50",
                            SOUK_PRI(cell));
            line->refused = 1;
        } else {
            json_add_int(group->arena, entry, name, minor);
        }
    }
}

void import_add_prices(struct import_group *group, struct import_line *line, struct json *variant)
{
    const char *currency = group->sheet->currency;
    if (import_has(group->sheet, line, FIELD_PRICE, 0) ||
        import_has(group->sheet, line, FIELD_COMPARE_AT, 0)) {
        struct json *base = price_entry(group, variant, list_for(group, line, &currency));
        add_money(group, line, base, "amount", FIELD_PRICE, currency);
        add_money(group, line, base, "compare_at", FIELD_COMPARE_AT, currency);
        drop_zero(base);
    }
    if (import_has(group->sheet, line, FIELD_SALE_PRICE, 0)) {
        struct json *sale = price_entry(group, variant, souk_str("sale"));
        int64_t regular;
        add_money(group, line, sale, "amount", FIELD_SALE_PRICE, currency);
        if (import_money(number_of(group, cell_of(group, line, FIELD_PRICE)), currency, &regular) ==
            SOUK_OK)
            json_add_int(group->arena, sale, "compare_at", regular);
        add_time(group, line, sale, "from", FIELD_SALE_FROM, 0);
        add_time(group, line, sale, "until", FIELD_SALE_UNTIL, 1);
    }
    add_named_prices(group, line, variant);
}

static void add_backorder(struct import_group *group, struct import_line *line,
                          struct json *variant)
{
    static const struct {
        const char *name, *meaning;
    } known[] = {{"0", "no"},          {"no", "no"},   {"deny", "no"},  {"false", "no"},
                 {"1", "yes"},         {"yes", "yes"}, {"true", "yes"}, {"continue", "yes"},
                 {"notify", "notify"}, {"2", "notify"}};
    struct souk_str cell = cell_of(group, line, FIELD_BACKORDER);
    for (size_t i = 0; cell.len && i < sizeof known / sizeof *known; i++) {
        if (!str_equal_nocase(cell, souk_str(known[i].name)))
            continue;
        json_add_cstr(group->arena, variant, "backorder", known[i].meaning);
        return;
    }
    if (cell.len)
        import_refuse(group, line, FIELD_BACKORDER, 0, "no rule; there are no, notify, yes");
}

static int read_in_stock(struct souk_str cell, int *truth)
{
    static const char *const words[] = {"outofstock", "instock", "backorder", "onbackorder"};
    for (int i = 0; i < 4; i++)
        if (str_equal_nocase(cell, souk_str(words[i])))
            return *truth = i > 0, SOUK_OK;
    return import_bool(cell, truth);
}

/* Magento: stock is not managed, and that by the row itself. */
static int not_counted(struct import_group *group, struct import_line *line)
{
    return souk_str_is(cell_of(group, line, FIELD_TRACKED_BY_SHOP), "0") &&
           souk_str_is(cell_of(group, line, FIELD_TRACKED), "0");
}

/* A number is stock that is counted. No number where the file has a column for it: not counted,
 * unless it says that there is none. */
static void add_stock(struct import_group *group, struct import_line *line, struct json *variant)
{
    const struct import_sheet *sheet = group->sheet;
    struct souk_str stock = cell_of(group, line, FIELD_STOCK);
    struct souk_str tracked = cell_of(group, line, FIELD_TRACKED);
    struct souk_str there = cell_of(group, line, FIELD_IN_STOCK);
    int in_stock = 1, own = strcmp(sheet->format->name, "csv") == 0;
    if (there.len && read_in_stock(there, &in_stock) != SOUK_OK)
        import_refuse(group, line, FIELD_IN_STOCK, 0, "neither 1 nor 0 nor backorder");
    if (not_counted(group, line)) {
        json_add_bool(group->arena, variant, "tracked", 0);
        return;
    }
    if (own && tracked.len) {
        add_bool(group, line, variant, "tracked", FIELD_TRACKED);
        add_number(group, line, variant, "stock", FIELD_STOCK);
        return;
    }
    if (stock.len && !souk_str_is(stock, "parent")) {
        json_add_bool(group->arena, variant, "tracked", !import_is_clear(sheet, stock));
        if (import_is_clear(sheet, stock))
            return;
        if (there.len && !in_stock && strcmp(sheet->format->name, "magento") == 0)
            json_add_int(group->arena, variant, "stock", 0);
        else
            add_number(group, line, variant, "stock", FIELD_STOCK);
    } else if (there.len && !in_stock) {
        json_add_bool(group->arena, variant, "tracked", 1);
        json_add_int(group->arena, variant, "stock", 0);
    } else if (sheet->index[FIELD_STOCK][0] &&
               (there.len || (sheet->index[FIELD_TRACKED][0] && !tracked.len && !own))) {
        json_add_bool(group->arena, variant, "tracked", 0);
    }
}

void import_add_variant(struct import_group *group, struct import_line *line, struct json *variant)
{
    add_text(group, line, variant, "sku", FIELD_SKU);
    add_text(group, line, variant, "barcode", FIELD_BARCODE);
    add_bool(group, line, variant, "enabled", FIELD_ENABLED);
    add_measure(group, line, variant, "weight_g", FIELD_WEIGHT);
    add_measure(group, line, variant, "length_mm", FIELD_LENGTH);
    add_measure(group, line, variant, "width_mm", FIELD_WIDTH);
    add_measure(group, line, variant, "height_mm", FIELD_HEIGHT);
    add_money(group, line, variant, "cost", FIELD_COST, group->sheet->currency);
    add_number(group, line, variant, "low_stock", FIELD_LOW_STOCK);
    add_text(group, line, variant, "image", FIELD_VARIANT_IMAGE);
    add_backorder(group, line, variant);
    add_stock(group, line, variant);
    import_add_prices(group, line, variant);
}

static int same_choice(const struct json *mine, const struct json *its)
{
    if ((mine ? mine->count : 0) != (its ? its->count : 0))
        return 0;
    json_each(item, mine)
    {
        const struct json *other = json_get(its, item->key);
        if (!other || !str_equal_nocase(json_text(other), json_text(&item->value)))
            return 0;
    }
    return 1;
}

struct json *import_variant_like(struct import_group *group, const struct json *options)
{
    json_each(item, json_at(group->doc, "variants"))
    {
        const struct json *its = json_at(&item->value, "options");
        if (same_choice(options, its))
            return (struct json *)(uintptr_t)&item->value;
    }
    return NULL;
}

int64_t import_variant_row(const struct import_group *group, const struct json *variant)
{
    size_t at = 0;
    json_each(item, json_at(group->doc, "variants"))
    {
        if (&item->value == variant)
            return group->variant_rows[at];
        at++;
    }
    return 0;
}

/* ---- pictures ---- */

void import_add_image(struct import_group *group, struct souk_str source, struct souk_str alt)
{
    struct json *list = list_of(group, "images");
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
            list_of(group, "images");
        else if (cell.len)
            import_add_image(group, cell, cell_of(group, line, FIELD_IMAGE_ALT));
    }
    cell = cell_of(group, line, FIELD_IMAGES);
    if (import_is_clear(group->sheet, cell)) {
        list_of(group, "images");
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
        struct json *meta = member(group, to, souk_str("meta"), JSON_OBJECT);
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

struct json *import_named(struct import_group *group, const char *list, struct souk_str name)
{
    struct json *entry = json_add(group->arena, list_of(group, list), NULL, JSON_OBJECT);
    json_add_str(group->arena, entry, "name", name);
    return entry;
}
