/*
 * promotion_strike.c: rules that go wrong. A function that hangs, dies or eats memory costs its
 * shoppers a promotion and the shop some milliseconds, each time; three times in ten minutes, and
 * the promotion is switched off for this version of it, with a line in the log and an audit row. An
 * ordinary error in a script costs nothing and is only told in the trace.
 *
 * Strikes are kept in memory: a shop that was restarted counts anew.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/promotion_inner.h"
#include "app/promotion_load.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/audit.h"

#define STRIKES 3
#define WITHIN  (10 * CLOCK_MINUTE)
#define KNOWN   64 /* promotions that went wrong lately; beyond these the oldest is forgotten */

struct culprit {
    char id[72], hash[72];
    int64_t at[STRIKES]; /* clock_mono; the latest last */
};

struct sentence { /* for the job thread */
    struct work work;
    char id[72], hash[72], why[400];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct culprit culprits[KNOWN];
static struct db *database;
static struct worker *workers;

void promotion_strike_setup(struct db *db, struct worker *jobs)
{
    pthread_mutex_lock(&lock);
    memset(culprits, 0, sizeof culprits);
    database = db;
    workers = jobs;
    pthread_mutex_unlock(&lock);
}

static int put_off(struct db_conn *conn, void *arg)
{
    const struct sentence *sentence = arg;
    struct arena arena = {0};
    struct buf detail = {.arena = &arena};
    struct json *doc = json_new(&arena, JSON_OBJECT);
    int64_t changed = 0, now = clock_now();
    json_add_bool(&arena, doc, "off", 1);
    json_add_cstr(&arena, doc, "why", sentence->why);
    json_print(&detail, doc);
    int code = db_run(conn, &sql_promotion_strike_put, &changed, DB_CSTR(sentence->id),
                      DB_CSTR(sentence->why), DB_CSTR(sentence->hash), DB_INT(now));
    if (code == SOUK_OK && changed)
        code = audit_put(conn, souk_str("souk"), souk_str("promotion.switched"),
                         arena_printf(&arena, "promotion:%s", sentence->id), buf_str(&detail), now);
    arena_free(&arena);
    return code;
}

static void carry_out(struct work *work)
{
    struct sentence *sentence = (struct sentence *)work;
    struct err err = {0};
    if (db_write(database, put_off, sentence, &err) != SOUK_OK)
        log_error("promotion.not_switched", LOG_S("promotion", sentence->id),
                  LOG_S("reason", err.text));
    else
        log_error("promotion.switched_off", LOG_S("promotion", sentence->id),
                  LOG_S("reason", sentence->why),
                  LOG_S("hint", "mend the script, or switch it on again in the admin pages"));
    promotion_reload_later();
    free(sentence);
}

static struct culprit *find(struct souk_str id, struct souk_str hash)
{
    struct culprit *oldest = &culprits[0];
    for (size_t i = 0; i < KNOWN; i++) {
        struct culprit *one = &culprits[i];
        if (souk_str_is(id, one->id) && souk_str_is(hash, one->hash))
            return one;
        if (one->at[STRIKES - 1] < oldest->at[STRIKES - 1])
            oldest = one;
    }
    memset(oldest, 0, sizeof *oldest);
    str_copy(oldest->id, sizeof oldest->id, id);
    str_copy(oldest->hash, sizeof oldest->hash, hash);
    return oldest;
}

/* Is it the last straw? */
static int note(struct souk_str id, struct souk_str hash)
{
    int64_t now = clock_mono();
    pthread_mutex_lock(&lock);
    struct culprit *culprit = find(id, hash);
    memmove(culprit->at, culprit->at + 1, sizeof culprit->at - sizeof *culprit->at);
    culprit->at[STRIKES - 1] = now;
    int out = culprit->at[0] && now - culprit->at[0] < WITHIN;
    if (out)
        culprit->at[0] = culprit->at[1] = 0; /* once */
    pthread_mutex_unlock(&lock);
    return out;
}

void promotion_strike(void *user, const struct promo_live *live, const struct promo *promo,
                      const struct script_call *call)
{
    (void)user, (void)live;
    if (call->outcome == SCRIPT_FAILED) {
        log_warn("promotion.failed", LOG_T("promotion", promo->id), LOG_T("file", promo->file),
                 LOG_T("reason", call->reason));
        return;
    }
    log_warn("promotion.strike", LOG_T("promotion", promo->id), LOG_T("file", promo->file),
             LOG_S("outcome", script_outcome_name(call->outcome)), LOG_T("reason", call->reason));
    if (!workers || !note(promo->id, promo->hash))
        return;
    struct sentence *sentence = mem_zalloc(sizeof *sentence);
    sentence->work.run = carry_out;
    str_copy(sentence->id, sizeof sentence->id, promo->id);
    str_copy(sentence->hash, sizeof sentence->hash, promo->hash);
    snprintf(sentence->why, sizeof sentence->why, "%.*s, three times in ten minutes",
             SOUK_PRI(call->reason));
    if (worker_push(workers, &sentence->work) != SOUK_OK)
        free(sentence); /* it will go wrong again */
}
