/*
 * import: the run of one file: known again by its digest, read, worked off, reported. What is
 * cut in the middle goes on when the same file comes with the same options; what was finished runs
 * again and finds everything unchanged.
 */
#include "shop/import.h"

#include <errno.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/import.sql.h"
#include "shop/import_inner.h"
#include "shop/market.h"
#include "store/digest.h"

#define BLOCK     65536
#define KEEP      (30 * CLOCK_DAY) /* old runs */
#define SWEEP     20000            /* rows of a finished run in one write */
#define MAP_BYTES ((size_t)1 << 20)

const char *const *import_formats(void)
{
    static const char *const names[] = {"woocommerce", "shopify", "magento", "csv", "souk", NULL};
    return names;
}

/* ---- cells in one text ---- */

void import_pack(struct buf *out, const struct souk_str *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_add_int(out, (int64_t)cells[i].len);
        buf_add_char(out, ':');
        buf_add(out, cells[i].ptr, cells[i].len);
    }
}

size_t import_unpack(struct arena *arena, struct souk_str packed, struct souk_str **cells)
{
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++) {
        size_t at = 0, n = 0;
        if (pass)
            *cells = arena_array(arena, struct souk_str, count + 1);
        while (at < packed.len) {
            size_t len = 0;
            while (at < packed.len && packed.ptr[at] != ':' && len < CSV_RECORD)
                len = len * 10 + (size_t)(packed.ptr[at++] - '0');
            at++;
            if (at + len > packed.len)
                break;
            if (pass)
                (*cells)[n] = str_make(packed.ptr + at, len);
            at += len;
            n++;
        }
        count = n;
    }
    return count;
}

void import_progress(const struct import_run *run, int64_t thousandths)
{
    if (run->options->progress)
        run->options->progress(run->options->user, thousandths, 1000);
}

int import_cancelled(const struct import_run *run)
{
    return run->options->cancelled && run->options->cancelled(run->options->user);
}

/* ---- the map of columns ---- */

static int read_saved_map(struct import_run *run, const char *name, struct souk_str *text)
{
    struct db_conn *conn = db_read_begin(run->db, 0);
    struct db_rows rows;
    int code = db_query(conn, &sql_import_map_get, &rows, DB_CSTR(name));
    if (code == SOUK_OK)
        code = db_next(&rows);
    if (code == 1) {
        *text = arena_str(&run->arena, db_text(&rows, 0));
        db_close(&rows);
    }
    db_read_end(conn);
    return code == 1 ? SOUK_OK : code ? code : SOUK_NOT_FOUND;
}

static int read_map_file(struct import_run *run, const char *path, struct souk_str *text)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return SOUK_NOT_FOUND;
    char *bytes = arena_alloc(&run->arena, MAP_BYTES);
    *text = str_make(bytes, fread(bytes, 1, MAP_BYTES, file));
    fclose(file);
    return SOUK_OK;
}

struct map_save {
    const char *name;
    struct souk_str text;
    int64_t now;
};

static int save_map(struct db_conn *conn, void *arg)
{
    const struct map_save *save = arg;
    return db_run(conn, &sql_import_map_put, NULL, DB_CSTR(save->name), DB_TEXT(save->text),
                  DB_INT(save->now));
}

static int load_map(struct import_run *run, struct souk_str *text, struct err *err)
{
    const char *map = run->options->map;
    struct json *tree = NULL;
    *text = souk_str("");
    if (!map)
        return SOUK_OK;
    if (read_map_file(run, map, text) != SOUK_OK && read_saved_map(run, map, text) != SOUK_OK)
        return err_set(err, SOUK_NOT_FOUND,
                       "%s is neither a file nor a saved map; a map is saved with --save-map NAME",
                       map);
    if (json_parse(&run->arena, *text, &tree, err) != SOUK_OK)
        return err_in(err, "%s", map);
    run->map = tree;
    struct map_save save = {run->options->save_map, *text, run->now};
    return save.name ? db_write(run->db, save_map, &save, err) : SOUK_OK;
}

