/*
 * webhook_edit.c: receivers as documents: making, changing, showing them, and sending again what
 * was sent before. A secret is shown by whoever makes it, once; lists never have it.
 */
#include "app/webhook_inner.h"

#include <sodium.h>
#include "app/webhook.sql.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "store/retention.h"

#define URL_MOST    2000
#define TOPICS_MOST 40
#define SECRET_SIZE 32

/* ---- what was sent ---- */

static int wrong(char *pointer, const char *at, struct err *err, const char *words)
{
    str_copy(pointer, 80, souk_str(at));
    return err_set(err, SOUK_INVALID, "%s", words);
}

static int check_url(struct souk_str url, char *pointer, struct err *err)
{
    size_t scheme = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
    if (!scheme || url.len <= scheme || url.len > URL_MOST || url.ptr[scheme] == '/')
        return wrong(pointer, "/url", err,
                     "must be an address that begins with https:// or http://");
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= 32 || url.ptr[i] == 127)
            return wrong(pointer, "/url", err, "must not have blanks in it");
    return SOUK_OK;
}

static int is_topic(struct souk_str text)
{
    if (souk_str_is(text, "*"))
        return 1;
    if (text.len < 3 || text.len > 60 || str_find(text, '.') < 1)
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int last = c == '*' && i + 1 == text.len && text.ptr[i - 1] == '.';
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || last))
            return 0;
    }
    return 1;
}

static int check_topics(const struct json *topics, char *pointer, struct err *err)
{
    if (!topics || topics->kind != JSON_ARRAY || !topics->count || topics->count > TOPICS_MOST)
        return wrong(pointer, "/topics", err,
                     "must be a list of facts, such as [\"order.*\"] or [\"*\"]");
    json_each(item, topics)
    {
        struct souk_str topic = json_text(&item->value);
        if (!is_topic(topic))
            return wrong(pointer, "/topics", err,
                         "names facts like \"order.placed\", \"order.*\" or \"*\"");
        if (str_starts(topic, "account."))
            return wrong(pointer, "/topics", err,
                         "facts about accounts are not told: they carry what opens an account");
    }
    return SOUK_OK;
}

static struct souk_str printed(struct arena *arena, const struct json *value)
{
    struct buf text = {.arena = arena};
    json_print(&text, value);
    return buf_str(&text);
}

static struct souk_str new_secret(struct arena *arena)
{
    unsigned char bytes[SECRET_SIZE];
    char text[sodium_base64_ENCODED_LEN(SECRET_SIZE, sodium_base64_VARIANT_ORIGINAL)];
    rand_bytes(bytes, sizeof bytes);
    sodium_bin2base64(text, sizeof text, bytes, sizeof bytes, sodium_base64_VARIANT_ORIGINAL);
    return arena_printf(arena, "whsec_%s", text);
}

/* ---- making and changing ---- */

int webhook_create(struct db_conn *conn, struct arena *arena, const struct json *doc, int64_t now,
                   int64_t *id, char *pointer, struct err *err)
{
    struct souk_str url = json_text(json_at(doc, "url"));
    const struct json *topics = json_at(doc, "topics");
    int code = check_url(url, pointer, err);
    if (code == SOUK_OK)
        code = check_topics(topics, pointer, err);
    if (code != SOUK_OK)
        return code;
    *id = id_next();
    code = db_run(conn, &sql_webhook_insert, NULL, DB_INT(*id), DB_TEXT(url),
                  DB_TEXT(printed(arena, topics)), DB_TEXT(new_secret(arena)), DB_INT(now));
    return code ? code : webhook_ask(conn, arena, *id, 0, now);
}

struct present {
    struct souk_str url, topics, state;
};

