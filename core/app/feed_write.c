/*
 * feed_write.c: writing a feed, and when it is written.
 *
 * The idea: the catalogue is walked in pieces, each a snapshot of its own and memory of its own, so
 * that a feed of a million offers costs as much as one of a thousand. What the catalogue's number
 * was before the first piece is noted with the file: a change in the middle makes the numbers
 * differ, and the feed is written once more.
 *
 * A failure is the feed's, not the job's: its words are kept with the feed, the old file stays, and
 * the clock's turn asks for another writing when the distance between two is over. So only a
 * process that dies in the middle leaves a job that is tried again.
 *
 * On job and task threads; one writing of a feed at a time.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "app/feed.sql.h"
#include "app/feed_inner.h"
#include "app/shop_state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "bridge/feed.h"
#include "shop/item.h"
#include "store/turn.h"

#define PIECE        200
#define REJECTS_MOST 5000
#define SNAPSHOT     (10 * CLOCK_SECOND)
#define LEASE        (10 * CLOCK_MINUTE)
#define WRITING_MOST 64
#define DUE_MOST     20

struct writing {
    struct db *db;
    const struct job *job; /* NULL: asked for directly */
    int64_t id, at, began, leased;
    int64_t catalogue, pictures, until; /* until 0: time changes nothing */
    struct arena arena;                 /* to the end of the feed */
    struct arena piece;
    struct json *doc;
    struct market market;
    struct provider_scope scope;
    struct feed_format format;
    struct feed_run run;
    struct feed_filter *filter;
    struct file_write *file;
    int64_t filtered, bytes;
    int gone;           /* the feed was removed meanwhile */
    struct buf rejects; /* a JSON array of [variant, SKU, words] */
    struct err err;
};

/* ---- one at a time ---- */

static struct {
    pthread_mutex_t lock;
    int64_t ids[WRITING_MOST];
} busy = {.lock = PTHREAD_MUTEX_INITIALIZER};

static int take_place(int64_t id)
{
    int free_place = -1, taken = 0;
    pthread_mutex_lock(&busy.lock);
    for (int i = 0; i < WRITING_MOST; i++)
        if (busy.ids[i] == id)
            taken = 1;
        else if (!busy.ids[i] && free_place < 0)
            free_place = i;
    if (!taken && free_place >= 0)
        busy.ids[free_place] = id;
    pthread_mutex_unlock(&busy.lock);
    return !taken && free_place >= 0;
}

static void leave_place(int64_t id)
{
    pthread_mutex_lock(&busy.lock);
    for (int i = 0; i < WRITING_MOST; i++)
        if (busy.ids[i] == id)
            busy.ids[i] = 0;
    pthread_mutex_unlock(&busy.lock);
}

/* ---- before ---- */

static int read_versions(struct writing *w, struct db_conn *conn)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_feed_catalogue, &rows), &rows);
    if (code != SOUK_OK)
        return code;
    w->catalogue = db_int(&rows, 0);
    w->pictures = db_int(&rows, 1);
    db_close(&rows);
    return SOUK_OK;
}

static int read_feed(struct writing *w)
{
    struct db_conn *conn = db_read_begin(w->db, 0);
    if (!conn)
        return err_set(&w->err, SOUK_UNAVAILABLE, "the database gives no snapshot");
    db_read_patient(conn, SNAPSHOT);
    int code = feed_show(conn, &w->arena, w->id, &w->doc);
    if (code == SOUK_OK)
        code = read_versions(w, conn);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        err_set(&w->err, code, "%s", db_error(conn));
    db_read_end(conn);
    return code;
}

/* Nothing would have a price, and a market that reads an empty file drops all it had. */
static int check_currency(struct writing *w)
{
    struct souk_str currency = json_text(json_at(w->doc, "currency"));
    struct db_conn *conn = db_read_begin(w->db, 0);
    int64_t priced = 1;
    if (!conn)
        return err_set(&w->err, SOUK_UNAVAILABLE, "the database gives no snapshot");
    int code = db_get_int(conn, &sql_feed_priced, &priced, DB_TEXT(currency),
                          DB_CSTR(market_shop()->currency));
    db_read_end(conn);
    if (code != SOUK_OK)
        return err_set(&w->err, code, "the price lists cannot be read");
    return priced ? SOUK_OK
                  : err_set(&w->err, SOUK_INVALID,
                            "the shop has no price list in %.*s; make one, or choose another "
                            "currency for the feed",
                            SOUK_PRI(currency));
}