/* ---- known again ---- */

/* Over the file, the map, and all that changes what comes out. */
static struct souk_str make_digest(struct import_run *run, FILE *file, struct souk_str map)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char sum[DIGEST_LEN] = {0};
    char *block = arena_alloc(&run->arena, BLOCK);
    char *text = arena_zalloc(&run->arena, 2 * DIGEST_LEN + 1);
    const struct import_options *options = run->options;
    struct souk_str rest[] = {str_make((char *)sum, sizeof sum),
                              map,
                              souk_str(options->format),
                              souk_str(options->locale),
                              run->sheet.clear,
                              souk_str(options->dry_run ? "try" : "do")};
    size_t len;
    while ((len = fread(block, 1, BLOCK, file)) > 0) {
        struct souk_str pieces[] = {str_make((char *)sum, sizeof sum), str_make(block, len)};
        digest_pieces(sum, pieces, 2);
    }
    rewind(file);
    digest_pieces(sum, rest, (int)(sizeof rest / sizeof *rest));
    for (int i = 0; i < DIGEST_LEN; i++) {
        text[2 * i] = hex[sum[i] >> 4];
        text[2 * i + 1] = hex[sum[i] & 15];
    }
    return str_make(text, 2 * DIGEST_LEN);
}

static int find_run(struct import_run *run, struct souk_str digest, struct err *err)
{
    struct db_conn *conn = db_read_begin(run->db, 0);
    struct db_rows rows;
    int code = db_query(conn, &sql_import_find, &rows, DB_TEXT(digest));
    if (code == SOUK_OK)
        code = db_next(&rows);
    if (code == 1) {
        run->id = db_int(&rows, 0);
        run->place = db_int(&rows, 2);
        run->total = db_int(&rows, 3);
        run->reading = souk_str_is(db_text(&rows, 1), "reading") || !run->total;
        import_counts_read(&run->arena, arena_str(&run->arena, db_text(&rows, 4)), &run->counts);
        run->header = arena_str(&run->arena, db_text(&rows, 5));
        db_close(&rows);
    }
    if (code < 0)
        err_set(err, code, "%s", db_error(conn));
    db_read_end(conn);
    return code < 0 ? code : SOUK_OK;
}

struct begin {
    struct import_run *run;
    struct souk_str digest;
    int64_t id;
};

static int begin_run(struct db_conn *conn, void *arg)
{
    const struct begin *begin = arg;
    const struct import_run *run = begin->run;
    int code = db_run(conn, &sql_import_forget_old, NULL, DB_INT(run->now - KEEP));
    if (code == SOUK_OK && !run->id)
        return db_run(conn, &sql_import_begin, NULL, DB_INT(begin->id),
                      DB_CSTR(run->options->format), DB_CSTR(run->options->file),
                      DB_TEXT(begin->digest), DB_INT(run->options->dry_run), DB_INT(run->now));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_import_forget_rows, NULL, DB_INT(run->id));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_import_forget_keys, NULL, DB_INT(run->id));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_import_forget_notes, NULL, DB_INT(run->id));
    return code ? code
                : db_run(conn, &sql_import_state, NULL, DB_INT(run->id), DB_CSTR("reading"),
                         DB_INT(run->now));
}

/* ---- its steps ---- */

struct moved {
    struct import_run *run;
    const char *state;
};

static int write_state(struct db_conn *conn, void *arg)
{
    const struct moved *moved = arg;
    return import_move_write(conn, moved->run, moved->state, moved->run->place,
                             &moved->run->counts);
}

static int move_to(struct import_run *run, const char *state, struct err *err)
{
    struct moved moved = {run, state};
    return db_write(run->db, write_state, &moved, err);
}

