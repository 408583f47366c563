/*
 * conversion_click.c: catching clicks, on I/O threads, without asking the database.
 *
 * The idea: the cookie holds an unguessable name for the click and a short hash of what it says. A
 * link that is opened again brings a cookie whose hash fits, and makes the same click younger; any
 * other click gets a name of its own, so the last one wins. What is noted gathers in memory and is
 * handed to the writer as one write at a time: the first at once, what comes meanwhile with the
 * next turn of the clock; so a flood of clicks costs one place in the writer's queue.
 *
 * Nothing is stored of, and no cookie given to: robots, prefetches, HEAD, and whoever does not want
 * to be told apart (Sec-GPC, DNT, the choice made on /privacy or in the account). A cookie that
 * somebody made up finds nothing.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/conversion.sql.h"
#include "app/conversion_inner.h"
#include "app/storefront/route.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "bridge/provider.h"
#include "shop/person.h"
#include "shop/visit.h"
#include "store/digest.h"
#include "web/session.h"

#define COOKIE       "souk_click"
#define TOKEN_BYTES  16 /* 22 letters */
#define TOKEN_CHARS  22
#define HASH_CHARS   8
#define VALUE_MOST   200
#define PARAM_MOST   64
#define LANDING_MOST 200
#define WAITING_MOST 10000
#define BATCH_MOST   1000
#define SLICE        500

struct click {
    char token[TOKEN_CHARS + 1], provider[64], param[PARAM_MOST + 1];
    char value[VALUE_MOST + 1], landing[LANDING_MOST + 1];
    int32_t flags;
    int64_t visitor, person_id, cart_id, at, expires_at;
};

static _Atomic int any; /* clicks or conversions, ever */

static struct {
    pthread_mutex_t lock;
    struct click *at; /* to be written */
    size_t count, cap, lost;
    struct click *writing; /* with the writer while busy */
    size_t writing_count;
    int busy;
    struct db_write write;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};

int conversion_any(void)
{
    return atomic_load_explicit(&any, memory_order_relaxed);
}

void conversion_any_set(void)
{
    atomic_store_explicit(&any, 1, memory_order_relaxed);
}

void conversion_begin(struct db *db)
{
    int64_t found = 0;
    struct db_conn *conn = db_read_begin(db, 0);
    if (conn && db_get_int(conn, &sql_conversion_any, &found) == SOUK_OK && found)
        conversion_any_set();
    if (conn)
        db_read_end(conn);
}

/* ---- into the database ---- */

static int put(struct db_conn *conn, const struct click *click)
{
    return db_run(conn, &sql_conversion_click_put, NULL, DB_INT(id_next()), DB_CSTR(click->token),
                  DB_CSTR(click->provider), DB_CSTR(click->param), DB_CSTR(click->value),
                  DB_CSTR(click->landing), DB_INT(click->flags), DB_INT(click->visitor),
                  DB_INT(click->person_id), click->cart_id ? DB_INT(click->cart_id) : DB_NULL,
                  DB_INT(click->at), DB_INT(click->expires_at));
}

struct batch {
    const struct click *at;
    size_t count;
};

static int write_batch(struct db_conn *conn, void *arg)
{
    const struct batch *batch = arg;
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < batch->count; i++)
        code = put(conn, &batch->at[i]);
    return code;
}

/* The lock is held. Up to BATCH_MOST of the oldest, for one write; NULL when nothing waits. */
static struct click *take_some(size_t *count)
{
    *count = memory.count < BATCH_MOST ? memory.count : BATCH_MOST;
    if (!*count)
        return NULL;
    struct click *taken = mem_alloc(*count * sizeof *taken);
    memcpy(taken, memory.at, *count * sizeof *taken);
    memory.count -= *count;
    memmove(memory.at, memory.at + *count, memory.count * sizeof *memory.at);
    return taken;
}

static int write_taken(struct db_conn *conn, void *arg)
{
    struct batch batch = {memory.writing, memory.writing_count};
    (void)arg;
    return write_batch(conn, &batch);
}

static void written(struct db_write *write)
{
    pthread_mutex_lock(&memory.lock);
    if (write->result != SOUK_OK)
        log_warn("click.not_written", LOG_I("count", (int64_t)memory.writing_count),
                 LOG_S("reason", err_name(write->result)));
    free(memory.writing);
    memory.writing = NULL;
    memory.writing_count = 0;
    memory.busy = 0;
    pthread_mutex_unlock(&memory.lock);
}

void conversion_click_turn(struct db *db)
{
    pthread_mutex_lock(&memory.lock);
    if (memory.lost)
        log_warn("click.lost", LOG_I("count", (int64_t)memory.lost));
    memory.lost = 0;
    if (!memory.busy && memory.count) {
        memory.writing = take_some(&memory.writing_count);
        memory.write = (struct db_write){.fn = write_taken, .done = written};
        memory.busy = 1;
        if (db_write_push(db, &memory.write) != SOUK_OK) { /* full: they wait for the next turn */
            memmove(memory.at + memory.writing_count, memory.at, memory.count * sizeof *memory.at);
            memcpy(memory.at, memory.writing, memory.writing_count * sizeof *memory.at);
            memory.count += memory.writing_count;
            free(memory.writing);
            memory.writing = NULL;
            memory.busy = 0;
        }
    }
    pthread_mutex_unlock(&memory.lock);
}