static int set_market(struct writing *w)
{
    struct souk_str locale = json_text(json_at(w->doc, "locale"));
    const char *known = market_locale(locale);
    if (!market_shop()->url || !market_shop()->url[0])
        return err_set(&w->err, SOUK_INVALID,
                       "souk.lua has no shop.url, and a feed needs whole addresses");
    if (!known)
        return err_set(&w->err, SOUK_INVALID, "the shop does not speak \"%.*s\" any more",
                       SOUK_PRI(locale));
    w->market = market_at(known, w->at);
    w->market.currency = arena_cstr(&w->arena, json_text(json_at(w->doc, "currency")));
    if (json_text(json_at(w->doc, "country")).len)
        w->market.country = json_text(json_at(w->doc, "country"));
    return check_currency(w);
}

/* ---- what the run tells ---- */

static int write_bytes(void *user, struct souk_str bytes, struct err *err)
{
    return file_write_add(((struct writing *)user)->file, bytes, err);
}

static void note_left_out(struct writing *w, int64_t variant, struct souk_str sku,
                          struct souk_str words)
{
    struct buf *out = &w->rejects;
    buf_add_cstr(out, out->len ? ",[" : "[[");
    buf_add_int(out, variant);
    buf_add_char(out, ',');
    json_print_string(out, sku);
    buf_add_char(out, ',');
    json_print_string(out, words);
    buf_add_char(out, ']');
}

static int note_reject(void *user, const struct json *item, struct souk_str words)
{
    struct writing *w = user;
    if (w->run.rejected <= REJECTS_MOST)
        note_left_out(w, json_int(json_at(item, "id"), 0), json_text(json_at(item, "sku")), words);
    return SOUK_OK;
}

/* ---- the walk ---- */

static int stopping(void)
{
    struct shop *shop = shop_current();
    return shop && atomic_load(&shop->board->orderly);
}

static int keep_lease(struct writing *w)
{
    int64_t now = clock_now();
    if (!w->job || now - w->leased < LEASE / 5)
        return SOUK_OK;
    w->leased = now;
    return job_extend(w->db, w->job, now + LEASE, now) == SOUK_OK
               ? SOUK_OK
               : err_set(&w->err, SOUK_CONFLICT, "somebody else writes it now");
}

static int read_piece(struct writing *w, int64_t *after, struct json *items)
{
    struct db_conn *conn = db_read_begin(w->db, 0);
    if (!conn)
        return err_set(&w->err, SOUK_UNAVAILABLE, "the database gives no snapshot");
    db_read_patient(conn, SNAPSHOT);
    int code = item_walk_until(conn, &w->piece, &w->market, after, PIECE, items, &w->until);
    if (code == SOUK_CONFLICT)
        err_set(&w->err, code, "the catalogue changed under the writing; it is tried again");
    else if (code != SOUK_OK)
        err_set(&w->err, code, "the catalogue cannot be read: %s", db_error(conn));
    db_read_end(conn);
    return code;
}

static struct json *wanted_of(struct writing *w, const struct json *items)
{
    struct json *wanted = json_new(&w->piece, JSON_ARRAY);
    json_each(item, items)
    {
        if (!feed_filter_takes(w->filter, &item->value)) {
            w->filtered++;
            continue;
        }
        feed_filter_address(w->filter, &w->piece, (struct json *)(uintptr_t)&item->value);
        json_add_tree(&w->piece, wanted, NULL, &item->value);
    }
    return wanted;
}

static int walk(struct writing *w)
{
    int64_t after = 0;
    int code = SOUK_OK;
    for (;;) {
        arena_reset(&w->piece);
        struct json *items = json_new(&w->piece, JSON_ARRAY);
        if (stopping())
            return err_set(&w->err, SOUK_UNAVAILABLE, "the shop stops");
        if ((code = keep_lease(w)) != SOUK_OK || (code = read_piece(w, &after, items)) != SOUK_OK)
            return code;
        if (!items->first)
            return SOUK_OK;
        code = feed_run_items(&w->run, &w->piece, wanted_of(w, items), &w->err);
        if (code != SOUK_OK)
            return code;
    }
}

/* Categories that are gone or hidden stand first among what was left out. When none is left, the
 * file would be empty, and a market that reads an empty file drops all it had. */
static int check_categories(struct writing *w)
{
    struct souk_str gone;
    const struct json *wanted = json_at(w->doc, "categories");
    size_t count = 0;
    while (feed_filter_gone(w->filter, count, &gone)) {
        note_left_out(w, 0, gone, souk_str("no such category is to be seen"));
        count++;
    }
    if (count == 0 || count < wanted->count)
        return SOUK_OK;
    return err_set(&w->err, SOUK_INVALID,
                   "none of the categories of this feed is to be seen any more (%.*s)",
                   SOUK_PRI(gone));
}