static int read_prelude(struct import_run *run, FILE *file)
{
    char *text = NULL;
    size_t room = 0;
    ssize_t len;
    run->prelude = json_new(&run->arena, JSON_ARRAY);
    rewind(file);
    while ((len = getline(&text, &room, file)) >= 0) {
        struct json *tree = NULL;
        if (strncmp(text, "{\"product\"", 10) == 0)
            continue;
        struct souk_str copy = arena_str(&run->arena, str_make(text, (size_t)len));
        if (json_parse(&run->arena, copy, &tree, NULL) == SOUK_OK && tree->count == 1)
            json_add_tree(&run->arena, run->prelude, NULL, tree);
    }
    free(text);
    return SOUK_OK;
}

static int open_sheet(struct import_run *run, struct err *err)
{
    struct souk_str *cells;
    struct souk_str clear = run->sheet.clear;
    const char *locale = run->sheet.locale, *currency = run->sheet.currency;
    size_t count = import_unpack(&run->arena, run->header, &cells);
    if (run->lines) {
        run->sheet.count = 1;
        return SOUK_OK;
    }
    int code = import_sheet_make(&run->arena, import_format_find(run->options->format), cells,
                                 count, run->map, &run->sheet, err);
    run->sheet.clear = clear;
    run->sheet.locale = locale;
    run->sheet.currency = currency;
    run->sheet.comma = run->comma;
    return code;
}

static int stage(struct import_run *run, FILE *file, struct souk_str digest, struct err *err)
{
    struct begin begin = {run, digest, run->id ? run->id : id_next()};
    int code = db_write(run->db, begin_run, &begin, err);
    run->id = begin.id;
    run->place = 0;
    run->counts = (struct import_counts){0};
    if (code == SOUK_OK && run->options->started)
        run->options->started(run->options->user, run->id);
    if (code == SOUK_OK)
        code = import_stage(run, file, err);
    return code ? code : move_to(run, "working", err);
}

struct sweep {
    int64_t id, from, to;
};

static int sweep_rows(struct db_conn *conn, void *arg)
{
    const struct sweep *sweep = arg;
    return db_run(conn, &sql_import_row_done, NULL, DB_INT(sweep->id), DB_INT(sweep->from),
                  DB_INT(sweep->to));
}

static int sweep_keys(struct db_conn *conn, void *arg)
{
    const struct sweep *sweep = arg;
    int code = db_run(conn, &sql_import_forget_keys, NULL, DB_INT(sweep->id));
    return code ? code : db_run(conn, &sql_import_link_forget, NULL, DB_INT(sweep->id));
}

/* What is not needed for the file of refused rows. */
static int sweep_run(struct import_run *run, struct err *err)
{
    struct sweep sweep = {.id = run->id};
    int64_t last = 0;
    struct db_conn *conn = db_read_begin(run->db, 0);
    int code = db_get_int(conn, &sql_import_row_last, &last, DB_INT(run->id));
    db_read_end(conn);
    for (; code == SOUK_OK && sweep.from <= last; sweep.from += SWEEP) {
        sweep.to = sweep.from + SWEEP - 1;
        code = db_write(run->db, sweep_rows, &sweep, err);
    }
    return code ? code : db_write(run->db, sweep_keys, &sweep, err);
}

static int run_file(struct import_run *run, FILE *file, struct err *err)
{
    struct souk_str map;
    int code = load_map(run, &map, err);
    if (code != SOUK_OK)
        return code;
    struct souk_str told = json_text(json_at(run->map, "separator"));
    run->comma = (told.len ? told.ptr[0] : csv_separator(file)) == ';';
    struct souk_str digest = make_digest(run, file, map);
    code = find_run(run, digest, err);
    if (code == SOUK_OK && run->lines && run->options->dry_run)
        code = read_prelude(run, file);
    rewind(file);
    if (code != SOUK_OK)
        return code;
    run->base_micros = 0;
    if (!run->id || run->reading)
        code = stage(run, file, digest, err);
    else if (run->options->started)
        run->options->started(run->options->user, run->id);
    run->base_micros = run->id && !run->reading ? run->counts.micros : 0;
    if (code == SOUK_OK)
        code = open_sheet(run, err);
    if (code == SOUK_OK)
        code = import_work(run, err);
    if (code == SOUK_OK)
        code = import_link(run, err);
    run->counts.micros = run->base_micros + clock_mono() - run->begun;
    if (code != SOUK_OK) {
        if (run->id)
            move_to(run, import_cancelled(run) ? "cancelled" : "failed", NULL);
        return code;
    }
    code = move_to(run, "done", err);
    if (code == SOUK_OK)
        code = sweep_run(run, err);
    import_progress(run, 1000);
    return code;
}

