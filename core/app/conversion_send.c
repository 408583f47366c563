/*
 * conversion_send.c: the job that tells a partner of one conversion, and the order as partners get
 * to see it.
 *
 * The idea: what was told is written together with the end of the job, so a crash in between tells
 * it again, with the same key. What is told is what the conversion is at that moment: a state that
 * it has left behind while the partner was away is not told any more. When it has changed while the
 * partner was being told, the job asks for the next one in the same write.
 *
 * Threads of their own (a lane): a partner that hangs holds up partners and nothing else.
 */
#include "app/conversion_inner.h"

#include <stdlib.h>

#include "app/conversion.sql.h"
#include "app/lane.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bridge/provider.h"
#include "shop/market.h"

#define THREADS 2
#define ROOM    6

static struct lane lane = LANE("track", THREADS, ROOM);

struct sending {
    struct db *db;
    const struct job *job;
    struct arena arena;
    struct souk_conversion view;
    struct souk_str provider, state, telling;
    int64_t version;
    struct souk_conversion_result result;
    int code;
    struct err err;
};

/* ---- the order, without the person ---- */

static void add_coupons(struct arena *arena, struct souk_str quote, struct json *doc,
                        struct souk_str *coupon)
{
    struct err err = {0};
    struct json *tree = NULL, *list = json_add(arena, doc, "coupons", JSON_ARRAY);
    if (json_parse(arena, quote, &tree, &err) != SOUK_OK)
        return;
    json_each(item, json_at(tree, "coupons"))
    {
        struct souk_str code = json_text(json_at(&item->value, "code"));
        if (!json_true(json_at(&item->value, "accepted")) || !code.len)
            continue;
        if (!coupon->len)
            *coupon = code;
        *json_add(arena, list, NULL, JSON_STRING) =
            (struct json){.kind = JSON_STRING, .text = code};
    }
}

static int add_lines(struct db_conn *conn, struct arena *arena, int64_t id, int64_t order_id,
                     struct json *doc)
{
    static const char *const texts[] = {"sku", "name", "options"};
    static const char *const numbers[] = {"quantity", "unit_price", "discount",
                                          "total",    "tax",        "refunded"};
    struct json *list = json_add(arena, doc, "lines", JSON_ARRAY);
    struct db_rows rows;
    int64_t *counts = NULL;
    size_t count = 0;
    int more = 0, code = conversion_counts(conn, arena, id, &counts, &count);
    code = code ? code : db_query(conn, &sql_conversion_order_lines, &rows, DB_INT(order_id));
    for (size_t n = 0; code == SOUK_OK && (more = db_next(&rows)) == 1; n++) {
        struct json *line = json_add(arena, list, NULL, JSON_OBJECT);
        for (int i = 0; i < 3; i++)
            json_add_str(arena, line, texts[i], arena_str(arena, db_text(&rows, i)));
        for (int i = 0; i < 6; i++)
            json_add_int(arena, line, numbers[i], db_int(&rows, 3 + i));
        json_add_str(arena, line, "category", arena_str(arena, db_text(&rows, 9)));
        json_add_int(arena, line, "counts", n < count ? counts[n] : 0);
    }
    return code ? code : more < 0 ? more : SOUK_OK;
}

int conversion_document(struct db_conn *conn, struct arena *arena, int64_t id, int64_t order_id,
                        struct json **doc, struct souk_str *coupon)
{
    static const char *const sums[] = {"items",        "discount", "delivery", "tax",
                                       "tax_included", "total",    "refunded"};
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_conversion_order, &rows, DB_INT(order_id)), &rows);
    if (code != SOUK_OK)
        return code;
    *doc = json_new(arena, JSON_OBJECT);
    json_add_str(arena, *doc, "number", arena_str(arena, db_text(&rows, 0)));
    json_add_str(arena, *doc, "currency", arena_str(arena, db_text(&rows, 1)));
    struct json *totals = json_add(arena, *doc, "totals", JSON_OBJECT);
    for (int i = 0; i < 7; i++)
        json_add_int(arena, totals, sums[i], db_int(&rows, 2 + i));
    json_add_time(arena, *doc, "placed_at", db_int(&rows, 9));
    json_add_str(arena, *doc, "channel", arena_str(arena, db_text(&rows, 10)));
    struct souk_str quote = arena_str(arena, db_text(&rows, 11));
    db_close(&rows);
    add_coupons(arena, quote, *doc, coupon);
    return add_lines(conn, arena, id, order_id, *doc);
}

