/*
 * import_group.c: a group of rows and the notes about it, and how a cell becomes a member of the
 * document. A cell that cannot be read refuses its row with a note that says what would be right;
 * the rest of the group goes on.
 */
#include "shop/import_group.h"

#include <stdarg.h>
#include "base/str.h"

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
    static void (*const makers[])(struct import_group *) = {[IMPORT_WOOCOMMERCE] = import_woo_make,
                                                            [IMPORT_SHOPIFY] = import_rows_make,
                                                            [IMPORT_MAGENTO] = import_magento_make,
                                                            [IMPORT_CSV] = import_rows_make};
    group->doc = json_new(group->arena, JSON_OBJECT);
    makers[group->sheet->format->kind](group);
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

void import_refuse_clash(struct import_group *group, struct import_line *line)
{
    const struct import_column *column = import_column_of(group->sheet, FIELD_SKU, 0);
    line->refused = 1;
    group->refused++;
    import_note_add(group, 1, line->row, column ? column->name : STR_NULL,
                    "the SKU \"%.*s\" is that of row %lld already; give this one its own",
                    SOUK_PRI(import_cell_of(group, line, FIELD_SKU)), (long long)line->clash);
}

void import_refuse_clashes(struct import_group *group)
{
    for (size_t i = 0; i < group->count; i++) {
        struct import_line *line = &group->lines[i];
        if (line->clash && !line->refused && import_cell_of(group, line, FIELD_SKU).len)
            import_refuse_clash(group, line);
    }
}

/* ---- cells as members ---- */

struct souk_str import_cell_of(const struct import_group *group, const struct import_line *line,
                               int field)
{
    return import_cell(group->sheet, line, field, 0);
}

struct souk_str import_decimal(const struct import_group *group, struct souk_str cell)
{
    ptrdiff_t comma = group->sheet->comma ? str_find(cell, ',') : -1;
    if (comma < 0 || str_find(cell, '.') >= 0 ||
        str_find(str_from(cell, (size_t)comma + 1), ',') >= 0)
        return cell;
    char *copy = arena_copy(group->arena, cell.ptr, cell.len);
    copy[comma] = '.';
    return str_make(copy, cell.len);
}

int import_put_nothing(struct import_group *group, struct json *to, const char *name,
                       struct souk_str cell)
{
    if (!cell.len)
        return 1;
    if (!import_is_clear(group->sheet, cell))
        return 0;
    json_add_null(group->arena, to, name);
    return 1;
}

/* The cell; 0 when there is nothing to read in it (more). */
static int has_value(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field, struct souk_str *cell)
{
    *cell = import_cell_of(group, line, field);
    return !import_put_nothing(group, to, name, *cell);
}

void import_put_text(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field)
{
    struct souk_str cell;
    if (has_value(group, line, to, name, field, &cell))
        json_add_str(group->arena, to, name, cell);
}

void import_put_bool(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field)
{
    struct souk_str cell;
    int truth;
    if (!has_value(group, line, to, name, field, &cell))
        return;
    if (import_bool(cell, &truth) != SOUK_OK)
        import_refuse(group, line, field, 0, "neither yes nor no; write 1 or 0");
    else
        json_add_bool(group->arena, to, name, truth);
}

void import_put_time(struct import_group *group, struct import_line *line, struct json *to,
                     const char *name, int field, int end)
{
    struct souk_str cell;
    int64_t at;
    if (!has_value(group, line, to, name, field, &cell))
        return;
    if (import_time(cell, end, &at) != SOUK_OK)
        import_refuse(group, line, field, 0, "no date; write 2026-01-31 or 2026-01-31T12:00:00Z");
    else
        json_add_time(group->arena, to, name, at);
}

/* What a number's cell was read as, or why its row is refused. */
static void put_number(struct import_group *group, struct import_line *line, struct json *to,
                       const char *name, int field, int code, int64_t value, const char *what)
{
    if (code != SOUK_OK)
        import_refuse(group, line, field, 0, what);
    else
        json_add_int(group->arena, to, name, value);
}

void import_put_money(struct import_group *group, struct import_line *line, struct json *to,
                      const char *name, int field, const char *currency)
{
    struct souk_str cell;
    int64_t minor = 0;
    if (!has_value(group, line, to, name, field, &cell))
        return;
    int code = import_money(import_decimal(group, cell), currency, &minor);
    put_number(group, line, to, name, field, code, minor,
               "no amount of money; write it like 1299.50, with no more digits than the currency "
               "has");
}

void import_put_measure(struct import_group *group, struct import_line *line, struct json *to,
                        const char *name, int field)
{
    const struct import_column *column = import_column_of(group->sheet, field, 0);
    int weight = field == FIELD_WEIGHT;
    struct souk_str unit =
        import_cell_of(group, line, weight ? FIELD_WEIGHT_UNIT : FIELD_LENGTH_UNIT);
    struct souk_str cell;
    int64_t value = 0;
    if (!has_value(group, line, to, name, field, &cell))
        return;
    if (!unit.len && column)
        unit = column->unit;
    if (!unit.len)
        unit = souk_str(weight ? group->sheet->weight_unit : group->sheet->length_unit);
    int code = import_measure(import_decimal(group, cell), unit, &value);
    put_number(group, line, to, name, field, code, value,
               weight ? "no weight in kg, g, lb or oz" : "no length in m, cm, mm or in");
}

void import_put_number(struct import_group *group, struct import_line *line, struct json *to,
                       const char *name, int field)
{
    struct souk_str cell;
    int64_t value = 0;
    if (!has_value(group, line, to, name, field, &cell))
        return;
    int code = import_number(import_decimal(group, cell), &value);
    put_number(group, line, to, name, field, code, value, "no whole number");
}

const char *import_meaning(const struct import_word *words, struct souk_str cell)
{
    while (words->word && !str_equal_nocase(cell, souk_str(words->word)))
        words++;
    return words->meaning;
}

/* ---- members of the document ---- */

struct json *import_member(struct import_group *group, struct json *parent, struct souk_str name,
                           enum json_kind kind)
{
    struct json *there = (struct json *)(uintptr_t)json_get(parent, name);
    return there ? there : json_add_key(group->arena, parent, name, kind);
}

struct json *import_list_of(struct import_group *group, const char *name)
{
    return import_member(group, group->doc, souk_str(name), JSON_ARRAY);
}

struct json *import_meta_of(struct import_group *group, struct json *of)
{
    return import_member(group, of, souk_str("meta"), JSON_OBJECT);
}

struct json *import_named(struct import_group *group, const char *list, struct souk_str name)
{
    struct json *entry = json_add(group->arena, import_list_of(group, list), NULL, JSON_OBJECT);
    json_add_str(group->arena, entry, "name", name);
    return entry;
}
