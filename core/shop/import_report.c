/*
 * import_report: the counts of a run as they are kept, and the report that is made of them.
 */
#include "base/clock.h"
#include "base/str.h"
#include "shop/import.sql.h"
#include "shop/import_inner.h"

static const char *const kinds[COUNT_KINDS] = {"created", "updated", "unchanged", "rejected"};

static void add_counts(struct arena *arena, struct json *to, const int64_t counts[COUNT_KINDS])
{
    for (int i = 0; i < COUNT_KINDS; i++)
        json_add_int(arena, to, kinds[i], counts[i]);
}

static void read_counts(const struct json *from, int64_t counts[COUNT_KINDS])
{
    for (int i = 0; i < COUNT_KINDS; i++)
        counts[i] = json_int(json_at(from, kinds[i]), 0);
}

static struct json *counts_tree(struct arena *arena, const struct import_counts *counts)
{
    struct json *tree = json_new(arena, JSON_OBJECT);
    add_counts(arena, tree, counts->products);
    add_counts(arena, json_add(arena, tree, "variants", JSON_OBJECT), counts->variants);
    add_counts(arena, json_add(arena, tree, "others", JSON_OBJECT), counts->others);
    return tree;
}

struct souk_str import_counts_print(struct arena *arena, const struct import_counts *counts)
{
    struct buf out = {.arena = arena};
    struct json *tree = counts_tree(arena, counts);
    json_add_int(arena, tree, "notes", counts->notes);
    json_add_int(arena, tree, "reject_count", counts->rejects);
    json_add_int(arena, tree, "warning_count", counts->warnings);
    json_add_int(arena, tree, "micros", counts->micros);
    if (counts->kept)
        json_add_tree(arena, tree, "kept_columns", counts->kept);
    json_print(&out, tree);
    return buf_str(&out);
}

void import_counts_read(struct arena *arena, struct souk_str text, struct import_counts *counts)
{
    struct json *tree = NULL;
    memset(counts, 0, sizeof *counts);
    if (json_parse(arena, text, &tree, NULL) != SOUK_OK)
        return;
    read_counts(tree, counts->products);
    read_counts(json_at(tree, "variants"), counts->variants);
    read_counts(json_at(tree, "others"), counts->others);
    counts->notes = json_int(json_at(tree, "notes"), 0);
    counts->rejects = json_int(json_at(tree, "reject_count"), 0);
    counts->warnings = json_int(json_at(tree, "warning_count"), 0);
    counts->micros = json_int(json_at(tree, "micros"), 0);
    counts->kept = json_at(tree, "kept_columns");
}

static int add_notes(struct db_conn *conn, struct arena *arena, int64_t id, const char *kind,
                     struct json *list)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_import_note_list, &rows, DB_INT(id), DB_CSTR(kind),
                        DB_INT(IMPORT_NOTES));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct json *note = json_add(arena, list, NULL, JSON_OBJECT);
        struct souk_str column = db_text(&rows, 1);
        json_add_int(arena, note, "row", db_int(&rows, 0));
        if (column.len)
            json_add_str(arena, note, "column", arena_str(arena, column));
        else
            json_add_null(arena, note, "column");
        json_add_str(arena, note, "message", arena_str(arena, db_text(&rows, 2)));
        code = 0;
    }
    return code;
}

struct json *import_kept_columns(struct arena *arena, const struct import_sheet *sheet)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    for (int i = 0; i < sheet->count; i++) {
        struct souk_str name = sheet->columns[i].name;
        int there = sheet->columns[i].field != FIELD_NONE || !name.len;
        json_each(item, list) there |= souk_str_equal(json_text(&item->value), name);
        if (!there)
            json_add_str(arena, list, NULL, name);
    }
    return list;
}

