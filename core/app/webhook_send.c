/*
 * webhook_send.c: the job of one receiver: sends what is due, one delivery after the other, writes
 * down how each went, and comes back when the next is due.
 *
 * So that a slow receiver delays nobody: it has one job at a time, of few deliveries; after two
 * without any answer it rests. Receivers are waited for on threads of their own, of which those
 * that were slow the last time get half at most.
 *
 * A delivery that was taken and whose "sent" was not written goes out again with the same id, which
 * receivers are told to remember.
 *
 * Threads: a pool of its own, fed by the job workers; no snapshot is open while the receiver is
 * waited for.
 */
#include "app/webhook_inner.h"

#include <sodium.h>
#include <stdatomic.h>
#include "app/lane.h"
#include "app/webhook.sql.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "web/client.h"

#define TIMEOUT       (10 * CLOCK_SECOND)
#define SLOW          (2 * CLOCK_SECOND)
#define IN_ONE_RUN    20
#define SPAN_OF_RUN   (20 * CLOCK_SECOND)
#define SILENT_MOST   2
#define REST          (30 * CLOCK_SECOND)
#define TURN          (2 * CLOCK_SECOND) /* for a free worker */
#define THREADS       16
#define SLOW_MOST     8 /* threads that slow receivers may have at once */
#define DEAD_IN_A_ROW 5
#define WAIT_MOST     (24 * CLOCK_HOUR) /* that a receiver may ask for */

static _Atomic int running_slow;
static struct lane lane = LANE("webhook", THREADS, 256);

/* ---- signing ---- */

static int secret_bytes(struct arena *arena, struct souk_str secret, struct souk_str *bytes)
{
    struct souk_str text = str_starts(secret, "whsec_") ? str_from(secret, 6) : secret;
    unsigned char *to = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    if (!text.len || sodium_base642bin(to, text.len, text.ptr, text.len, NULL, &len, NULL,
                                       sodium_base64_VARIANT_ORIGINAL) != 0)
        return SOUK_INVALID;
    *bytes = str_make((char *)to, len);
    return SOUK_OK;
}

static int add_signature(struct arena *arena, struct souk_str secret, struct souk_str content,
                         struct buf *out)
{
    struct souk_str key;
    crypto_auth_hmacsha256_state state;
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char text[sodium_base64_ENCODED_LEN(sizeof mac, sodium_base64_VARIANT_ORIGINAL)];
    int code = secret_bytes(arena, secret, &key);
    if (code != SOUK_OK)
        return code;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)content.ptr, content.len);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2base64(text, sizeof text, mac, sizeof mac, sodium_base64_VARIANT_ORIGINAL);
    buf_printf(out, "%sv1,%s", out->len ? " " : "", text);
    return SOUK_OK;
}

int webhook_sign(struct arena *arena, struct souk_str secret, struct souk_str before,
                 struct souk_str id, int64_t seconds, struct souk_str body, struct souk_str *out)
{
    struct buf signs = {.arena = arena};
    struct souk_str content =
        arena_printf(arena, "%.*s.%lld.%.*s", SOUK_PRI(id), (long long)seconds, SOUK_PRI(body));
    int code = add_signature(arena, secret, content, &signs);
    if (code == SOUK_OK && before.len)
        code = add_signature(arena, before, content, &signs);
    *out = buf_str(&signs);
    return code;
}

/* ---- when again ---- */

int64_t webhook_next_try(int64_t attempts, int64_t now)
{
    static const int64_t waits[] = {5 * CLOCK_SECOND, 5 * CLOCK_MINUTE, 30 * CLOCK_MINUTE,
                                    2 * CLOCK_HOUR,   5 * CLOCK_HOUR,   10 * CLOCK_HOUR,
                                    14 * CLOCK_HOUR,  20 * CLOCK_HOUR,  24 * CLOCK_HOUR};
    uint16_t dice;
    if (attempts < 1 || attempts > (int64_t)(sizeof waits / sizeof *waits))
        return 0;
    rand_bytes(&dice, sizeof dice);
    int64_t wait = waits[attempts - 1];
    return now + wait - wait / 10 + wait / 5 * dice / UINT16_MAX;
}

/* "Retry-After: 120" or a date; 0: nothing was asked for. */
static int64_t asked_for(const struct client_response *response, int64_t now)
{
    int64_t at = 0, seconds;
    for (size_t i = 0; i < response->header_count; i++) {
        struct souk_str value = response->headers[i].value;
        if (!str_equal_nocase(response->headers[i].name, souk_str("retry-after")))
            continue;
        if (str_to_int(value, &seconds) == SOUK_OK && seconds >= 0)
            at = now + (seconds < 86400 ? seconds : 86400) * CLOCK_SECOND;
        else if (clock_parse_http(value, &at) != SOUK_OK)
            at = 0;
    }
    return at > now + WAIT_MOST ? now + WAIT_MOST : at;
}

/* ---- one delivery ---- */

