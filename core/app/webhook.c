/*
 * webhook.c: who listens to what, and what a fact leaves for each.
 *
 * The idea: the question "does anybody want this?" is asked at every fact, on the writer, so it is
 * answered from memory; the fact's job asks the database again, which is the truth. What is told is
 * frozen there: the order as it was when the fact was worked on, not as it is when a receiver comes
 * back after two days.
 */
#include "app/webhook_inner.h"

#include <pthread.h>
#include "app/webhook.sql.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/order.h"

#define LISTENERS   256
#define ATTEMPTS    64 /* of the job; those of a delivery are counted in its row */
#define NUMBER_MOST (INT64_C(1) << 53)

/* ---- who listens ---- */

static struct {
    pthread_mutex_t lock;
    struct arena arena;
    struct listener {
        int64_t id;
        const struct json *topics;
        int slow;
    } list[LISTENERS];
    size_t count;
} memory = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* They carry links that open an account, or the address of another receiver. */
static int is_secret(struct souk_str topic)
{
    return str_starts(topic, "account.") || str_starts(topic, "webhook.");
}

int webhook_matches(const struct json *topics, struct souk_str topic)
{
    if (is_secret(topic))
        return 0;
    json_each(item, topics)
    {
        struct souk_str wanted = json_text(&item->value);
        if (souk_str_is(wanted, "*") || souk_str_equal(wanted, topic))
            return 1;
        if (wanted.len > 2 && str_ends(wanted, ".*") && topic.len >= wanted.len &&
            memcmp(topic.ptr, wanted.ptr, wanted.len - 1) == 0)
            return 1;
    }
    return 0;
}

int webhook_wants(struct souk_str topic)
{
    int wanted = 0;
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.count && !wanted; i++)
        wanted = webhook_matches(memory.list[i].topics, topic);
    pthread_mutex_unlock(&memory.lock);
    return wanted;
}

static int was_slow(const struct listener *list, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].id == id)
            return list[i].slow;
    return 0;
}

static int read_listeners(struct db_conn *conn, struct arena *arena, struct listener *list,
                          size_t *count)
{
    struct db_rows rows;
    struct err err = {0};
    int code = db_query(conn, &sql_webhook_listeners, &rows);
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *topics = NULL;
        code = SOUK_OK;
        if (*count == LISTENERS ||
            json_parse(arena, arena_str(arena, db_text(&rows, 1)), &topics, &err) != SOUK_OK)
            continue;
        list[(*count)++] = (struct listener){db_int(&rows, 0), topics, 0};
    }
    return code;
}

void webhook_begin(struct db *db)
{
    struct listener list[LISTENERS];
    struct arena arena = {0};
    size_t count = 0;
    struct db_conn *conn = db_read_begin(db, 0);
    int code = conn ? read_listeners(conn, &arena, list, &count) : SOUK_UNAVAILABLE;
    if (conn)
        db_read_end(conn);
    if (code != SOUK_OK) {
        log_error("webhook.not_read", LOG_S("code", err_name(code)));
        arena_free(&arena);
        return;
    }
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < count; i++)
        list[i].slow = was_slow(memory.list, memory.count, list[i].id);
    arena_free(&memory.arena);
    memory.arena = arena;
    memcpy(memory.list, list, count * sizeof *list);
    memory.count = count;
    pthread_mutex_unlock(&memory.lock);
}

int webhook_is_slow(int64_t id)
{
    pthread_mutex_lock(&memory.lock);
    int slow = was_slow(memory.list, memory.count, id);
    pthread_mutex_unlock(&memory.lock);
    return slow;
}

void webhook_set_slow(int64_t id, int slow)
{
    pthread_mutex_lock(&memory.lock);
    for (size_t i = 0; i < memory.count; i++)
        if (memory.list[i].id == id)
            memory.list[i].slow = slow;
    pthread_mutex_unlock(&memory.lock);
}

