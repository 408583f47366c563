/*
 * fuzz_csv.c: a table of any bytes: cut into records, its header matched to a format (the first
 * byte says which), all its rows made into one document. Refused or read, never worse.
 */
#include <stdio.h>
#include <stdlib.h>
#include "shop/csv.h"
#include "shop/import_group.h"

#define ROWS 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct souk_str *plain(struct arena *arena, const struct csv_record *record, size_t width)
{
    size_t room = record->count > width ? record->count : width;
    struct souk_str *cells = arena_array(arena, struct souk_str, room + 1);
    for (size_t i = 0; i < record->count; i++)
        cells[i] = arena_str(arena, csv_plain(record->cells[i]));
    return cells;
}

static void read_table(struct arena *arena, FILE *file, const char *format)
{
    struct csv_reader *reader = mem_zalloc(sizeof *reader);
    struct csv_record record;
    struct import_sheet sheet;
    struct import_line *lines = arena_array(arena, struct import_line, ROWS);
    struct import_group group;
    struct err err = {0};
    size_t count = 0;
    if (csv_open(reader, file, 0, &err) == SOUK_OK && csv_next(reader, &record, &err) == 1 &&
        import_sheet_make(arena, import_format_find(format), plain(arena, &record, 0), record.count,
                          NULL, &sheet, &err) == SOUK_OK) {
        sheet.clear = souk_str("[clear]");
        sheet.locale = "en";
        sheet.currency = "EUR";
        sheet.comma = reader->separator == ';';
        while (count < ROWS && csv_next(reader, &record, &err) == 1) {
            lines[count].row = record.line;
            lines[count++].cells = plain(arena, &record, (size_t)sheet.count);
        }
        import_group_begin(&group, arena, &sheet, 1, lines, count);
        if (count)
            import_group_make(&group);
        if (count && group.doc) {
            struct buf text = {.arena = arena};
            json_print(&text, group.doc);
        }
    }
    csv_close(reader);
    free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const formats[] = {"woocommerce", "shopify", "magento", "csv"};
    struct arena arena = {0};
    if (size < 2)
        return 0;
    FILE *file = fmemopen((void *)(uintptr_t)(data + 1), size - 1, "r");
    if (!file)
        return 0;
    read_table(&arena, file, formats[data[0] & 3]);
    fclose(file);
    arena_free(&arena);
    return 0;
}
