/*
 * import_work: works groups off in the order of their places. While the writer saves one batch, the
 * next is read and made into documents here. A batch is one write: its products, each in a unit of
 * its own, what there is to say about them, and how far the run is, so that a cut run goes on right
 * behind the last batch that is on disk.
 *
 * A trial does the same and undoes the products of each batch before it notes the rest.
 */
#include <pthread.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/str.h"
#include "shop/import.sql.h"
#include "shop/import_inner.h"
#include "shop/product.h"
#include "store/unit.h"

#define BATCH_ROWS 200
#define UNDONE     1 /* all is well, and not to be kept */
#define APART      2 /* one was refused: again, each in a unit of its own */

struct outcome {
    int code;
    struct import_saved saved;
    struct err err;
};

struct batch {
    struct import_run *run;
    struct arena arena; /* of its groups */
    struct arena work;  /* of the write */
    struct import_group *groups;
    struct outcome *outcomes;
    size_t count, room;
    struct import_counts counts;
    int64_t last; /* place of its last group */
    int apart;    /* each group in a unit of its own */
    struct db_write write;
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int pending, finished;
    struct err err;
};

/* ---- reading ---- */

static void add_group(struct batch *batch, int64_t place, struct import_line *lines, size_t count)
{
    if (batch->count == batch->room) {
        size_t more = batch->room ? batch->room * 2 : 64;
        struct import_group *groups = arena_array(&batch->arena, struct import_group, more);
        if (batch->count)
            memcpy(groups, batch->groups, batch->count * sizeof *groups);
        batch->groups = groups;
        batch->room = more;
    }
    struct import_group *group = &batch->groups[batch->count++];
    import_group_begin(group, &batch->arena, &batch->run->sheet, place, lines, count);
    batch->last = place;
}

struct gathered {
    struct import_line *at;
    size_t count, room;
};

static struct import_line *add_line(struct batch *batch, struct gathered *lines)
{
    if (lines->count == lines->room) {
        size_t more = lines->room ? lines->room * 2 : 8;
        struct import_line *at = arena_array(&batch->arena, struct import_line, more);
        if (lines->count)
            memcpy(at, lines->at, lines->count * sizeof *at);
        lines->at = at;
        lines->room = more;
    }
    return &lines->at[lines->count++];
}

static void read_line(struct batch *batch, struct db_rows *rows, struct import_line *line)
{
    struct souk_str *cells;
    struct souk_str packed = arena_str(&batch->arena, db_text(rows, 3));
    size_t count = import_unpack(&batch->arena, packed, &cells);
    size_t wanted = (size_t)batch->run->sheet.count;
    *line = (struct import_line){.row = db_int(rows, 1), .clash = db_int(rows, 2), .cells = cells};
    if (count < wanted) { /* cannot be: rows are checked before they are put down */
        line->cells = arena_array(&batch->arena, struct souk_str, wanted + 1);
        memcpy(line->cells, cells, count * sizeof *cells);
    }
}

/* Whole groups, as many as fill a batch. */
static int read_batch(struct batch *batch, int64_t after, struct err *err)
{
    struct db_conn *conn = db_read_begin(batch->run->db, 0);
    struct db_rows rows;
    struct gathered lines = {0};
    int64_t place = 0;
    size_t total = 0;
    arena_reset(&batch->arena);
    batch->groups = NULL;
    batch->count = batch->room = 0;
    batch->last = after;
    int code = db_query(conn, &sql_import_row_next, &rows, DB_INT(batch->run->id), DB_INT(after));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        code = 0;
        if (lines.count && db_int(&rows, 0) != place) {
            add_group(batch, place, lines.at, lines.count);
            lines = (struct gathered){0};
            if (total >= BATCH_ROWS) {
                db_close(&rows);
                break;
            }
        }
        place = db_int(&rows, 0);
        read_line(batch, &rows, add_line(batch, &lines));
        total++;
    }
    if (lines.count)
        add_group(batch, place, lines.at, lines.count);
    if (code < 0)
        err_set(err, code, "%s", db_error(conn));
    db_read_end(conn);
    return code < 0 ? code : SOUK_OK;
}

/* ---- writing ---- */

int import_note_write(struct db_conn *conn, int64_t id, struct import_counts *counts, int reject,
                      int64_t row, struct souk_str column, struct souk_str message)
{
    counts->rejects += reject;
    counts->warnings += !reject;
    return db_run(conn, &sql_import_note_put, NULL, DB_INT(id), DB_INT(counts->notes++),
                  DB_CSTR(reject ? "reject" : "warning"), DB_INT(row),
                  DB_TEXT(column.ptr ? column : souk_str("")), DB_TEXT(message));
}