static void note(struct db *db, const struct click *click)
{
    conversion_any_set();
    pthread_mutex_lock(&memory.lock);
    if (memory.count == memory.cap && memory.cap < WAITING_MOST) {
        memory.cap = memory.cap ? memory.cap * 2 : 64;
        memory.at = mem_realloc(memory.at, memory.cap * sizeof *memory.at);
    }
    if (memory.count < memory.cap && memory.count < WAITING_MOST)
        memory.at[memory.count++] = *click;
    else
        memory.lost++;
    pthread_mutex_unlock(&memory.lock);
    conversion_click_turn(db);
}

/* Up to BATCH_MOST of what waits, in a write that is waited for; what is with the writer already
 * comes before it. 0: nothing waits, or it could not be written. */
static size_t flush_some(struct db *db)
{
    struct err err = {0};
    struct batch batch;
    pthread_mutex_lock(&memory.lock);
    struct click *taken = take_some(&batch.count);
    pthread_mutex_unlock(&memory.lock);
    batch.at = taken;
    int code = batch.count ? db_write(db, write_batch, &batch, &err) : SOUK_OK;
    free(taken);
    if (code == SOUK_OK)
        return batch.count;
    log_warn("click.not_written", LOG_I("count", (int64_t)batch.count), LOG_S("reason", err.text));
    return 0;
}

void conversion_flush(struct db *db)
{
    while (flush_some(db))
        ;
}

static int waits(struct souk_str token)
{
    int found = 0;
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.count && !found; i++)
        found = souk_str_is(token, memory.at[i].token);
    pthread_mutex_unlock(&memory.lock);
    return found;
}

/* Others' clicks go on coming: only one's own is waited for. */
void conversion_catch_up(struct request *request)
{
    struct souk_str token = conversion_token(request);
    while (token.len && conversion_any() && waits(token) && flush_some(request->db))
        ;
}

struct sweeping {
    int64_t now, gone;
};

static int sweep_write(struct db_conn *conn, void *arg)
{
    struct sweeping *sweeping = arg;
    return db_run(conn, &sql_conversion_click_sweep, &sweeping->gone, DB_INT(sweeping->now),
                  DB_INT(SLICE));
}

int conversion_sweep(struct db *db, int64_t now, struct err *err)
{
    struct sweeping sweeping = {.now = now, .gone = SLICE};
    int code = SOUK_OK;
    while (code == SOUK_OK && sweeping.gone == SLICE)
        code = db_write(db, sweep_write, &sweeping, err);
    return code;
}

/* ---- what a landing says ---- */

static int is_plain(struct souk_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return 0;
    return 1;
}

static int is_click(struct souk_str value)
{
    return value.len > 0 && value.len <= VALUE_MOST && utf8_valid(value) && is_plain(value);
}

static void fill(struct click *click, const struct track_taker *taker, struct souk_str param,
                 struct souk_str value, int64_t now)
{
    *click = (struct click){.flags = taker->flags, .at = now, .expires_at = now + taker->window};
    str_copy(click->provider, sizeof click->provider, souk_str(taker->provider));
    str_copy(click->param, sizeof click->param, param);
    str_copy(click->value, sizeof click->value, value);
}

static int is_ahead(const struct request *request)
{
    return str_starts(request_header(request, "sec-purpose"), "prefetch") ||
           souk_str_is(request_header(request, "purpose"), "prefetch");
}

/* Pages of staff, and of one's own things, are no landing pages. */
static int is_landing(const struct request *request)
{
    static const char *const roots[] = {"/admin", "/account", "/order", "/checkout"};
    struct souk_str path = request->local_path;
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        size_t len = strlen(roots[i]);
        if (str_starts(path, roots[i]) && (path.len == len || path.ptr[len] == '/'))
            return 0;
    }
    return 1;
}

const void *conversion_asked(struct request *request)
{
    uint32_t ticket;
    struct track_taker taker;
    struct click *click = NULL;
    struct plugin_set *set = set_pin(&ticket);
    if (track_any(set) && !request->head && is_landing(request) && !is_ahead(request) &&
        !visit_is_robot(request_header(request, "user-agent"))) {
        request_query(request, ""); /* parses */
        for (size_t i = 0; i < request->query.count && !click; i++) {
            struct souk_str param = request->query.at[i].name, value = request->query.at[i].value;
            if (param.len > PARAM_MOST || !is_click(value) || !track_takes(set, param, &taker))
                continue;
            click = arena_new(&request->arena, struct click);
            fill(click, &taker, param, value, request->now);
        }
    }
    set_unpin(ticket);
    return click;
}

/* ---- the cookie ---- */

static int is_token(struct souk_str text)
{
    if (text.len != TOKEN_CHARS)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return 0;
    }
    return 1;
}