/* ---- what is told ---- */

static int32_t state_number(struct souk_str state)
{
    return souk_str_is(state, "approved")   ? SOUK_CONVERSION_APPROVED
           : souk_str_is(state, "rejected") ? SOUK_CONVERSION_REJECTED
                                            : SOUK_CONVERSION_PENDING;
}

static int read_row(struct db_conn *conn, struct sending *s, int64_t id)
{
    struct db_rows rows;
    struct arena *arena = &s->arena;
    int code = db_first(db_query(conn, &sql_conversion_load, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    s->provider = arena_str(arena, db_text(&rows, 1));
    s->state = arena_str(arena, db_text(&rows, 7));
    s->telling = arena_str(arena, db_text(&rows, 10));
    s->version = db_int(&rows, 12);
    s->view = (struct souk_conversion){.size = sizeof s->view,
                                       .state = state_number(s->state),
                                       .id = id,
                                       .order_id = db_int(&rows, 0),
                                       .amount = db_int(&rows, 8),
                                       .clicked_at = db_int(&rows, 4),
                                       .ordered_at = db_int(&rows, 14),
                                       .repeat = db_int(&rows, 6) != 0,
                                       .correction = db_text(&rows, 11).len > 0,
                                       .key = arena_str(arena, db_text(&rows, 5)),
                                       .click = arena_str(arena, db_text(&rows, 3)),
                                       .param = arena_str(arena, db_text(&rows, 2)),
                                       .currency = arena_str(arena, db_text(&rows, 9)),
                                       .number = arena_str(arena, db_text(&rows, 13)),
                                       .coupon = souk_str("")};
    db_close(&rows);
    return SOUK_OK;
}

static int read_all(struct sending *s)
{
    int64_t id = 0;
    struct json *doc = NULL;
    struct db_conn *conn = db_read_begin(s->db, 0);
    if (!conn)
        return err_set(&s->err, SOUK_UNAVAILABLE, "the database gives no snapshot");
    int code = str_to_int(s->job->payload, &id);
    if (code == SOUK_OK)
        code = read_row(conn, s, id);
    if (code == SOUK_OK)
        code = conversion_document(conn, &s->arena, id, s->view.order_id, &doc, &s->view.coupon);
    s->view.order = (const struct souk_value *)doc;
    db_read_end(conn);
    return code;
}

/* ---- how it went ---- */

static int is_final(int code)
{
    return code != SOUK_UNAVAILABLE && code != SOUK_TIMEOUT && code != SOUK_BUSY &&
           code != SOUK_ERROR;
}

static struct souk_str words_of(struct sending *s)
{
    if (s->result.message.len)
        return s->result.message;
    return s->err.text[0] ? souk_str(s->err.text) : souk_str(err_name(s->code));
}

static int write_end(struct db_conn *conn, void *arg)
{
    struct sending *s = arg;
    struct arena arena = {0};
    struct db_rows rows;
    int64_t id = s->view.id, now = clock_now();
    int code = job_finish(conn, s->job);
    if (code == SOUK_OK && s->code == SOUK_OK)
        code = db_run(conn, &sql_conversion_told, NULL, DB_INT(id), DB_INT(s->version),
                      DB_TEXT(s->state), DB_INT(s->view.amount), DB_INT(now),
                      DB_TEXT(s->result.reference));
    else if (code == SOUK_OK)
        code = db_run(conn, &sql_conversion_refused, NULL, DB_INT(id), DB_INT(s->version),
                      DB_CSTR(is_final(s->code) ? "refused" : "failed"), DB_TEXT(words_of(s)));
    if (code == SOUK_OK) /* it has changed meanwhile */
        code = db_first(db_query(conn, &sql_conversion_waits, &rows, DB_INT(id)), &rows);
    if (code == SOUK_OK) {
        struct souk_str provider = arena_str(&arena, db_text(&rows, 0));
        db_close(&rows);
        code = conversion_ask(conn, &arena, id, provider, now);
    } else if (code == SOUK_NOT_FOUND) {
        code = SOUK_OK;
    }
    arena_free(&arena);
    return code;
}

static int write_later(struct db_conn *conn, void *arg)
{
    struct sending *s = arg;
    return db_run(conn, &sql_conversion_later, NULL, DB_INT(s->view.id), DB_TEXT(words_of(s)));
}

static int write_done(struct db_conn *conn, void *arg)
{
    return job_finish(conn, ((struct sending *)arg)->job);
}

/* A lost lease: somebody else has the job. */
static int settle(struct sending *s, db_fn fn)
{
    struct err err = {0};
    int code = db_write(s->db, fn, s, &err);
    return code == SOUK_OK || code == SOUK_CONFLICT ? SOUK_OK
                                                    : err_set(&s->err, code, "%s", err.text);
}

static int work(struct sending *s)
{
    struct provider_scope scope;
    struct err err = {0};
    int code = read_all(s);
    if (code == SOUK_NOT_FOUND || code == SOUK_INVALID ||
        (code == SOUK_OK && !souk_str_is(s->telling, "waiting")))
        return settle(s, write_done); /* nothing is left to be told */
    if (code != SOUK_OK)
        return code;
    provider_scope_job(&scope, s->db, &s->arena, market_shop()->locales[0]);
    if (!track_ready(scope.set, s->provider)) { /* its plugin has just gone: it waits for it */
        provider_scope_end(&scope);
        return SOUK_NOT_FOUND;
    }
    s->code = track_send(&scope, s->provider, &s->view, &s->result, &s->err);
    provider_scope_end(&scope);
    log_info("conversion.told", LOG_I("conversion", s->view.id), LOG_T("provider", s->provider),
             LOG_T("state", s->state), LOG_S("code", err_name(s->code)));
    if (s->code == SOUK_OK || is_final(s->code) || s->job->attempt >= s->job->attempts)
        return settle(s, write_end);
    db_write(s->db, write_later, s, &err);
    return s->code;
}

static void run_job(struct db *db, const struct job *job)
{
    struct sending *s = mem_zalloc(sizeof *s);
    s->db = db;
    s->job = job;
    int code = work(s);
    if (code == SOUK_NOT_FOUND) {
        job_give_back(db, job, clock_now());
    } else if (code != SOUK_OK) {
        const char *why = s->err.text[0] ? s->err.text : err_name(code);
        log_warn("conversion.later", LOG_T("kind", job->kind), LOG_I("job", job->id),
                 LOG_I("attempt", job->attempt), LOG_S("reason", why));
        job_failed(db, job, souk_str(why), clock_now());
    }
    arena_free(&s->arena);
    free(s);
}

/* ---- the job ---- */

int conversion_owns(struct souk_str kind)
{
    return str_starts(kind, "conversion:");
}

int conversion_ready(struct souk_str kind)
{
    uint32_t ticket;
    struct plugin_set *set = set_pin(&ticket);
    int ready = track_ready(set, str_from(kind, strlen("conversion:"))) && lane_has_room(&lane);
    set_unpin(ticket);
    return ready;
}

void conversion_run(struct db *db, const struct job *job)
{
    lane_run(&lane, db, job, run_job);
}

void conversion_end(void)
{
    lane_end(&lane);
}