static int write_file(struct writing *w)
{
    int code = feed_file_begin(&w->file, w->id, &w->err);
    if (code == SOUK_OK)
        code = feed_run_begin(&w->run, &w->err);
    if (code == SOUK_OK) {
        w->filter = feed_filter_new(&w->arena, w->doc,
                                    (const struct json *)(const void *)w->run.view.categories);
        code = check_categories(w);
    }
    if (code == SOUK_OK)
        code = walk(w);
    if (code == SOUK_OK)
        code = feed_run_end(&w->run, &w->err);
    if (code == SOUK_OK) {
        struct file_write *file = w->file;
        w->file = NULL;
        code = file_write_end(file, w->at, &w->bytes, &w->err);
    }
    file_write_drop(w->file);
    w->file = NULL;
    return code;
}

static struct souk_str maker_of(struct arena *arena, const struct feed_format *format)
{
    return arena_printf(arena, "%s %s", format->plugin, format->version);
}

static int run_provider(struct writing *w)
{
    provider_scope_job(&w->scope, w->db, &w->arena, w->market.locale);
    int code = feed_format(w->scope.set, json_text(json_at(w->doc, "format")), &w->format, &w->err);
    if (code == SOUK_OK) {
        w->run = (struct feed_run){.scope = &w->scope,
                                   .format = w->format.name,
                                   .user = w,
                                   .write = write_bytes,
                                   .reject = note_reject};
        w->run.view.id = w->id;
        w->run.view.at = w->at;
        w->run.view.name = json_text(json_at(w->doc, "name"));
        w->run.view.locale = souk_str(w->market.locale);
        w->run.view.currency = souk_str(w->market.currency);
        w->run.view.country = w->market.country;
        w->run.view.settings =
            (const struct souk_value *)(const void *)feed_settings(&w->arena, &w->format, w->doc);
        code = write_file(w);
        feed_run_free(&w->run);
    }
    if (code == SOUK_OK) { /* views into the plugin's tables outlive the pin no more */
        w->format.type = arena_str(&w->arena, w->format.type);
        w->format.extension = arena_str(&w->arena, w->format.extension);
        w->format.plugin = maker_of(&w->arena, &w->format).ptr;
    }
    provider_scope_end(&w->scope);
    return code;
}

/* ---- what is kept of it ---- */

static int write_tried(struct db_conn *conn, void *arg)
{
    struct writing *w = arg;
    return db_run(conn, &sql_feed_tried, NULL, DB_INT(w->id), DB_INT(w->at));
}

static int write_failed(struct db_conn *conn, void *arg)
{
    struct writing *w = arg;
    return db_run(conn, &sql_feed_failed, NULL, DB_INT(w->id), DB_CSTR(w->err.text));
}

static int write_done(struct db_conn *conn, void *arg)
{
    struct writing *w = arg;
    int64_t changed = 0;
    int code =
        db_run(conn, &sql_feed_written, &changed, DB_INT(w->id), DB_INT(w->at),
               DB_INT(w->catalogue), w->until ? DB_INT(w->until) : DB_NULL,
               DB_CSTR(w->format.plugin), DB_TEXT(w->format.extension), DB_TEXT(w->format.type),
               DB_INT(w->run.taken), DB_INT(w->run.rejected), DB_INT(w->filtered), DB_INT(w->bytes),
               DB_INT(clock_mono() - w->began), DB_INT(w->pictures));
    w->gone = code == SOUK_OK && !changed;
    if (code != SOUK_OK || w->gone)
        return code;
    code = db_run(conn, &sql_feed_reject_clear, NULL, DB_INT(w->id));
    if (code == SOUK_OK && w->rejects.len)
        code =
            db_run(conn, &sql_feed_reject_put, NULL, DB_INT(w->id), DB_TEXT(buf_str(&w->rejects)));
    return code;
}

static int settle(struct writing *w, int code)
{
    struct err err = {0};
    if (code != SOUK_OK && !w->err.text[0])
        err_set(&w->err, code, "%s", err_name(code));
    if (w->rejects.len)
        buf_add_char(&w->rejects, ']');
    int kept = db_write(w->db, code ? write_failed : write_done, w, &err);
    if (code == SOUK_OK && kept != SOUK_OK)
        return err_set(&w->err, kept, "%s", err.text);
    if (w->gone)
        feed_file_remove(w->id);
    return code;
}

