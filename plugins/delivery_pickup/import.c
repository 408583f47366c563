/*
 * import: a new list of points in the place of the old one.
 *
 * The idea: rows go in beside the old ones, a few hundred a write, under a generation of their own
 * that nobody reads. When all are there, one guarded UPDATE makes it the list; until then, and
 * after any failure, shoppers see the old one whole. A list from which too much has vanished is
 * taken for a broken file, unless staff insist. What is not the list's generation is swept away.
 */
#include "pickup.h"

#define BATCH 200
#define SWEEP 2000
#define ANOTHER                                                                                    \
    (INT64_C(15) * 60 * 1000000) /* for so long an import that began keeps others away */

struct import {
    struct point_list list;
    int64_t generation, before; /* ours; the one that is read */
    int first;                  /* of the batch */
    int64_t changed;
};

/* ---- steps of writing ---- */

static int begin(struct souk_ctx *ctx, void *arg)
{
    struct import *import = arg;
    int64_t changed = 0, now = souk_now(ctx);
    int code = souk_exec(ctx, NULL,
                         "INSERT INTO p_delivery_pickup_list (id, generation, loading, loading_at,"
                         " points, at) VALUES (1, 0, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING");
    if (code == SOUK_OK)
        code =
            souk_exec(ctx, &changed,
                      "UPDATE p_delivery_pickup_list SET loading = $1, loading_at = $2"
                      " WHERE id = 1 AND (loading = 0 OR loading = $1 OR loading_at < $3)",
                      SOUK_A_INT(import->generation), SOUK_A_INT(now), SOUK_A_INT(now - ANOTHER));
    if (code == SOUK_OK && !changed)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "another list is being read; wait until it is in").ptr);
    return code;
}

static struct souk_arg degrees(int64_t value)
{
    return value == NOWHERE ? SOUK_A_NULL : SOUK_A_INT(value);
}

static int put_rows(struct souk_ctx *ctx, void *arg)
{
    struct import *import = arg;
    int code = SOUK_OK;
    for (int i = import->first;
         code == SOUK_OK && i < import->list.count && i < import->first + BATCH; i++) {
        const struct place *row = &import->list.rows[i];
        code = souk_exec(
            ctx, NULL,
            "INSERT INTO p_delivery_pickup_point (generation, code, type, name, country, city,"
            " city_key, postcode, address, hours, lat, lon, cash, card, max_weight, side1, side2,"
            " side3, open) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,"
            " $15, $16, $17, $18, $19)",
            SOUK_A_INT(import->generation), SOUK_A_STR(row->code), SOUK_A_STR(row->type),
            SOUK_A_STR(row->name), SOUK_A_STR(row->country), SOUK_A_STR(row->city),
            SOUK_A_STR(words_fold(ctx, row->city)), SOUK_A_STR(row->postcode),
            SOUK_A_STR(row->address), SOUK_A_STR(row->hours), degrees(row->lat), degrees(row->lon),
            SOUK_A_INT(row->cash), SOUK_A_INT(row->card), SOUK_A_INT(row->max_weight),
            SOUK_A_INT(row->side[0]), SOUK_A_INT(row->side[1]), SOUK_A_INT(row->side[2]),
            SOUK_A_INT(row->open));
    }
    return code;
}

static int switch_over(struct souk_ctx *ctx, void *arg)
{
    struct import *import = arg;
    int64_t changed = 0;
    int code = souk_exec(ctx, &changed,
                         "UPDATE p_delivery_pickup_list SET generation = $1, loading = 0,"
                         " points = $2, at = $3 WHERE id = 1 AND loading = $1",
                         SOUK_A_INT(import->generation), SOUK_A_INT(import->list.count),
                         SOUK_A_INT(souk_now(ctx)));
    if (code == SOUK_OK && !changed)
        return souk_fail(ctx, SOUK_CONFLICT, "%s",
                         souk_t(ctx, "another list is being read; wait until it is in").ptr);
    return code;
}

static int give_up(struct souk_ctx *ctx, void *arg)
{
    struct import *import = arg;
    return souk_exec(ctx, NULL,
                     "UPDATE p_delivery_pickup_list SET loading = 0 WHERE id = 1 AND loading = $1",
                     SOUK_A_INT(import->generation));
}

/* What is neither read nor being written. */
static int sweep(struct souk_ctx *ctx, void *arg)
{
    struct import *import = arg;
    return souk_exec(ctx, &import->changed,
                     "DELETE FROM p_delivery_pickup_point WHERE (generation, code) IN"
                     " (SELECT p.generation, p.code FROM p_delivery_pickup_point p,"
                     " p_delivery_pickup_list l WHERE l.id = 1 AND p.generation <> l.generation"
                     " AND p.generation <> l.loading LIMIT $1)",
                     SOUK_A_INT(SWEEP));
}

static int sweep_all(struct souk_ctx *ctx, struct import *import)
{
    int code = SOUK_OK;
    do {
        import->changed = 0;
        code = souk_db_write(ctx, sweep, import);
    } while (code == SOUK_OK && import->changed > 0);
    return code;
}

/* ---- counting ---- */

static int read_numbers(struct souk_rows *rows, int64_t *numbers, int count)
{
    int more = souk_next(rows);
    for (int i = 0; more == 1 && i < count; i++)
        numbers[i] = souk_column_int(rows, (uint32_t)i);
    return more < 0 ? more : SOUK_OK;
}

