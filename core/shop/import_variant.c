/*
 * import_variant: what a row says of a variant: its number, measures, stock and prices; and finding
 * a variant of the document again.
 */
#include "base/str.h"
#include "base/utf8.h"
#include "shop/import_group.h"

/* ---- prices ---- */

static struct json *price_entry(struct import_group *group, struct json *variant,
                                struct souk_str code)
{
    struct json *prices = import_member(group, variant, souk_str("prices"), JSON_ARRAY);
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
    struct souk_str cell = import_cell_of(group, line, FIELD_CURRENCY);
    if (!cell.len || str_equal_nocase(cell, souk_str(group->sheet->currency)))
        return souk_str("base");
    struct souk_str named = json_text(json_get(group->sheet->currency_lists, cell));
    struct souk_str code = named.len ? named : utf8_lower(group->arena, cell);
    *currency = arena_cstr(group->arena, cell);
    if (!group->lists)
        group->lists = json_new(group->arena, JSON_OBJECT);
    struct json *entry = import_member(group, group->lists, code, JSON_STRING);
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
        import_member(group, group->lists, column->unit, JSON_STRING);
        if (import_is_clear(group->sheet, cell)) {
            json_add_null(group->arena, entry, name);
        } else if (import_money(import_decimal(group, cell), group->sheet->currency, &minor) !=
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
        import_put_money(group, line, base, "amount", FIELD_PRICE, currency);
        import_put_money(group, line, base, "compare_at", FIELD_COMPARE_AT, currency);
        drop_zero(base);
    }
    if (import_has(group->sheet, line, FIELD_SALE_PRICE, 0)) {
        struct json *sale = price_entry(group, variant, souk_str("sale"));
        int64_t regular;
        import_put_money(group, line, sale, "amount", FIELD_SALE_PRICE, currency);
        if (import_money(import_decimal(group, import_cell_of(group, line, FIELD_PRICE)), currency,
                         &regular) == SOUK_OK)
            json_add_int(group->arena, sale, "compare_at", regular);
        import_put_time(group, line, sale, "from", FIELD_SALE_FROM, 0);
        import_put_time(group, line, sale, "until", FIELD_SALE_UNTIL, 1);
    }
    add_named_prices(group, line, variant);
}

/* ---- stock ---- */

static void add_backorder(struct import_group *group, struct import_line *line,
                          struct json *variant)
{
    static const struct import_word known[] = {
        {"0", "no"},     {"no", "no"},         {"deny", "no"},  {"false", "no"},
        {"1", "yes"},    {"yes", "yes"},       {"true", "yes"}, {"continue", "yes"},
        {"2", "notify"}, {"notify", "notify"}, {NULL, NULL}};
    struct souk_str cell = import_cell_of(group, line, FIELD_BACKORDER);
    const char *meaning = import_meaning(known, cell);
    if (meaning)
        json_add_cstr(group->arena, variant, "backorder", meaning);
    else if (cell.len)
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
    return souk_str_is(import_cell_of(group, line, FIELD_TRACKED_BY_SHOP), "0") &&
           souk_str_is(import_cell_of(group, line, FIELD_TRACKED), "0");
}

/* A number is stock that is counted. No number where the file has a column for it: not counted,
 * unless it says that there is none. */
static void add_stock(struct import_group *group, struct import_line *line, struct json *variant)
{
    const struct import_sheet *sheet = group->sheet;
    struct souk_str stock = import_cell_of(group, line, FIELD_STOCK);
    struct souk_str tracked = import_cell_of(group, line, FIELD_TRACKED);
    struct souk_str there = import_cell_of(group, line, FIELD_IN_STOCK);
    int in_stock = 1, own = sheet->format->kind == IMPORT_CSV;
    if (there.len && read_in_stock(there, &in_stock) != SOUK_OK)
        import_refuse(group, line, FIELD_IN_STOCK, 0, "neither 1 nor 0 nor backorder");
    if (not_counted(group, line)) {
        json_add_bool(group->arena, variant, "tracked", 0);
        return;
    }
    if (own && tracked.len) {
        import_put_bool(group, line, variant, "tracked", FIELD_TRACKED);
        import_put_number(group, line, variant, "stock", FIELD_STOCK);
        return;
    }
    if (stock.len && !souk_str_is(stock, "parent")) {
        json_add_bool(group->arena, variant, "tracked", !import_is_clear(sheet, stock));
        if (import_is_clear(sheet, stock))
            return;
        if (there.len && !in_stock && sheet->format->kind == IMPORT_MAGENTO)
            json_add_int(group->arena, variant, "stock", 0);
        else
            import_put_number(group, line, variant, "stock", FIELD_STOCK);
    } else if (there.len && !in_stock) {
        json_add_bool(group->arena, variant, "tracked", 1);
        json_add_int(group->arena, variant, "stock", 0);
    } else if (sheet->index[FIELD_STOCK][0] &&
               (there.len || (sheet->index[FIELD_TRACKED][0] && !tracked.len && !own))) {
        json_add_bool(group->arena, variant, "tracked", 0);
    }
}

/* ---- the whole ---- */

void import_add_variant(struct import_group *group, struct import_line *line, struct json *variant)
{
    import_put_text(group, line, variant, "sku", FIELD_SKU);
    import_put_text(group, line, variant, "barcode", FIELD_BARCODE);
    import_put_bool(group, line, variant, "enabled", FIELD_ENABLED);
    import_put_measure(group, line, variant, "weight_g", FIELD_WEIGHT);
    import_put_measure(group, line, variant, "length_mm", FIELD_LENGTH);
    import_put_measure(group, line, variant, "width_mm", FIELD_WIDTH);
    import_put_measure(group, line, variant, "height_mm", FIELD_HEIGHT);
    import_put_money(group, line, variant, "cost", FIELD_COST, group->sheet->currency);
    import_put_number(group, line, variant, "low_stock", FIELD_LOW_STOCK);
    import_put_text(group, line, variant, "image", FIELD_VARIANT_IMAGE);
    add_backorder(group, line, variant);
    add_stock(group, line, variant);
    import_add_prices(group, line, variant);
}

struct json *import_variant_new(struct import_group *group, int64_t row)
{
    struct json *list = import_list_of(group, "variants");
    group->variant_rows[group->variant_count++] = row;
    return json_add(group->arena, list, NULL, JSON_OBJECT);
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