static int fill_report(struct db_conn *conn, struct arena *arena, int64_t id,
                       const struct import_counts *counts, struct json **out)
{
    struct json *report = counts_tree(arena, counts);
    int64_t waiting = 0;
    int code =
        add_notes(conn, arena, id, "warning", json_add(arena, report, "warnings", JSON_ARRAY));
    if (code == SOUK_OK)
        code = add_notes(conn, arena, id, "reject", json_add(arena, report, "rejects", JSON_ARRAY));
    if (code == SOUK_OK)
        code = db_get_int(conn, &sql_import_images_waiting, &waiting);
    json_add_int(arena, json_add(arena, report, "images", JSON_OBJECT), "waiting", waiting);
    struct json *kept = json_add(arena, report, "kept_columns", JSON_ARRAY);
    if (counts->kept)
        *kept = *json_copy(arena, counts->kept); /* the run's memory goes with it */
    json_add_int(arena, report, "warning_count", counts->warnings);
    json_add_int(arena, report, "reject_count", counts->rejects);
    json_add_int(arena, report, "seconds", counts->micros / CLOCK_SECOND);
    json_add_int(arena, report, "milliseconds", counts->micros / CLOCK_MS);
    *out = report;
    return code;
}

int import_look(struct db_conn *conn, struct arena *arena, int64_t id, struct json **out)
{
    struct db_rows rows;
    struct import_counts counts;
    int code = db_query(conn, &sql_import_get, &rows, DB_INT(id));
    if (code == SOUK_OK)
        code = db_next(&rows);
    if (code != 1)
        return code ? code : SOUK_NOT_FOUND;
    struct json *run = *out = json_new(arena, JSON_OBJECT);
    const char *format = arena_cstr(arena, db_text(&rows, 0));
    struct json *report = NULL;
    json_add_str(arena, run, "id", arena_printf(arena, "%lld", (long long)id));
    json_add_cstr(arena, run, "format", format);
    json_add_str(arena, run, "file", arena_str(arena, db_text(&rows, 1)));
    json_add_str(arena, run, "state", arena_str(arena, db_text(&rows, 2)));
    json_add_bool(arena, run, "dry_run", db_int(&rows, 7) != 0);
    json_add_int(arena, run, "place", db_int(&rows, 3));
    json_add_int(arena, run, "total", db_int(&rows, 4));
    json_add_time(arena, run, "started_at", db_int(&rows, 8));
    import_counts_read(arena, arena_str(arena, db_text(&rows, 5)), &counts);
    db_close(&rows);
    code = fill_report(conn, arena, id, &counts, &report);
    if (code == SOUK_OK)
        json_add_tree(arena, run, "report", report);
    return code;
}

int import_list_runs(struct db_conn *conn, struct arena *arena, int limit, struct json *items)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_import_recent, &rows, DB_INT(limit));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        struct import_counts counts;
        struct json *run = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_str(arena, run, "id", arena_printf(arena, "%lld", (long long)db_int(&rows, 0)));
        json_add_str(arena, run, "format", arena_str(arena, db_text(&rows, 1)));
        json_add_str(arena, run, "file", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, run, "state", arena_str(arena, db_text(&rows, 3)));
        json_add_bool(arena, run, "dry_run", db_int(&rows, 4) != 0);
        json_add_time(arena, run, "started_at", db_int(&rows, 5));
        import_counts_read(arena, arena_str(arena, db_text(&rows, 7)), &counts);
        add_counts(arena, run, counts.products);
        code = 0;
    }
    return code;
}

int import_report_make(struct import_run *run, struct arena *arena, const struct json **report,
                       struct err *err)
{
    struct db_conn *conn = db_read_begin(run->db, 0);
    struct json *made = NULL;
    int code = fill_report(conn, arena, run->id, &run->counts, &made);
    if (code != SOUK_OK)
        err_set(err, code, "%s", db_error(conn));
    db_read_end(conn);
    if (made) {
        json_add_str(arena, made, "id", arena_printf(arena, "%lld", (long long)run->id));
        json_add_bool(arena, made, "dry_run", run->options->dry_run);
    }
    *report = made;
    return code;
}