struct delivery {
    struct arena arena;
    int64_t webhook, id, fact, attempts, rotated_at;
    struct souk_str topic, body, url, secret, before;
    int status;
    int64_t next; /* when it comes again; 0: it is dead */
    struct err err;
};

static int load_next(struct db *db, struct delivery *delivery)
{
    struct db_rows rows;
    struct arena *arena = &delivery->arena;
    struct db_conn *conn = db_read_begin(db, 0);
    if (!conn)
        return SOUK_UNAVAILABLE;
    int code = db_first(
        db_query(conn, &sql_webhook_next, &rows, DB_INT(delivery->webhook), DB_INT(clock_now())),
        &rows);
    if (code == SOUK_OK) {
        delivery->id = db_int(&rows, 0);
        delivery->fact = db_int(&rows, 1);
        delivery->topic = arena_str(arena, db_text(&rows, 2));
        delivery->body = arena_str(arena, db_text(&rows, 3));
        delivery->attempts = db_int(&rows, 4);
        delivery->url = arena_str(arena, db_text(&rows, 5));
        delivery->secret = arena_str(arena, db_text(&rows, 6));
        delivery->before = arena_str(arena, db_text(&rows, 7));
        delivery->rotated_at = db_int(&rows, 8);
        db_close(&rows);
    }
    db_read_end(conn);
    return code;
}

static void post(struct delivery *delivery, struct client_response *response)
{
    struct arena *arena = &delivery->arena;
    int64_t now = clock_now();
    struct souk_str signs, id = arena_printf(arena, "msg_%lld", (long long)delivery->fact);
    int both = delivery->before.len && now < delivery->rotated_at + WEBHOOK_SECRET_DAY;
    if (webhook_sign(arena, delivery->secret, both ? delivery->before : souk_str(""), id,
                     now / CLOCK_SECOND, delivery->body, &signs) != SOUK_OK) {
        err_set(&delivery->err, SOUK_INVALID, "its secret is not one; make a new one");
        return;
    }
    struct client_header headers[] = {
        {souk_str("Content-Type"), souk_str("application/json")},
        {souk_str("webhook-id"), id},
        {souk_str("webhook-timestamp"),
         arena_printf(arena, "%lld", (long long)(now / CLOCK_SECOND))},
        {souk_str("webhook-signature"), signs}};
    struct client_request request = {.method = "POST",
                                     .url = delivery->url,
                                     .body = delivery->body,
                                     .headers = headers,
                                     .header_count = sizeof headers / sizeof *headers,
                                     .timeout = TIMEOUT,
                                     .max_bytes = 64 << 10};
    int code = client_call(arena, &request, response, &delivery->err);
    if (code == SOUK_OK)
        delivery->status = response->status;
    else if (code == SOUK_TOO_LARGE) /* it has answered, and nobody reads what */
        delivery->status = response->status ? response->status : 200;
}

/* ---- how it went ---- */

static int pause_write(struct db_conn *conn, struct delivery *delivery, int64_t now)
{
    struct arena *arena = &delivery->arena;
    struct buf text = {.arena = arena};
    struct json *payload = json_new(arena, JSON_OBJECT);
    struct souk_str why = souk_str(delivery->err.text);
    int64_t changed = 0;
    int code = db_run(conn, &sql_webhook_set_state, &changed, DB_INT(delivery->webhook),
                      DB_CSTR("paused"), DB_TEXT(why), DB_INT(now));
    if (code != SOUK_OK || !changed)
        return code;
    json_add_str(arena, payload, "webhook",
                 arena_printf(arena, "%lld", (long long)delivery->webhook));
    json_add_str(arena, payload, "url", delivery->url);
    json_add_str(arena, payload, "why", why);
    json_print(&text, payload);
    return outbox_put(conn, souk_str("webhook.paused"),
                      arena_printf(arena, "webhook:%lld", (long long)delivery->webhook),
                      buf_str(&text), now, NULL);
}