int webhook_owns(struct souk_str kind)
{
    int64_t id;
    return str_starts(kind, "webhook:") && str_to_int(str_from(kind, 8), &id) == SOUK_OK;
}

/* ---- from a fact ---- */

int webhook_ask(struct db_conn *conn, struct arena *arena, int64_t id, int64_t due, int64_t now)
{
    struct souk_str kind = arena_printf(arena, "webhook:%lld", (long long)id);
    int code = job_add(conn, kind, souk_str("once"), souk_str(""), souk_str("{}"), ATTEMPTS,
                       due > now ? due : 0, now, NULL);
    if (code == SOUK_CONFLICT)
        code =
            db_run(conn, &sql_webhook_hasten, NULL, DB_TEXT(kind), DB_INT(due > now ? due : now));
    return code;
}

/* Ids have 63 bits, more than a number of JavaScript: outside they are text. */
static void spell_ids(struct arena *arena, struct json *tree)
{
    if (tree->kind == JSON_INT && (tree->number > NUMBER_MOST || tree->number < -NUMBER_MOST))
        *tree = (struct json){.kind = JSON_STRING,
                              .text = arena_printf(arena, "%lld", (long long)tree->number)};
    if (tree->kind != JSON_OBJECT && tree->kind != JSON_ARRAY)
        return;
    for (struct json_item *item = tree->first; item; item = item->next)
        spell_ids(arena, &item->value);
}

struct souk_str webhook_body(struct arena *arena, struct souk_str topic, int64_t at,
                             const struct json *data)
{
    struct buf text = {.arena = arena};
    struct json *body = json_new(arena, JSON_OBJECT);
    json_add_str(arena, body, "type", topic);
    json_add_time(arena, body, "timestamp", at);
    struct json *told = json_copy(arena, data);
    spell_ids(arena, told);
    json_add_tree(arena, body, "data", told);
    json_print(&text, body);
    return buf_str(&text);
}

/* The order's document, and under "fact" what the fact told. */
static struct json *order_data(struct db_conn *conn, struct arena *arena, int64_t order,
                               const struct json *payload)
{
    struct json *doc = NULL;
    if (order_share(conn, arena, order, &doc) != SOUK_OK)
        return NULL;
    json_add_str(arena, doc, "id", arena_printf(arena, "%lld", (long long)order));
    json_add_tree(arena, doc, "fact", payload);
    return doc;
}

static struct souk_str body_of(struct db_conn *conn, struct arena *arena,
                               const struct outbox_fact *fact)
{
    struct err err = {0};
    struct json *payload = NULL, *data = NULL;
    if (json_parse(arena, fact->payload, &payload, &err) != SOUK_OK)
        payload = json_new(arena, JSON_OBJECT);
    int64_t order = json_int(json_at(payload, "order"), 0);
    if (order)
        data = order_data(conn, arena, order, payload);
    return webhook_body(arena, fact->topic, fact->at, data ? data : payload);
}

int webhook_from_fact(struct db_conn *conn, struct arena *arena, const struct outbox_fact *fact,
                      int64_t now)
{
    struct listener *list = arena_array(arena, struct listener, LISTENERS);
    struct souk_str body = STR_NULL;
    size_t count = 0;
    int code = is_secret(fact->topic) ? SOUK_OK : read_listeners(conn, arena, list, &count);
    for (size_t i = 0; code == SOUK_OK && i < count; i++) {
        int64_t changed = 0;
        if (!webhook_matches(list[i].topics, fact->topic))
            continue;
        if (!body.ptr)
            body = body_of(conn, arena, fact);
        code = db_run(conn, &sql_webhook_put_delivery, &changed, DB_INT(id_next()),
                      DB_INT(list[i].id), DB_INT(fact->id), DB_TEXT(fact->topic),
                      DB_TEXT(fact->subject), DB_TEXT(body), DB_INT(now));
        if (code == SOUK_OK && changed)
            code = webhook_ask(conn, arena, list[i].id, 0, now);
    }
    return code;
}