static int read_present(struct db_conn *conn, struct arena *arena, int64_t id,
                        struct present *present)
{
    struct db_rows rows;
    int code = id > 0 ? db_first(db_query(conn, &sql_webhook_get, &rows, DB_INT(id)), &rows)
                      : SOUK_NOT_FOUND;
    if (code != SOUK_OK)
        return code;
    present->url = arena_str(arena, db_text(&rows, 1));
    present->topics = arena_str(arena, db_text(&rows, 2));
    present->state = arena_str(arena, db_text(&rows, 3));
    db_close(&rows);
    return SOUK_OK;
}

int webhook_change(struct db_conn *conn, struct arena *arena, int64_t id, const struct json *doc,
                   int64_t now, char *pointer, struct err *err)
{
    struct present to;
    int code = read_present(conn, arena, id, &to);
    if (code != SOUK_OK)
        return err_set(err, code, "there is no such webhook");
    if (json_at(doc, "url")) {
        to.url = json_text(json_at(doc, "url"));
        code = check_url(to.url, pointer, err);
    }
    if (code == SOUK_OK && json_at(doc, "topics")) {
        code = check_topics(json_at(doc, "topics"), pointer, err);
        to.topics = printed(arena, json_at(doc, "topics"));
    }
    if (code == SOUK_OK && json_at(doc, "state")) {
        to.state = json_text(json_at(doc, "state"));
        if (!souk_str_is(to.state, "active") && !souk_str_is(to.state, "paused"))
            code = wrong(pointer, "/state", err, "is \"active\" or \"paused\"");
    }
    if (code == SOUK_OK)
        code = db_run(conn, &sql_webhook_change, NULL, DB_INT(id), DB_TEXT(to.url),
                      DB_TEXT(to.topics), DB_TEXT(to.state), DB_INT(now));
    /* what waited while it was paused goes now */
    if (code == SOUK_OK)
        code = webhook_ask(conn, arena, id, 0, now);
    return code;
}

/* Its job runs once more: it makes the memory of who listens new, and finds nothing to send. */
int webhook_remove(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_webhook_delete, &changed, DB_INT(id));
    if (code == SOUK_OK && !changed)
        return SOUK_NOT_FOUND;
    return code ? code : webhook_ask(conn, arena, id, 0, now);
}

int webhook_rotate(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_webhook_rotate, &changed, DB_INT(id), DB_TEXT(new_secret(arena)),
                      DB_INT(now));
    return code == SOUK_OK && !changed ? SOUK_NOT_FOUND : code;
}

int webhook_test(struct db_conn *conn, struct arena *arena, int64_t id, int64_t now)
{
    struct present present;
    struct json *data = json_new(arena, JSON_OBJECT);
    int code = read_present(conn, arena, id, &present);
    if (code != SOUK_OK)
        return code;
    json_add_str(arena, data, "webhook", arena_printf(arena, "%lld", (long long)id));
    code = db_run(conn, &sql_webhook_put_delivery, NULL, DB_INT(id_next()), DB_INT(id),
                  DB_INT(id_next()), DB_CSTR("webhook.test"), DB_CSTR(""),
                  DB_TEXT(webhook_body(arena, souk_str("webhook.test"), now, data)), DB_INT(now));
    return code ? code : webhook_ask(conn, arena, id, 0, now);
}

int webhook_replay(struct db_conn *conn, struct arena *arena, int64_t id, int64_t delivery,
                   int64_t from, int64_t until, struct souk_str state, int64_t now, int64_t *count)
{
    struct present present;
    int code = read_present(conn, arena, id, &present);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_webhook_replay, count, DB_INT(id), DB_INT(delivery), DB_INT(from),
                      DB_INT(until), DB_TEXT(state), DB_INT(now));
    if (code == SOUK_OK && delivery && !*count)
        return SOUK_NOT_FOUND;
    return code ? code : webhook_ask(conn, arena, id, 0, now);
}

