/*
 * import_stage: reads a file into rows that know their group. A place is a group; it is given out
 * in the order in which groups are met. Rows that name their group by different keys (WooCommerce's
 * SKU and id:N, Magento's lists of children) are brought together whenever that comes to light.
 *
 * Some hundred rows go into one write, which may be run again: what it counts is copied back after.
 */
#include "base/clock.h"
#include <stdlib.h>
#include "base/str.h"
#include "base/utf8.h"
#include "shop/import.sql.h"
#include "shop/import_inner.h"
#include "shop/product.h"
#include "shop/slug.h"

#define STAGE_ROWS  400
#define STAGE_BYTES ((size_t)2 << 20)

struct stage_line {
    int64_t row;
    struct souk_str *cells;
    size_t count;
};

struct stage {
    struct import_run *run;
    struct arena arena; /* of the chunk */
    struct arena work;  /* of the write */
    struct stage_line lines[STAGE_ROWS];
    int count;
    size_t bytes;
    int64_t next_place;
    /* in the write */
    int64_t place;
    struct import_counts counts;
};

/* ---- groups ---- */

static int find_place(struct db_conn *conn, const struct stage *stage, struct souk_str key,
                      int64_t *place)
{
    *place = 0;
    int code = db_get_int(conn, &sql_import_key_place, place, DB_INT(stage->run->id),
                          DB_CSTR("group"), DB_TEXT(key));
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

static int put_key(struct db_conn *conn, const struct stage *stage, const char *kind,
                   struct souk_str key, int64_t place, int64_t row, int64_t *made)
{
    return db_run(conn, &sql_import_key_put, made, DB_INT(stage->run->id), DB_CSTR(kind),
                  DB_TEXT(key), DB_INT(place), DB_INT(row));
}

/* Two groups that turn out to be one. */
static int join_places(struct db_conn *conn, const struct stage *stage, int64_t from, int64_t to)
{
    int code =
        db_run(conn, &sql_import_row_move, NULL, DB_INT(stage->run->id), DB_INT(from), DB_INT(to));
    return code ? code
                : db_run(conn, &sql_import_key_move, NULL, DB_INT(stage->run->id), DB_INT(from),
                         DB_INT(to));
}

/* The place of a row that goes by one key or two. */
static int place_of(struct db_conn *conn, struct stage *stage, int64_t row, struct souk_str first,
                    struct souk_str second, int64_t *place)
{
    int64_t other = 0;
    int code = find_place(conn, stage, first, place);
    if (code == SOUK_OK && second.len)
        code = find_place(conn, stage, second, &other);
    if (code != SOUK_OK)
        return code;
    if (*place && other && *place != other)
        code = join_places(conn, stage, other, *place);
    if (!*place)
        *place = other ? other : ++stage->place;
    if (code == SOUK_OK)
        code = put_key(conn, stage, "group", first, *place, row, NULL);
    if (code == SOUK_OK && second.len)
        code = put_key(conn, stage, "group", second, *place, row, NULL);
    return code;
}

/* A row that only updates: by the product that has a variant with this SKU, or this key. */
static int place_by_sku(struct db_conn *conn, struct stage *stage, int64_t row, struct souk_str sku,
                        struct souk_str id, int64_t *place)
{
    int64_t product = 0, variant = 0;
    if (product_find_sku(conn, sku, &product, &variant) != SOUK_OK)
        return place_of(conn, stage, row, sku, id, place);
    return place_of(conn, stage, row, arena_printf(&stage->work, "#%lld", (long long)product),
                    STR_NULL, place);
}

/* The children take their parent's place, wherever they stand. */
static int place_children(struct db_conn *conn, struct stage *stage, int64_t row,
                          struct souk_str list, int64_t place)
{
    struct souk_str one, part;
    int code = SOUK_OK;
    while (code == SOUK_OK && str_split(&list, '|', &one)) {
        int64_t there = 0;
        while (str_split(&one, ',', &part) && !str_starts(str_trim(part), "sku="))
            ;
        part = str_from(str_trim(part), 4);
        if (!part.len)
            continue;
        code = find_place(conn, stage, part, &there);
        if (code == SOUK_OK && there && there != place)
            code = join_places(conn, stage, there, place);
        if (code == SOUK_OK && !there)
            code = put_key(conn, stage, "group", part, place, row, NULL);
    }
    return code;
}

/* SOUK_INVALID: the row says of no product what it is. */
static int find_group(struct db_conn *conn, struct stage *stage, const struct import_line *line,
                      int64_t *place)
{
    const struct import_sheet *sheet = &stage->run->sheet;
    struct souk_str key = import_cell(sheet, line, FIELD_KEY, 0);
    struct souk_str sku = import_cell(sheet, line, FIELD_SKU, 0);
    struct souk_str id = import_cell(sheet, line, FIELD_ID, 0);
    struct souk_str name = import_cell(sheet, line, FIELD_NAME, 0);
    struct souk_str parent = import_cell(sheet, line, FIELD_PARENT, 0);
    struct souk_str children = import_cell(sheet, line, FIELD_VARIATIONS, 0);
    if (parent.len)
        return place_of(conn, stage, line->row, parent, STR_NULL, place);
    if (id.len)
        id = arena_printf(&stage->work, "id:%.*s", SOUK_PRI(id));
    if (sku.len && !key.len && !name.len && !children.len)
        return place_by_sku(conn, stage, line->row, sku, id, place);
    if (id.len)
        return place_of(conn, stage, line->row, sku.len ? sku : id, sku.len ? id : STR_NULL, place);
    if (key.len)
        return place_of(conn, stage, line->row, key, STR_NULL, place);
    if (!sku.len && name.len)
        sku = slug_make(&stage->work, name);
    if (!sku.len)
        return SOUK_INVALID;
    int code = place_of(conn, stage, line->row, sku, STR_NULL, place);
    return code || !children.len ? code : place_children(conn, stage, line->row, children, *place);
}

/* ---- a chunk ---- */

static int refuse(struct db_conn *conn, struct stage *stage, const struct stage_line *line,
                  const char *message)
{
    struct buf packed = {.arena = &stage->work};
    import_pack(&packed, line->cells, line->count);
    stage->counts.products[COUNT_REJECTED]++;
    int code = db_run(conn, &sql_import_row_put, NULL, DB_INT(stage->run->id), DB_INT(line->row),
                      DB_INT(0), DB_INT(0), DB_TEXT(buf_str(&packed)));
    return code ? code
                : import_note_write(conn, stage->run->id, &stage->counts, 1, line->row, STR_NULL,
                                    souk_str(message));
}

/* The row that has had this SKU before, 0: none. */
static int find_clash(struct db_conn *conn, struct stage *stage, const struct import_line *line,
                      int64_t place, int64_t *clash)
{
    int64_t made = 0;
    struct souk_str sku = import_cell(&stage->run->sheet, line, FIELD_SKU, 0);
    *clash = 0;
    if (!sku.len || import_is_clear(&stage->run->sheet, sku) ||
        import_has(&stage->run->sheet, line, FIELD_STORE_VIEW, 0))
        return SOUK_OK;
    int code = put_key(conn, stage, "sku", sku, place, line->row, &made);
    if (code == SOUK_OK && !made)
        code = db_get_int(conn, &sql_import_key_row, clash, DB_INT(stage->run->id), DB_CSTR("sku"),
                          DB_TEXT(sku));
    return code;
}

static int write_line(struct db_conn *conn, struct stage *stage, const struct stage_line *staged)
{
    struct import_line line = {.row = staged->row, .cells = staged->cells};
    struct buf packed = {.arena = &stage->work};
    size_t columns = (size_t)stage->run->sheet.count;
    int64_t place = 0, clash = 0;
    char words[160];
    if (staged->count != columns) {
        snprintf(words, sizeof words,
                 "the row has %zu cells, the header %zu; look for a missing quote or separator",
                 staged->count, columns);
        return refuse(conn, stage, staged, words);
    }
    if (stage->run->lines) {
        place = ++stage->place;
    } else {
        int code = find_group(conn, stage, &line, &place);
        if (code == SOUK_INVALID)
            return refuse(conn, stage, staged,
                          "the row has no key, SKU or name; give it one of them");
        if (code == SOUK_OK)
            code = find_clash(conn, stage, &line, place, &clash);
        if (code != SOUK_OK)
            return code;
    }
    import_pack(&packed, staged->cells, staged->count);
    return db_run(conn, &sql_import_row_put, NULL, DB_INT(stage->run->id), DB_INT(staged->row),
                  DB_INT(place), DB_INT(clash), DB_TEXT(buf_str(&packed)));
}

static int write_chunk(struct db_conn *conn, void *arg)
{
    struct stage *stage = arg;
    stage->place = stage->next_place;
    stage->counts = stage->run->counts;
    arena_reset(&stage->work);
    for (int i = 0; i < stage->count; i++) {
        int code = write_line(conn, stage, &stage->lines[i]);
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

static int flush(struct stage *stage, struct err *err)
{
    int code = stage->count ? db_write(stage->run->db, write_chunk, stage, err) : SOUK_OK;
    if (code == SOUK_OK && stage->count) {
        stage->next_place = stage->place;
        stage->run->counts = stage->counts;
    }
    stage->count = 0;
    stage->bytes = 0;
    arena_reset(&stage->arena);
    return code;
}

/* ---- the file ---- */

static int is_empty(const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++)
        if (csv_plain(record->cells[i]).len)
            return 0;
    return 1;
}

static int add_record(struct stage *stage, const struct csv_record *record, struct err *err)
{
    if (is_empty(record)) /* "",,,: a spreadsheet has left a row at the end */
        return SOUK_OK;
    struct stage_line *line = &stage->lines[stage->count++];
    size_t columns = (size_t)stage->run->sheet.count;
    line->row = record->line;
    line->count = record->count;
    line->cells = arena_array(&stage->arena, struct souk_str, record->count + 1);
    for (size_t i = 0; i < record->count; i++) {
        line->cells[i] = arena_str(&stage->arena, csv_plain(record->cells[i]));
        stage->bytes += record->cells[i].len;
    }
    while (line->count > columns && !line->cells[line->count - 1].len)
        line->count--; /* a spreadsheet has left separators at the end */
    return stage->count == STAGE_ROWS || stage->bytes > STAGE_BYTES ? flush(stage, err) : SOUK_OK;
}

struct header_note {
    struct import_run *run;
    struct souk_str warning;
    struct import_counts counts;
};

static int write_header(struct db_conn *conn, void *arg)
{
    struct header_note *note = arg;
    struct import_run *run = note->run;
    int code = SOUK_OK;
    note->counts = run->counts;
    if (note->warning.len)
        code = import_note_write(conn, run->id, &note->counts, 0, 1, STR_NULL, note->warning);
    struct arena arena = {0};
    struct souk_str counts = import_counts_print(&arena, &note->counts);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_import_header, NULL, DB_INT(run->id), DB_TEXT(run->header),
                      DB_TEXT(counts), DB_INT(run->now));
    arena_free(&arena);
    return code;
}

static int keep_header(struct import_run *run, const struct souk_str *cells, size_t count,
                       const char *encoding, struct err *err)
{
    struct buf packed = {.arena = &run->arena};
    struct header_note note = {.run = run};
    import_pack(&packed, cells, count);
    run->header = buf_str(&packed);
    run->counts.kept = import_kept_columns(&run->arena, &run->sheet);
    if (encoding)
        note.warning = arena_printf(
            &run->arena,
            "the file is not UTF-8; it was read as %s: save it as UTF-8 if letters are wrong",
            encoding);
    int code = db_write(run->db, write_header, &note, err);
    if (code == SOUK_OK)
        run->counts = note.counts;
    return code;
}

static int read_header(struct import_run *run, struct csv_reader *reader, struct err *err)
{
    struct csv_record record;
    struct souk_str cells[CSV_COLUMNS];
    const struct import_format *format = import_format_find(run->options->format);
    int got = csv_next(reader, &record, err);
    if (got < 0)
        return got;
    if (got == 0)
        return err_set(err, SOUK_INVALID, "line 1: the file is empty");
    for (size_t i = 0; i < record.count; i++)
        cells[i] = csv_plain(record.cells[i]);
    while (record.count && !cells[record.count - 1].len)
        record.count--; /* separators at its end */
    const struct souk_str clear = run->sheet.clear;
    const char *locale = run->sheet.locale, *currency = run->sheet.currency;
    int code =
        import_sheet_make(&run->arena, format, cells, record.count, run->map, &run->sheet, err);
    run->sheet.clear = clear;
    run->sheet.locale = locale;
    run->sheet.currency = currency;
    return code ? code : keep_header(run, cells, record.count, reader->encoding, err);
}

static int64_t size_of(FILE *file)
{
    int64_t at = ftell(file);
    int64_t size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : 0;
    fseek(file, at, SEEK_SET);
    return size > 0 ? size : 1;
}

static int read_table(struct stage *stage, FILE *file, struct err *err)
{
    struct import_run *run = stage->run;
    struct csv_reader *reader = mem_zalloc(sizeof *reader);
    struct csv_record record;
    struct souk_str separator = json_text(json_at(run->map, "separator"));
    int64_t size = size_of(file);
    int code = csv_open(reader, file, separator.len ? separator.ptr[0] : 0, err);
    if (code == SOUK_OK)
        code = read_header(run, reader, err);
    while (code == SOUK_OK && (code = csv_next(reader, &record, err)) == 1) {
        code = add_record(stage, &record, err);
        if (stage->count == 0) {
            import_progress(run, reader->bytes * 100 / size);
            if (code == SOUK_OK && import_cancelled(run))
                code = err_set(err, SOUK_CONFLICT, "cancelled while the file was read");
        }
    }
    csv_close(reader);
    free(reader);
    return code;
}

static int read_lines(struct stage *stage, FILE *file, struct err *err)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    int code = SOUK_OK;
    struct csv_record record = {.count = 1};
    struct souk_str cell;
    stage->run->sheet.count = 1;
    while (code == SOUK_OK && (len = getline(&text, &room, file)) >= 0) {
        record.line++;
        cell = str_trim(str_make(text, (size_t)len));
        record.cells = &cell;
        if (!cell.len)
            continue;
        if (cell.len > CSV_RECORD || !utf8_valid(cell))
            code = err_set(err, SOUK_INVALID, "line %lld is longer than %zu MiB or not UTF-8",
                           (long long)record.line, CSV_RECORD >> 20);
        else
            code = add_record(stage, &record, err);
    }
    free(text);
    return code;
}

int import_stage(struct import_run *run, FILE *file, struct err *err)
{
    struct stage *stage = mem_zalloc(sizeof *stage);
    stage->run = run;
    int code = run->lines ? read_lines(stage, file, err) : read_table(stage, file, err);
    if (code == SOUK_OK)
        code = flush(stage, err);
    run->total = stage->next_place;
    arena_free(&stage->arena);
    arena_free(&stage->work);
    free(stage);
    return code;
}