int import_move_write(struct db_conn *conn, const struct import_run *run, const char *state,
                      int64_t place, const struct import_counts *counts)
{
    struct arena arena = {0};
    struct souk_str report = import_counts_print(&arena, counts);
    int code = db_run(conn, &sql_import_move, NULL, DB_INT(run->id), DB_CSTR(state), DB_INT(place),
                      DB_INT(run->total), DB_TEXT(report), DB_INT(clock_now()));
    arena_free(&arena);
    return code;
}

struct unit {
    struct batch *batch;
    const struct import_group *group;
    struct outcome *outcome;
};

static int save_one(struct db_conn *conn, void *arg)
{
    struct unit *unit = arg;
    struct batch *batch = unit->batch;
    struct outcome *outcome = unit->outcome;
    outcome->err = (struct err){0};
    if (batch->run->lines)
        return import_save_line(conn, &batch->work, unit->group->lines, batch->run->now,
                                &outcome->saved, &outcome->err);
    return import_save(conn, &batch->work, unit->group, batch->run->now, &outcome->saved,
                       &outcome->err);
}

/* What is the shop's own failure, not the row's. */
static int is_fatal(int code)
{
    return code != SOUK_OK && code != SOUK_INVALID && code != SOUK_CONFLICT &&
           code != SOUK_NOT_FOUND && code != SOUK_TOO_LARGE;
}

static int save_prelude(struct db_conn *conn, struct batch *batch)
{
    struct import_saved saved = {0};
    struct err ignored = {0};
    json_each(item, batch->run->prelude) json_each(one, &item->value) import_save_document(
        conn, &batch->work, one->key, &one->value, batch->run->now, &saved, &ignored);
    return SOUK_OK;
}

static int save_all(struct db_conn *conn, void *arg)
{
    struct batch *batch = arg;
    int destroyed = 0;
    if (batch->run->prelude)
        save_prelude(conn, batch);
    for (size_t i = 0; i < batch->count; i++) {
        struct outcome *outcome = &batch->outcomes[i];
        struct unit unit = {batch, &batch->groups[i], outcome};
        *outcome = (struct outcome){0};
        if (!batch->groups[i].doc && !batch->run->lines)
            continue;
        outcome->code =
            batch->apart ? db_unit(conn, save_one, &unit, &destroyed) : save_one(conn, &unit);
        if (!batch->apart && outcome->code != SOUK_OK && !is_fatal(outcome->code))
            return APART;
        if (destroyed || is_fatal(outcome->code))
            return db_refuse(conn, outcome->code ? outcome->code : SOUK_ERROR, "%s",
                             outcome->err.text[0] ? outcome->err.text : err_name(outcome->code));
        if (outcome->code != SOUK_OK && !outcome->err.text[0])
            err_set(&outcome->err, outcome->code, "%s", db_error(conn));
    }
    return SOUK_OK;
}

static int undone(struct db_conn *conn, void *arg)
{
    int code = save_all(conn, arg);
    return code ? code : UNDONE;
}

static int write_links(struct db_conn *conn, struct batch *batch, const struct import_group *group,
                       const struct outcome *outcome)
{
    struct buf text = {.arena = &batch->work};
    const struct json *links = group->links ? group->links : outcome->saved.links;
    if (!links)
        return SOUK_OK;
    json_print(&text, links);
    int there = !batch->run->options->dry_run || outcome->saved.change != PRODUCT_CREATED;
    return db_run(conn, &sql_import_link_put, NULL, DB_INT(batch->run->id), DB_INT(group->place),
                  DB_INT(there ? outcome->saved.id : 0), DB_INT(group->row),
                  DB_INT(outcome->saved.change), DB_TEXT(buf_str(&text)));
}

static int note_group(struct db_conn *conn, struct batch *batch, const struct import_group *group,
                      const struct outcome *outcome)
{
    struct import_counts *counts = &batch->counts;
    int code = SOUK_OK;
    for (const struct import_note *note = group->notes; note && code == SOUK_OK; note = note->next)
        code = import_note_write(conn, batch->run->id, counts, note->reject, note->row,
                                 note->column, note->message);
    counts->variants[COUNT_REJECTED] += (int64_t)group->refused;
    if (code != SOUK_OK)
        return code;
    if (!group->doc && !batch->run->lines) {
        counts->products[COUNT_REJECTED]++;
        return SOUK_OK;
    }
    int64_t *kind = outcome->saved.kind ? counts->others : counts->products;
    if (outcome->code != SOUK_OK) {
        kind[COUNT_REJECTED]++;
        counts->variants[COUNT_REJECTED] += (int64_t)group->variant_count;
        return import_note_write(conn, batch->run->id, counts, 1, outcome->saved.row,
                                 outcome->saved.column, souk_str(outcome->err.text));
    }
    kind[outcome->saved.change]++;
    for (int i = 0; i < COUNT_REJECTED; i++)
        counts->variants[i] += outcome->saved.variants[i];
    return outcome->saved.kind ? SOUK_OK : write_links(conn, batch, group, outcome);
}