static int is_format(const char *name)
{
    for (const char *const *format = import_formats(); *format; format++)
        if (name && strcmp(*format, name) == 0)
            return 1;
    return 0;
}

int import_run(struct db *db, struct arena *arena, const struct import_options *options,
               const struct json **report, struct err *err)
{
    struct import_run run = {.db = db, .options = options, .begun = clock_mono()};
    const char *locale = options->locale ? market_locale(souk_str(options->locale)) : NULL;
    *report = NULL;
    if (!is_format(options->format))
        return err_set(err, SOUK_INVALID,
                       "no format \"%s\"; there are woocommerce, shopify, magento, csv, souk",
                       options->format ? options->format : "");
    if (options->locale && !locale)
        return err_set(err, SOUK_INVALID, "\"%s\" is not one of the shop's languages; see souk.lua",
                       options->locale);
    FILE *file = fopen(options->file, "re");
    if (!file)
        return err_set(err, SOUK_NOT_FOUND, "%s cannot be opened: %s", options->file,
                       strerror(errno));
    run.now = clock_now();
    run.lines = strcmp(options->format, "souk") == 0;
    run.sheet.clear = souk_str(options->clear ? options->clear : IMPORT_CLEAR);
    run.sheet.locale = locale ? locale : market_shop()->locales[0];
    run.sheet.currency = market_shop()->currency;
    int code = run_file(&run, file, err);
    if (code == SOUK_OK)
        code = import_report_make(&run, arena, report, err);
    fclose(file);
    arena_free(&run.arena);
    return code;
}

/* ---- refused rows ---- */

static void put_row(struct arena *arena, struct souk_str packed, FILE *out, int lines)
{
    struct souk_str *cells;
    struct buf text = {.arena = arena};
    size_t count = import_unpack(arena, packed, &cells);
    for (size_t i = 0; i < count; i++)
        if (lines)
            buf_add_str(&text, cells[i]);
        else
            csv_put(&text, cells[i], i == 0, 1);
    buf_add_char(&text, '\n');
    fwrite(text.ptr, 1, text.len, out);
}

int import_rejects(struct db *db, int64_t import_id, FILE *out, struct err *err)
{
    struct arena arena = {0};
    struct db_rows rows;
    int lines = 0;
    struct db_conn *conn = db_read_begin(db, 0);
    int code = db_query(conn, &sql_import_get, &rows, DB_INT(import_id));
    if (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        lines = souk_str_is(db_text(&rows, 0), "souk");
        if (!lines)
            put_row(&arena, db_text(&rows, 6), out, 0);
        db_close(&rows);
        code = db_query(conn, &sql_import_row_refused, &rows, DB_INT(import_id));
        while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
            put_row(&arena, db_text(&rows, 0), out, lines);
            arena_reset(&arena);
            code = SOUK_OK;
        }
    } else if (code == SOUK_OK) {
        code = err_set(err, SOUK_NOT_FOUND, "no import %lld", (long long)import_id);
    }
    if (code == SOUK_OK && ferror(out))
        code = err_set(err, SOUK_UNAVAILABLE, "the refused rows cannot be written: %s",
                       strerror(errno));
    db_read_end(conn);
    arena_free(&arena);
    return code;
}
