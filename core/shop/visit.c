/*
 * visit: views of pages on their way into the event log.
 *
 * The idea: a page that goes out costs a copy into a buffer. Once a second the clock's turn makes
 * one text of what has gathered and hands one write to the writer: one statement, which also finds
 * what the slugs stand for. One write at a time; while it is under way, views gather. Searches
 * among them go to the report of searches too.
 *
 * It does not do: the anonymous id (visit_key.c).
 */
#include "shop/visit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/event.sql.h"
#include "shop/search.h"

#define WAITING_MOST 10000
#define BATCH        2000
#define EVERY        CLOCK_SECOND

static struct {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    struct visit *at;
    size_t count, cap;
    int64_t lost, flushed;
    int writing; /* what follows is with the writer */
    size_t taken;
    struct buf text;
    struct buf searches; /* of those that were told how many were found */
    struct db_write write;
} state = {.lock = PTHREAD_MUTEX_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER};

/* ---- who ---- */

static int has_word(const char *text, size_t len, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= len; i++)
        if (memcmp(text + i, word, size) == 0)
            return 1;
    return 0;
}

int visit_is_robot(struct souk_str user_agent)
{
    static const char *const words[] = {
        "bot",     "crawl",         "spider",   "slurp",      "curl",    "wget",
        "python",  "java/",         "go-http",  "httpclient", "libwww",  "facebookexternalhit",
        "preview", "monitor",       "headless", "lighthouse", "pingdom", "uptime",
        "okhttp",  "axios",         "node",     "undici",     "scrapy",  "feed",
        "phantom", "apache-",       "ruby",     "perl",       "postman", "insomnia",
        "php/",    "fetch",         "archiver", "validator",  "scanner", "probe",
        "check",   "mediapartners", "google-",  "embedly",    "whatsapp"};
    char text[512];
    size_t len = user_agent.len < sizeof text ? user_agent.len : sizeof text;
    if (len < 8)
        return 1;
    for (size_t i = 0; i < len; i++) {
        char c = user_agent.ptr[i];
        text[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    for (size_t i = 0; i + 5 <= len; i++)
        if (memcmp(text + i, "cubot", 5) == 0)
            memcpy(text + i, "phone", 5); /* a maker of telephones */
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(text, len, words[i]))
            return 1;
    return 0;
}

/* ---- gathering ---- */

void visit_note(const struct visit *visit)
{
    pthread_mutex_lock(&state.lock);
    if (state.count == state.cap && state.cap < WAITING_MOST) {
        state.cap = state.cap ? state.cap * 2 : 64;
        if (state.cap > WAITING_MOST)
            state.cap = WAITING_MOST;
        state.at = mem_realloc(state.at, state.cap * sizeof *state.at);
    }
    if (state.count < state.cap)
        state.at[state.count++] = *visit;
    else
        state.lost++;
    pthread_mutex_unlock(&state.lock);
}

/* Whose slug a path ends with; "" when the subject is none. */
static const char *target_of(const struct visit *visit)
{
    if (strcmp(visit->kind, "product.viewed") == 0 && strncmp(visit->subject, "/p/", 3) == 0)
        return "product";
    if (strcmp(visit->kind, "category.viewed") == 0 && strncmp(visit->subject, "/c/", 3) == 0)
        return "category";
    return "";
}

static void add_visit(const struct visit *visit)
{
    const char *target = target_of(visit);
    struct buf *text = &state.text;
    buf_printf(text, "%s[%lld,%lld,", text->len ? "," : "[", (long long)id_next(),
               (long long)visit->at);
    json_print_string(text, souk_str(visit->kind));
    buf_printf(text, ",%lld,%lld,", (long long)visit->visitor, (long long)visit->person_id);
    json_print_string(text, souk_str(visit->subject + (target[0] ? 3 : 0)));
    buf_add_char(text, ',');
    json_print_string(text, souk_str(visit->data[0] ? visit->data : "{}"));
    buf_printf(text, ",\"%s\"]", target);
    if (visit->told && visit->data[0])
        buf_printf(&state.searches, "%s{\"data\":%s,\"found\":%lld,\"at\":%lld}",
                   state.searches.len ? "," : "[", visit->data, (long long)visit->told - 1,
                   (long long)visit->at);
}

/* With the lock held. */
static void gather(void)
{
    state.taken = state.count < BATCH ? state.count : BATCH;
    buf_clear(&state.text);
    buf_clear(&state.searches);
    for (size_t i = 0; i < state.taken; i++)
        add_visit(&state.at[i]);
    buf_add_char(&state.text, ']');
    if (state.searches.len)
        buf_add_char(&state.searches, ']');
    memmove(state.at, state.at + state.taken, (state.count - state.taken) * sizeof *state.at);
    state.count -= state.taken;
}

/* ---- writing ---- */

static int write_searches(struct db_conn *conn)
{
    struct arena arena = {0};
    struct json *searches;
    struct err err = {0};
    int code = json_parse(&arena, buf_str(&state.searches), &searches, &err);
    if (code == SOUK_OK)
        code = search_note_all(conn, &arena, searches);
    arena_free(&arena);
    return code;
}

static int write_visits(struct db_conn *conn, void *arg)
{
    (void)arg;
    int code = db_run(conn, &sql_event_insert_views, NULL, DB_TEXT(buf_str(&state.text)));
    return code || !state.searches.len ? code : write_searches(conn);
}

static void written(struct db_write *write)
{
    if (write->result != SOUK_OK)
        log_error("visits.lost", LOG_I("count", state.taken),
                  LOG_S("code", err_name(write->result)));
    pthread_mutex_lock(&state.lock);
    state.writing = 0;
    pthread_cond_broadcast(&state.idle);
    pthread_mutex_unlock(&state.lock);
}

static int flush(struct db *db, int at_once)
{
    int64_t mono = clock_mono();
    int taken = 0;
    pthread_mutex_lock(&state.lock);
    int due = at_once || state.count >= BATCH || mono - state.flushed >= EVERY;
    int64_t lost = state.lost;
    if (!state.writing && due && state.count) {
        gather();
        taken = (int)state.taken;
        state.writing = 1;
        state.flushed = mono;
        state.lost = 0;
    }
    pthread_mutex_unlock(&state.lock);
    if (!taken)
        return 0;
    if (lost)
        log_warn("visits.lost", LOG_I("count", lost),
                 LOG_S("reason", "more than 10,000 views waited for the writer"));
    state.write = (struct db_write){.fn = write_visits, .done = written};
    int code = db_write_push(db, &state.write);
    if (code != SOUK_OK) {
        state.write.result = code;
        written(&state.write);
    }
    return taken;
}

int visit_flush(struct db *db)
{
    return flush(db, 0);
}

static void wait_idle(void)
{
    pthread_mutex_lock(&state.lock);
    while (state.writing)
        pthread_cond_wait(&state.idle, &state.lock);
    pthread_mutex_unlock(&state.lock);
}

void visit_flush_last(struct db *db)
{
    do
        wait_idle();
    while (flush(db, 1));
    pthread_mutex_lock(&state.lock);
    free(state.at);
    state.at = NULL;
    state.count = state.cap = 0;
    buf_free(&state.text);
    buf_free(&state.searches);
    pthread_mutex_unlock(&state.lock);
}
