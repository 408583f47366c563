/*
 * chore.c: the table of chores and how one is run.
 *
 * A chore with a calendar comes back by itself. One without is asked for by whoever leaves work, in
 * the same write (job_ask in image_put, say), and asks again for itself when, at its end, something
 * is waiting once more: as long as there is work, a job of its kind is alive.
 */
#include "app/chore.h"

#include <stdatomic.h>
#include "app/chore.sql.h"
#include "app/conversion.h"
#include "app/media.h"
#include "app/message.h"
#include "app/shop_state.h"
#include "app/webhook.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "shop/account.h"
#include "shop/cart.h"
#include "shop/category.h"
#include "shop/image.h"
#include "shop/order.h"
#include "shop/search.h"
#include "shop/visit.h"
#include "store/retention.h"
#include "store/turn.h"
#include "web/session.h"

#define ATTEMPTS 12
#define SLICE    200 /* products that change their place in one write */

/* What was said long ago stands with its order; what was told to others a month ago is over. */
static int forget(struct db *db, int64_t now, struct err *err)
{
    int code = message_sweep(db, now - 400 * CLOCK_DAY, now - 30 * CLOCK_DAY, err);
    return code ? code : webhook_sweep(db, now - 30 * CLOCK_DAY, err);
}

static int housekeeping(struct db *db, struct err *err)
{
    int64_t now = clock_now();
    int code = session_sweep(db, now);
    if (code == SOUK_OK)
        code = retention_run(db, now, err);
    if (code == SOUK_OK)
        code = event_sweep(db, now, err);
    if (code == SOUK_OK)
        code = search_log_sweep(db, now, err);
    if (code == SOUK_OK)
        code = account_sweep(db, now, err);
    if (code == SOUK_OK)
        code = forget(db, now, err);
    if (code == SOUK_OK)
        code = conversion_sweep(db, now, err);
    if (code == SOUK_OK)
        code = cart_sweep(db, now, err);
    return code == SOUK_OK ? media_sweep(db, err) : code;
}

static int popularity_write(struct db_conn *conn, void *arg)
{
    (void)arg;
    return visit_popularity(conn, clock_now());
}

/* What belongs to a category by its age or by a price with dates. */
static int rules_write(struct db_conn *conn, void *arg)
{
    int changed;
    (void)arg;
    int code = category_rules_run(conn, clock_now(), &changed);
    /* far older than any columns in memory: those are built anew after 5,000 changes */
    return code ? code : db_run(conn, &sql_chore_forget_changes, NULL);
}

struct reordering {
    int more;
};

static int reorder_write(struct db_conn *conn, void *arg)
{
    struct reordering *reordering = arg;
    return search_reorder(conn, SLICE, &reordering->more);
}

static int popularity(struct db *db, struct err *err)
{
    struct reordering reordering = {.more = 1};
    int code = db_write(db, popularity_write, NULL, err);
    if (code == SOUK_OK)
        code = db_write(db, rules_write, NULL, err);
    while (code == SOUK_OK && reordering.more)
        code = db_write(db, reorder_write, &reordering, err);
    return code;
}

static int stopping(void)
{
    return atomic_load(&shop_current()->board->orderly);
}

static int pictures(struct db *db, struct err *err)
{
    return media_work(db, stopping, err);
}

static int pictures_wait(struct db_conn *conn)
{
    struct arena arena = {0};
    struct souk_str source;
    int64_t id;
    int code = image_next(conn, &arena, 0, &id, &source);
    arena_free(&arena);
    return code == SOUK_OK;
}

static int reindex_write(struct db_conn *conn, void *arg)
{
    return search_follow_next(conn, SLICE, arg);
}

static int reindex(struct db *db, struct err *err)
{
    int code = SOUK_OK, more = 1;
    while (code == SOUK_OK && more && !stopping())
        code = db_write(db, reindex_write, &more, err);
    return code;
}

struct expiring {
    int more;
};

static int expire_write(struct db_conn *conn, void *arg)
{
    struct expiring *expiring = arg;
    struct arena arena = {0};
    int code = order_expire(conn, &arena, clock_now(), &expiring->more);
    arena_free(&arena);
    return code;
}

static int expire(struct db *db, struct err *err)
{
    struct expiring expiring = {.more = 1};
    int code = SOUK_OK;
    while (code == SOUK_OK && expiring.more && !stopping())
        code = db_write(db, expire_write, &expiring, err);
    return code;
}

static int expire_waits(struct db_conn *conn)
{
    int64_t id;
    return db_get_int(conn, &sql_chore_order_expired, &id, DB_INT(clock_now())) == SOUK_OK;
}

static const struct chore {
    const char *kind;
    const char *cron; /* NULL: when there is something to do */
    int (*run)(struct db *db, struct err *err);
    int (*waits)(struct db_conn *conn); /* is there something to do? */
} chores[] = {
    {"souk:housekeeping", "17 3 * * *", housekeeping, NULL},
    {"souk:popularity", "41 2 * * *", popularity, NULL},
    {"souk:pictures", NULL, pictures, pictures_wait},
    {"souk:reindex", NULL, reindex, search_follow_waits},
    {"souk:orders", NULL, expire, expire_waits},
};

#define COUNT (sizeof chores / sizeof *chores)

static const struct chore *find(struct souk_str kind)
{
    for (size_t i = 0; i < COUNT; i++)
        if (souk_str_is(kind, chores[i].kind))
            return &chores[i];
    return NULL;
}

int chore_owns(struct souk_str kind)
{
    return find(kind) != NULL;
}

static int ask_write(struct db_conn *conn, void *arg)
{
    const struct chore *chore = arg;
    return chore->waits(conn) ? job_ask(conn, souk_str(chore->kind), clock_now()) : SOUK_OK;
}

static int plan_one(struct db *db, const struct chore *chore, struct err *err)
{
    struct cron cron;
    if (!chore->cron)
        return db_write(db, ask_write, (void *)(uintptr_t)chore, err);
    int code = cron_parse(souk_str(chore->cron), &cron, err);
    return code ? code : cron_plan(db, souk_str(chore->kind), &cron, ATTEMPTS, clock_now(), err);
}

int chore_plan(struct db *db, struct err *err)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < COUNT; i++)
        code = plan_one(db, &chores[i], err);
    return code;
}

/* ---- the clock's turn ---- */

static int ask_expire(struct db_conn *conn)
{
    return expire_waits(conn) ? job_ask(conn, souk_str("souk:orders"), clock_now()) : SOUK_OK;
}

void chore_turn(struct db *db)
{
    static struct turn turn = {
        .waits = expire_waits, .fn = ask_expire, .failed = "orders.not_expired"};
    turn_take(db, &turn);
}

void chore_run(struct db *db, const struct job *job)
{
    struct err err = {0};
    const struct chore *chore = find(job->kind);
    int code = chore->run(db, &err);
    int told =
        code == SOUK_OK
            ? job_done(db, job, clock_now())
            : job_failed(db, job, souk_str(err.text[0] ? err.text : err_name(code)), clock_now());
    if (code == SOUK_OK && told == SOUK_OK && !stopping())
        told = plan_one(db, chore, &err);
    if (code != SOUK_OK || told != SOUK_OK)
        log_warn("chore.failed", LOG_S("chore", chore->kind),
                 LOG_S("reason", err.text[0] ? err.text : err_name(code)));
}