static int dead_write(struct db_conn *conn, struct delivery *delivery, int64_t now)
{
    int64_t failures = 0;
    int code = db_run(conn, &sql_webhook_dead, NULL, DB_INT(delivery->id), DB_INT(delivery->status),
                      DB_CSTR(delivery->err.text), DB_INT(now));
    if (code == SOUK_OK)
        code = db_get_int(conn, &sql_webhook_ill, &failures, DB_INT(delivery->webhook));
    if (code == SOUK_OK && failures >= DEAD_IN_A_ROW)
        code = pause_write(conn, delivery, now);
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

static int gone_write(struct db_conn *conn, struct delivery *delivery, int64_t now)
{
    int code = db_run(conn, &sql_webhook_set_state, NULL, DB_INT(delivery->webhook),
                      DB_CSTR("disabled"), DB_CSTR("the receiver said 410 Gone"), DB_INT(now));
    return code ? code
                : db_run(conn, &sql_webhook_drop_waiting, NULL, DB_INT(delivery->webhook),
                         DB_CSTR("the receiver said 410 Gone"), DB_INT(now));
}

static int is_good(int status)
{
    return status >= 200 && status < 300;
}

static int outcome_write(struct db_conn *conn, void *arg)
{
    struct delivery *delivery = arg;
    int64_t now = clock_now();
    if (is_good(delivery->status)) {
        int code = db_run(conn, &sql_webhook_delivered, NULL, DB_INT(delivery->id),
                          DB_INT(delivery->status), DB_INT(now));
        return code ? code : db_run(conn, &sql_webhook_well, NULL, DB_INT(delivery->webhook));
    }
    if (delivery->status == 410)
        return gone_write(conn, delivery, now);
    if (!delivery->next)
        return dead_write(conn, delivery, now);
    return db_run(conn, &sql_webhook_again_at, NULL, DB_INT(delivery->id), DB_INT(delivery->status),
                  DB_CSTR(delivery->err.text), DB_INT(delivery->next));
}

static void judge(struct delivery *delivery, const struct client_response *response)
{
    int64_t now = clock_now();
    delivery->next = webhook_next_try(delivery->attempts + 1, now);
    if (is_good(delivery->status))
        return;
    if (delivery->status)
        err_set(&delivery->err, SOUK_UNAVAILABLE, "it answered %d", delivery->status);
    int64_t asked =
        delivery->status == 429 || delivery->status == 503 ? asked_for(response, now) : 0;
    if (delivery->next && asked > delivery->next)
        delivery->next = asked;
}

/* 1: sent or at least answered; 0: silence; negative: nothing is due, or it cannot be written. */
static int deliver_one(struct db *db, int64_t webhook, int *slow)
{
    struct delivery delivery = {.webhook = webhook};
    struct client_response response = {0};
    struct err err = {0};
    int64_t begun = clock_mono();
    int code = load_next(db, &delivery);
    if (code == SOUK_OK) {
        post(&delivery, &response);
        *slow = clock_mono() - begun > SLOW;
        judge(&delivery, &response);
        code = db_write(db, outcome_write, &delivery, &err);
    }
    if (code == SOUK_OK)
        log_info("webhook.sent", LOG_I("webhook", webhook), LOG_I("delivery", delivery.id),
                 LOG_I("status", delivery.status), LOG_S("text", delivery.err.text));
    int answered = delivery.status != 0, gone = delivery.status == 410;
    arena_free(&delivery.arena);
    if (gone && code == SOUK_OK)
        webhook_begin(db); /* it listens no more */
    return code == SOUK_OK ? answered : code;
}

/* ---- the job ---- */

struct ending {
    const struct job *job;
    int64_t webhook, not_before;
    struct arena arena;
};

/* The end of this job and the beginning of the next are one: a fact that comes between finds one
 * of them alive. */
static int end_write(struct db_conn *conn, void *arg)
{
    struct ending *ending = arg;
    int64_t due = 0;
    int code = job_finish(conn, ending->job);
    if (code != SOUK_OK)
        return code;
    code = db_get_int(conn, &sql_webhook_next_due, &due, DB_INT(ending->webhook));
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? SOUK_OK : code;
    return webhook_ask(conn, &ending->arena, ending->webhook,
                       due > ending->not_before ? due : ending->not_before, clock_now());
}

static void end(struct db *db, const struct job *job, int64_t webhook, int64_t not_before)
{
    struct ending ending = {.job = job, .webhook = webhook, .not_before = not_before};
    struct err err = {0};
    int code = db_write(db, end_write, &ending, &err);
    if (code != SOUK_OK && code != SOUK_CONFLICT)
        log_error("webhook.not_settled", LOG_I("webhook", webhook), LOG_S("text", err.text));
    arena_free(&ending.arena);
}

static int64_t run_some(struct db *db, int64_t webhook)
{
    int64_t until = clock_mono() + SPAN_OF_RUN;
    int silent = 0, slow = 0, said = 1;
    for (int i = 0;
         i < IN_ONE_RUN && silent < SILENT_MOST && clock_mono() < until && !lane_stops(&lane);
         i++) {
        said = deliver_one(db, webhook, &slow);
        if (said < 0)
            break;
        silent = said ? 0 : silent + 1;
        webhook_set_slow(webhook, slow);
    }
    return silent >= SILENT_MOST ? clock_now() + REST : 0;
}

static void run_job(struct db *db, const struct job *job)
{
    int64_t webhook = 0;
    str_to_int(str_from(job->kind, 8), &webhook);
    webhook_begin(db); /* whoever changed a receiver has asked for this job */
    int slow = webhook_is_slow(webhook);
    int others = slow ? atomic_fetch_add(&running_slow, 1) : 0;
    int64_t not_before = clock_now() + TURN;
    if (others < SLOW_MOST)
        not_before = run_some(db, webhook);
    if (slow)
        atomic_fetch_sub(&running_slow, 1);
    end(db, job, webhook, not_before);
}

/* ---- threads of their own ---- */

void webhook_run(struct db *db, const struct job *job)
{
    lane_run(&lane, db, job, run_job);
}

void webhook_end(void)
{
    lane_end(&lane);
}