static int compare(struct souk_ctx *ctx, struct import *import, struct import_totals *totals)
{
    struct souk_rows *rows;
    int64_t numbers[3] = {0, 0, 0};
    int code = souk_query(
        ctx, &rows,
        "SELECT (SELECT count(*) FROM p_delivery_pickup_point WHERE generation = l.generation),"
        " (SELECT count(*) FROM p_delivery_pickup_point o WHERE o.generation = l.generation"
        " AND NOT EXISTS (SELECT 1 FROM p_delivery_pickup_point n WHERE n.generation = $1"
        " AND n.code = o.code)),"
        " (SELECT count(*) FROM p_delivery_pickup_point WHERE generation = $1 AND open = 0)"
        " FROM p_delivery_pickup_list l WHERE l.id = 1",
        SOUK_A_INT(import->generation));
    if (code == SOUK_OK)
        code = read_numbers(rows, numbers, 3);
    totals->rows = import->list.count;
    totals->before = numbers[0];
    totals->vanished = numbers[1];
    totals->closed = numbers[2];
    totals->added = totals->rows - (totals->before - totals->vanished);
    return code;
}

static int is_shrunk(struct souk_ctx *ctx, const struct import_totals *totals)
{
    const struct pickup *pickup = souk_state(ctx);
    return totals->vanished * 100 > totals->before * pickup->shrink;
}

int import_waiting(struct souk_ctx *ctx, struct souk_value *list)
{
    struct souk_rows *rows;
    int more = 0,
        code = souk_query(ctx, &rows,
                          "SELECT o.order_number, o.point, o.name FROM p_delivery_pickup_order o"
                          " WHERE o.kind = 'point' AND o.state = 'open' AND NOT EXISTS"
                          " (SELECT 1 FROM p_delivery_pickup_point p WHERE p.code = o.point"
                          " AND p.open = 1 AND p.generation ="
                          " (SELECT generation FROM p_delivery_pickup_list WHERE id = 1))"
                          " ORDER BY o.order_number LIMIT 200");
    while (code == SOUK_OK && (more = souk_next(rows)) == 1) {
        struct souk_value *row = souk_set_map(ctx, list, NULL);
        souk_set_str(ctx, row, "order", souk_column_text(rows, 0));
        souk_set_str(ctx, row, "point", souk_column_text(rows, 1));
        souk_set_str(ctx, row, "name", souk_column_text(rows, 2));
    }
    return code ? code : more;
}

/* ---- the whole ---- */

static int load(struct souk_ctx *ctx, struct import *import, int force,
                struct import_totals *totals)
{
    int code = SOUK_OK;
    for (; code == SOUK_OK && import->first < import->list.count; import->first += BATCH)
        code = souk_db_write(ctx, put_rows, import);
    if (code == SOUK_OK)
        code = compare(ctx, import, totals);
    if (code == SOUK_OK && !force && is_shrunk(ctx, totals))
        return souk_fail(ctx, SOUK_CONFLICT, "%lld / %lld: %s", (long long)totals->vanished,
                         (long long)totals->before,
                         souk_t(ctx, "too many points would vanish; look at the file, or read it "
                                     "with --force")
                             .ptr);
    return code ? code : souk_db_write(ctx, switch_over, import);
}

int import_points(struct souk_ctx *ctx, struct souk_str text, int force,
                  struct import_totals *totals)
{
    struct import *import = souk_alloc(ctx, sizeof *import);
    struct souk_value *waiting = souk_list(ctx);
    memset(import, 0, sizeof *import);
    memset(totals, 0, sizeof *totals);
    int code = list_read(ctx, text, &import->list);
    if (code != SOUK_OK)
        return code;
    import->generation = souk_new_id(ctx);
    code = souk_db_write(ctx, begin, import);
    if (code != SOUK_OK)
        return code;
    code = load(ctx, import, force, totals);
    struct souk_str words = souk_copy(ctx, souk_failure(ctx));
    if (code != SOUK_OK) {
        souk_db_write(ctx, give_up, import);
        sweep_all(ctx, import);
        return souk_fail(ctx, code, "%.*s", SOUK_PRI(words));
    }
    sweep_all(ctx, import); /* what is left, the next import takes along */
    code = import_waiting(ctx, waiting);
    totals->waiting = souk_count_of(waiting);
    if (totals->waiting)
        souk_log(ctx, SOUK_LOG_WARN, "%lld orders wait for a point that is closed or gone",
                 (long long)totals->waiting);
    return code;
}

/* ---- command ---- */

int import_command(struct souk_ctx *ctx, int32_t argc, const struct souk_str *argv)
{
    struct souk_str text, path = souk_str("");
    struct import_totals totals;
    struct souk_value *waiting = souk_list(ctx);
    int force = 0;
    for (int i = 0; i < argc; i++)
        if (souk_str_is(argv[i], "--force"))
            force = 1;
        else
            path = argv[i];
    if (path.len == 0 || argc > 1 + force)
        return souk_fail(ctx, SOUK_INVALID, "name one file of points: CSV or JSON Lines");
    int code = souk_read_file(ctx, path, FILE_MOST, &text);
    if (code == SOUK_OK)
        code = import_points(ctx, text, force, &totals);
    if (code == SOUK_OK)
        code = import_waiting(ctx, waiting);
    struct souk_str orders = souk_json_print(ctx, waiting);
    if (code == SOUK_OK)
        souk_print(ctx,
                   "{\"points\": %lld, \"before\": %lld, \"added\": %lld, \"vanished\": %lld, "
                   "\"closed\": %lld, \"waiting\": %.*s}\n",
                   (long long)totals.rows, (long long)totals.before, (long long)totals.added,
                   (long long)totals.vanished, (long long)totals.closed, SOUK_PRI(orders));
    return code;
}