int webhook_replay_one(struct db_conn *conn, struct arena *arena, int64_t delivery, int64_t now)
{
    int64_t webhook = 0, count = 0;
    int code = db_get_int(conn, &sql_webhook_of_delivery, &webhook, DB_INT(delivery));
    return code ? code
                : webhook_replay(conn, arena, webhook, delivery, 0, INT64_MAX, souk_str(""), now,
                                 &count);
}

int webhook_sweep(struct db *db, int64_t before, struct err *err)
{
    const struct retention_rule rule = {&sql_webhook_sweep, before};
    return retention_sweep(db, &rule, 1, err);
}

/* ---- reading ---- */

static struct json *parsed(struct arena *arena, struct souk_str text)
{
    struct err err = {0};
    struct json *value = NULL;
    return json_parse(arena, arena_str(arena, text), &value, &err) == SOUK_OK
               ? value
               : json_new(arena, JSON_ARRAY);
}

static void add_row(struct arena *arena, struct db_rows *rows, int secret, struct json *doc)
{
    json_add_str(arena, doc, "id", arena_printf(arena, "%lld", (long long)db_int(rows, 0)));
    json_add_str(arena, doc, "url", arena_str(arena, db_text(rows, 1)));
    json_add_tree(arena, doc, "topics", parsed(arena, db_text(rows, 2)));
    json_add_str(arena, doc, "state", arena_str(arena, db_text(rows, 3)));
    json_add_str(arena, doc, "why", arena_str(arena, db_text(rows, 4)));
    json_add_int(arena, doc, "failures", db_int(rows, 5));
    json_add_int(arena, doc, "waiting", db_int(rows, 10));
    json_add_int(arena, doc, "dead", db_int(rows, 11));
    json_add_time(arena, doc, "created_at", db_int(rows, 6));
    json_add_time(arena, doc, "changed_at", db_int(rows, 7));
    json_add_int(arena, doc, "version", db_int(rows, 8));
    if (secret)
        json_add_str(arena, doc, "secret", arena_str(arena, db_text(rows, 9)));
}

int webhook_show(struct db_conn *conn, struct arena *arena, int64_t id, int secret,
                 struct json **doc)
{
    struct db_rows rows;
    int code = id > 0 ? db_first(db_query(conn, &sql_webhook_get, &rows, DB_INT(id)), &rows)
                      : SOUK_NOT_FOUND;
    if (code != SOUK_OK)
        return code;
    *doc = json_new(arena, JSON_OBJECT);
    add_row(arena, &rows, secret, *doc);
    db_close(&rows);
    return SOUK_OK;
}

int webhook_list(struct db_conn *conn, struct arena *arena, struct json *items)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_webhook_get, &rows, DB_INT(0));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        add_row(arena, &rows, 0, json_add(arena, items, NULL, JSON_OBJECT));
        code = SOUK_OK;
    }
    return code;
}

int webhook_deliveries(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str state,
                       int64_t before, int limit, struct json *items)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_webhook_deliveries, &rows, DB_INT(id), DB_TEXT(state),
                        DB_INT(before), DB_INT(limit));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_str(arena, item, "id", arena_printf(arena, "%lld", (long long)db_int(&rows, 0)));
        json_add_str(arena, item, "message",
                     arena_printf(arena, "msg_%lld", (long long)db_int(&rows, 1)));
        json_add_str(arena, item, "type", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, item, "state", arena_str(arena, db_text(&rows, 3)));
        json_add_int(arena, item, "attempts", db_int(&rows, 4));
        json_add_int(arena, item, "status", db_int(&rows, 5));
        json_add_str(arena, item, "why", arena_str(arena, db_text(&rows, 6)));
        json_add_time(arena, item, "due_at", db_int(&rows, 7));
        json_add_time(arena, item, "created_at", db_int(&rows, 8));
        if (db_is_null(&rows, 9))
            json_add_null(arena, item, "done_at");
        else
            json_add_time(arena, item, "done_at", db_int(&rows, 9));
        code = SOUK_OK;
    }
    return code;
}