static void tell(const struct writing *w, int code)
{
    if (code != SOUK_OK)
        log_warn("feed.failed", LOG_T("feed", json_text(json_at(w->doc, "name"))),
                 LOG_S("reason", w->err.text));
    else
        log_info("feed.written", LOG_T("feed", json_text(json_at(w->doc, "name"))),
                 LOG_I("items", w->run.taken), LOG_I("rejected", w->run.rejected),
                 LOG_I("bytes", w->bytes), LOG_I("us", clock_mono() - w->began));
}

static int work(struct writing *w)
{
    int code = read_feed(w);
    if (code == SOUK_NOT_FOUND) { /* it was removed: so are its files */
        feed_file_remove(w->id);
        return err_set(&w->err, code, "there is no such feed");
    }
    if (code == SOUK_OK)
        code = db_write(w->db, write_tried, w, &w->err);
    if (code != SOUK_OK)
        return code;
    code = set_market(w);
    if (code == SOUK_OK)
        code = run_provider(w);
    if (code == SOUK_ERROR && w->run.worded)
        code = SOUK_INVALID; /* the format says no: nothing is wrong with the shop */
    if (code != SOUK_OK && stopping())
        return code; /* nobody's fault; it is due again after the start */
    code = settle(w, code);
    tell(w, code);
    return code;
}

int feed_write(struct db *db, int64_t id, const struct job *job, struct err *err)
{
    if (!take_place(id))
        return err_set(err, SOUK_CONFLICT, "this feed is being written at the moment");
    struct writing *w = mem_zalloc(sizeof *w);
    w->db = db;
    w->job = job;
    w->id = id;
    w->at = w->leased = clock_now();
    w->began = clock_mono();
    int code = work(w);
    if (code != SOUK_OK)
        err_set(err, code, "%s", w->err.text);
    feed_filter_free(w->filter);
    buf_free(&w->rejects);
    arena_free(&w->piece);
    arena_free(&w->arena);
    free(w);
    leave_place(id);
    return code;
}

/* ---- jobs ---- */

int feed_owns(struct souk_str kind)
{
    return souk_str_is(kind, "souk:feed");
}

void feed_run(struct db *db, const struct job *job)
{
    struct err err = {0};
    int64_t id = 0;
    if (str_to_int(job->payload, &id) == SOUK_OK)
        feed_write(db, id, job, &err);
    if (stopping())
        job_give_back(db, job, clock_now());
    else
        job_done(db, job, clock_now());
}

/* ---- the clock's turn ---- */

/* {"yml": "feed_market 1.0.0"}: what a feed of each format rests on. */
static struct souk_str makers_now(struct arena *arena)
{
    uint32_t ticket;
    struct souk_str name = STR_NULL;
    struct feed_format format;
    struct buf text = {.arena = arena};
    struct json *makers = json_new(arena, JSON_OBJECT);
    struct plugin_set *set = set_pin(&ticket);
    while (feed_format_next(set, name, &name))
        if (feed_format(set, name, &format, NULL) == SOUK_OK)
            json_add_str(arena, makers, format.name.ptr, maker_of(arena, &format));
    json_print(&text, makers);
    set_unpin(ticket);
    return buf_str(&text);
}

static int ask_due(struct db_conn *conn)
{
    int64_t ids[DUE_MOST], now = clock_now();
    struct arena arena = {0};
    struct db_rows rows;
    size_t count = 0;
    int more = 0,
        code = db_query(conn, &sql_feed_due, &rows, DB_INT(now), DB_TEXT(makers_now(&arena)));
    while (code == SOUK_OK && count < DUE_MOST && (more = db_next(&rows)) == 1)
        ids[count++] = db_int(&rows, 0);
    if (code == SOUK_OK)
        db_close(&rows);
    code = code ? code : more < 0 ? more : SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = feed_ask(conn, ids[i], now);
    arena_free(&arena);
    return code;
}

static int is_due(struct db_conn *conn)
{
    int64_t id;
    struct arena arena = {0};
    int code =
        db_get_int(conn, &sql_feed_due, &id, DB_INT(clock_now()), DB_TEXT(makers_now(&arena)));
    arena_free(&arena);
    return code == SOUK_OK;
}

void feed_turn(struct db *db)
{
    static struct turn turn = {.waits = is_due, .fn = ask_due, .failed = "feed.not_asked"};
    turn_take(db, &turn);
}