struct souk_str conversion_token(struct request *request)
{
    struct souk_str cookie = request_cookie(request, COOKIE), token;
    if (!str_split(&cookie, '.', &token) || !is_token(token))
        return souk_str("");
    return token;
}

/* The same for the same words, today and after a restart. */
static void hash_click(const struct click *click, char hash[HASH_CHARS + 1])
{
    const struct souk_str pieces[] = {souk_str(click->provider), souk_str(click->param),
                                      souk_str(click->value)};
    unsigned char digest[DIGEST_LEN];
    digest_pieces(digest, pieces, 3);
    for (size_t i = 0; i < HASH_CHARS / 2; i++)
        snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}

int conversion_refused(struct request *request)
{
    return visits_visitor(request) == 0;
}

static int64_t signed_in(const struct request *request)
{
    int64_t person = 0;
    const struct session *session = request->session_known ? request->session : NULL;
    if (!session || str_to_int(json_text(json_at(session->data, "person")), &person) != SOUK_OK)
        return 0;
    return person;
}

void conversion_answered(struct request *request)
{
    struct click click = *(const struct click *)request->landing;
    int status = request->answer.status;
    char hash[HASH_CHARS + 1];
    if (session_cookie(request)) { /* a redirect's handler had no need to look */
        session_find(request);
        request_conn_end(request);
    }
    if (status < 200 || status >= 400 || request->answer.ready || conversion_refused(request))
        return;
    struct souk_str token = conversion_token(request);
    struct souk_str cookie = request_cookie(request, COOKIE);
    hash_click(&click, hash);
    if (token.len && souk_str_is(str_from(cookie, TOKEN_CHARS + 1), hash))
        str_copy(click.token, sizeof click.token, token);
    else
        rand_token(click.token, TOKEN_BYTES);
    struct souk_str path = request->local_path;
    while (path.len > LANDING_MOST) /* never half a letter */
        path = utf8_cut(path, utf8_length(path) - 8);
    if (utf8_valid(path))
        str_copy(click.landing, sizeof click.landing, path);
    click.visitor = visits_visitor(request);
    click.person_id = signed_in(request);
    answer_cookie(request, COOKIE, arena_printf(&request->arena, "%s.%s", click.token, hash),
                  (click.expires_at - click.at) / CLOCK_SECOND);
    note(request->db, &click);
}

/* ---- other ways in, and out ---- */

int conversion_join(struct request *request, int64_t person_id)
{
    struct souk_str token = conversion_token(request);
    if (!token.len || !conversion_any())
        return SOUK_OK;
    if (consent_held(request->conn, person_id, "analytics") == 0)
        return conversion_forget(request);
    return db_run(request->conn, &sql_conversion_click_own, NULL, DB_TEXT(token),
                  DB_INT(person_id));
}

int conversion_forget(struct request *request)
{
    struct souk_str token = conversion_token(request);
    int64_t person = 0;
    int code = SOUK_OK;
    if (!conversion_any())
        return SOUK_OK;
    if (token.len)
        code = db_run(request->conn, &sql_conversion_click_forget, NULL, DB_TEXT(token));
    session_find(request);
    if ((person = signed_in(request)) && code == SOUK_OK)
        code = db_run(request->conn, &sql_conversion_click_forget_person, NULL, DB_INT(person));
    if (code == SOUK_OK && request_cookie(request, COOKIE).len)
        code = answer_cookie(request, COOKIE, souk_str(""), 0);
    return code;
}

static int wrong(char *pointer, const char *place, struct err *err, const char *words)
{
    snprintf(pointer, 24, "/click%s", place);
    return err_set(err, SOUK_INVALID, "%s", words);
}

int conversion_of_cart(struct request *request, struct db_conn *conn, const struct json *doc,
                       int64_t cart_id, char *pointer, struct err *err)
{
    uint32_t ticket;
    struct track_taker taker;
    struct click click;
    const struct json *param = json_at(doc, "param"), *value = json_at(doc, "value");
    if (doc->kind != JSON_OBJECT)
        return wrong(pointer, "", err, "a click is {\"param\", \"value\"}");
    if (!param || param->kind != JSON_STRING || !param->text.len || param->text.len > PARAM_MOST)
        return wrong(pointer, "/param", err,
                     "the name of the parameter that the click came in, at most 64 bytes");
    if (!value || value->kind != JSON_STRING || !is_click(value->text))
        return wrong(pointer, "/value", err,
                     "what stood in the parameter: 1 to 200 bytes without control characters");
    if (conversion_refused(request))
        return SOUK_OK;
    struct plugin_set *set = set_pin(&ticket);
    int taken = track_takes(set, param->text, &taker);
    if (taken)
        fill(&click, &taker, param->text, value->text, request->now);
    set_unpin(ticket);
    if (!taken)
        return SOUK_OK;
    rand_token(click.token, TOKEN_BYTES);
    click.visitor = visits_visitor(request);
    click.cart_id = cart_id;
    conversion_any_set();
    return put(conn, &click);
}