static int write_batch(struct db_conn *conn, void *arg)
{
    struct batch *batch = arg;
    int destroyed = 0, code;
    arena_reset(&batch->work);
    batch->outcomes = arena_array(&batch->work, struct outcome, batch->count + 1);
    batch->counts = batch->run->counts;
    /* A unit costs (the search index is flushed at each): most batches need only one. */
    batch->apart = 0;
    code = db_unit(conn, batch->run->options->dry_run ? undone : save_all, batch, &destroyed);
    if (code == APART && !destroyed) {
        batch->apart = 1;
        code = db_unit(conn, batch->run->options->dry_run ? undone : save_all, batch, &destroyed);
    }
    if (destroyed)
        return SOUK_ERROR;
    code = code == UNDONE ? SOUK_OK : code;
    for (size_t i = 0; i < batch->count && code == SOUK_OK; i++)
        code = note_group(conn, batch, &batch->groups[i], &batch->outcomes[i]);
    batch->counts.micros = batch->run->base_micros + clock_mono() - batch->run->begun;
    return code ? code
                : import_move_write(conn, batch->run, "working", batch->last, &batch->counts);
}

/* ---- two batches, one being written while the other is made ---- */

static int run_write(struct db_conn *conn, void *arg)
{
    struct batch *batch = arg;
    int code = write_batch(conn, batch);
    if (code != SOUK_OK)
        err_set(&batch->err, code, "%s", db_error(conn));
    return code;
}

static void write_done(struct db_write *write)
{
    struct batch *batch = write->arg;
    pthread_mutex_lock(&batch->mutex);
    batch->finished = 1;
    pthread_cond_signal(&batch->cond);
    pthread_mutex_unlock(&batch->mutex);
}

static int send(struct batch *batch, struct err *err)
{
    batch->finished = 0;
    batch->write = (struct db_write){.fn = run_write, .arg = batch, .done = write_done};
    if (db_write_push(batch->run->db, &batch->write) != SOUK_OK)
        return err_set(err, SOUK_BUSY, "the writer's queue is full; run the command again");
    batch->pending = 1;
    return SOUK_OK;
}

static int await(struct batch *batch, struct err *err)
{
    struct import_run *run = batch->run;
    if (!batch->pending)
        return SOUK_OK;
    pthread_mutex_lock(&batch->mutex);
    while (!batch->finished)
        pthread_cond_wait(&batch->cond, &batch->mutex);
    pthread_mutex_unlock(&batch->mutex);
    batch->pending = 0;
    if (batch->write.result != SOUK_OK)
        return err_set(err, batch->write.result, "the import stopped at row %lld: %s",
                       (long long)(batch->count ? batch->groups[0].row : 0),
                       batch->err.text[0] ? batch->err.text : err_name(batch->write.result));
    run->counts = batch->counts;
    run->place = batch->last;
    import_progress(run, 100 + (run->total ? run->place * 850 / run->total : 0));
    return SOUK_OK;
}

static void make_groups(struct batch *batch)
{
    for (size_t i = 0; i < batch->count && !batch->run->lines; i++)
        import_group_make(&batch->groups[i]);
}

static int work_off(struct import_run *run, struct batch batches[2], struct err *err)
{
    int64_t after = run->place;
    int at = 0, code = SOUK_OK;
    for (;; at ^= 1) {
        struct batch *batch = &batches[at], *other = &batches[at ^ 1];
        code = read_batch(batch, after, err);
        if (code == SOUK_OK)
            make_groups(batch);
        int before = await(other, err);
        code = code ? code : before;
        if (code != SOUK_OK || !batch->count)
            return code;
        if (import_cancelled(run))
            return err_set(err, SOUK_CONFLICT,
                           "cancelled after %lld of %lld; the same command goes on from there",
                           (long long)run->place, (long long)run->total);
        if ((code = send(batch, err)) != SOUK_OK)
            return code;
        after = batch->last;
    }
}

int import_work(struct import_run *run, struct err *err)
{
    struct batch *batches = mem_zalloc(2 * sizeof *batches);
    for (int i = 0; i < 2; i++) {
        batches[i].run = run;
        pthread_mutex_init(&batches[i].mutex, NULL);
        pthread_cond_init(&batches[i].cond, NULL);
    }
    int code = work_off(run, batches, err);
    for (int i = 0; i < 2; i++) {
        arena_free(&batches[i].arena);
        arena_free(&batches[i].work);
        pthread_mutex_destroy(&batches[i].mutex);
        pthread_cond_destroy(&batches[i].cond);
    }
    free(batches);
    return code;
}
