/*
 * person: making, finding and describing people.
 *
 * The idea: a person who was joined into another keeps their row and points to it. Whoever holds an
 * id from before (a session, a ticket, an order) asks person_root; whoever reads takes the person
 * with all who were joined, in one list.
 *
 * Stages only go up: visitor, lead, subscriber, buyer, regular. Whoever fell asleep (dormant, lost)
 * was a subscriber at least, and comes back by buying. Each step is an event in the log and a fact
 * for plugins, so that a welcome flow can begin with it.
 *
 * It does not do: joining (person_merge.c), handing out and erasing (person_data.c).
 */
#include "shop/person.h"

#include "base/rand.h"
#include "base/str.h"
#include "shop/person.sql.h"
#include "shop/person_inner.h"
#include "shop/visit.h"
#include "store/outbox.h"

static const char *const stages[] = {"visitor", "lead",  "subscriber", "dormant",
                                     "lost",    "buyer", "regular"};
#define STAGES  ((int)(sizeof stages / sizeof *stages))
#define DORMANT 3
#define LOST    4

int person_stage_rank(struct souk_str stage)
{
    for (int i = 0; i < STAGES; i++)
        if (souk_str_is(stage, stages[i]))
            return i;
    return -1;
}

int person_create(struct db_conn *conn, const char *stage, struct souk_str name, const char *locale,
                  int64_t now, int64_t *id)
{
    *id = id_next();
    return db_run(conn, &sql_person_insert, NULL, DB_INT(*id), DB_CSTR(stage), DB_TEXT(name),
                  DB_CSTR(locale), DB_INT(now));
}

int64_t person_root(struct db_conn *conn, int64_t id)
{
    int64_t root;
    return db_get_int(conn, &sql_person_root, &root, DB_INT(id)) == SOUK_OK ? root : id;
}

int person_known(struct db_conn *conn, int64_t id, int64_t *root, int *known)
{
    int code = db_get_int(conn, &sql_person_known, root, DB_INT(id));
    *known = code == SOUK_OK;
    return code == SOUK_NOT_FOUND ? SOUK_OK : code;
}

int person_whole(struct db_conn *conn, struct arena *arena, int64_t id, struct souk_str *list)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_person_whole, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    *list = arena_str(arena, db_text(&rows, 0));
    db_close(&rows);
    return souk_str_is(*list, "[]") ? SOUK_NOT_FOUND : SOUK_OK;
}

/* ---- facts ---- */

int person_tell(struct db_conn *conn, struct arena *arena, const char *topic, int64_t id,
                struct json *payload, int64_t now)
{
    struct buf text = {.arena = arena};
    json_add_int(arena, payload, "person", id);
    json_print(&text, payload);
    return outbox_put(conn, souk_str(topic), arena_printf(arena, "person:%lld", (long long)id),
                      buf_str(&text), now, NULL);
}

int person_note_move(struct db_conn *conn, int64_t id, struct souk_str from, struct souk_str to,
                     int64_t now)
{
    struct arena arena = {0};
    struct json *data = json_new(&arena, JSON_OBJECT);
    json_add_str(&arena, data, "from", from);
    json_add_str(&arena, data, "to", to);
    struct souk_str subject = arena_printf(&arena, "person:%lld", (long long)id);
    int code = event_put(conn, "person.moved", 0, id, subject, data, now);
    if (code == SOUK_OK)
        code = person_tell(conn, &arena, "person.moved", id, data, now);
    arena_free(&arena);
    return code;
}

/* Asleep from any stage but lost, lost from any; awake again by buying alone. */
static int moves(int from, int to)
{
    if (to == DORMANT)
        return from != DORMANT && from != LOST;
    if (to == LOST)
        return from != LOST;
    return to > from;
}

int person_raise(struct db_conn *conn, int64_t id, const char *stage, int64_t now)
{
    struct db_rows rows;
    char before[16];
    id = person_root(conn, id);
    int code = db_first(db_query(conn, &sql_person_stage, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    str_copy(before, sizeof before, db_text(&rows, 0));
    db_close(&rows);
    int to = person_stage_rank(souk_str(stage));
    int from = person_stage_rank(souk_str(before));
    if (to < 0)
        return db_refuse(conn, SOUK_INVALID, "there is no stage \"%s\"", stage);
    if (!moves(from, to))
        return SOUK_OK;
    code = db_run(conn, &sql_person_set_stage, NULL, DB_INT(id), DB_CSTR(stage), DB_INT(now));
    return code ? code : person_note_move(conn, id, souk_str(before), souk_str(stage), now);
}

int person_set_profile(struct db_conn *conn, int64_t id, struct souk_str name, const char *locale,
                       int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_person_set_profile, &changed, DB_INT(id), DB_TEXT(name),
                      DB_CSTR(locale), DB_INT(now));
    return code ? code : changed ? SOUK_OK : SOUK_NOT_FOUND;
}

/* ---- describing ---- */

static void add_time_or_null(struct arena *arena, struct json *parent, const char *key,
                             struct db_rows *rows, int column)
{
    if (db_is_null(rows, column))
        json_add_null(arena, parent, key);
    else
        json_add_time(arena, parent, key, db_int(rows, column));
}

static void add_text(struct arena *arena, struct json *parent, const char *key,
                     struct db_rows *rows, int column)
{
    json_add_str(arena, parent, key, arena_str(arena, db_text(rows, column)));
}

void person_add_json(struct arena *arena, struct json *parent, const char *key,
                     struct souk_str text)
{
    struct json *tree = NULL;
    if (json_parse(arena, arena_str(arena, text), &tree, NULL) == SOUK_OK)
        json_add_tree(arena, parent, key, tree);
    else
        json_add(arena, parent, key, JSON_OBJECT);
}

int person_load_self(struct db_conn *conn, struct arena *arena, int64_t id, struct json *doc)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_person_get, &rows, DB_INT(id)), &rows);
    if (code != SOUK_OK)
        return code;
    json_add_int(arena, doc, "id", db_int(&rows, 0));
    add_text(arena, doc, "stage", &rows, 1);
    add_text(arena, doc, "name", &rows, 2);
    add_text(arena, doc, "locale", &rows, 3);
    add_text(arena, doc, "group", &rows, 4);
    person_add_json(arena, doc, "source", db_text(&rows, 5));
    add_text(arena, doc, "note", &rows, 6);
    add_time_or_null(arena, doc, "created_at", &rows, 7);
    add_time_or_null(arena, doc, "changed_at", &rows, 8);
    json_add_int(arena, doc, "version", db_int(&rows, 9));
    add_time_or_null(arena, doc, "erased_at", &rows, 10);
    db_close(&rows);
    return SOUK_OK;
}

static int load_contacts(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                         struct json *doc)
{
    struct json *list = json_add(arena, doc, "contacts", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_contacts, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, item, "id", db_int(&rows, 0));
        add_text(arena, item, "kind", &rows, 1);
        add_text(arena, item, "value", &rows, 2);
        add_text(arena, item, "written", &rows, 3);
        add_time_or_null(arena, item, "confirmed_at", &rows, 4);
        add_time_or_null(arena, item, "created_at", &rows, 5);
        code = SOUK_OK;
    }
    return code;
}

static int load_consents(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                         struct json *doc)
{
    struct json *list = json_add(arena, doc, "consents", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_consents, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        add_text(arena, item, "channel", &rows, 0);
        json_add_bool(arena, item, "granted", db_int(&rows, 1) != 0);
        add_text(arena, item, "source", &rows, 2);
        add_text(arena, item, "wording", &rows, 3);
        add_time_or_null(arena, item, "at", &rows, 4);
        code = SOUK_OK;
    }
    return code;
}

int person_load_addresses(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                          struct json *list)
{
    static const char *const columns[] = {"name", "company",  "phone", "country", "region",
                                          "city", "postcode", "line1", "line2"};
    struct db_rows rows;
    int code = db_query(conn, &sql_person_addresses, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_int(arena, item, "id", db_int(&rows, 0));
        for (int i = 0; i < (int)(sizeof columns / sizeof *columns); i++)
            add_text(arena, item, columns[i], &rows, i + 1);
        code = SOUK_OK;
    }
    return code;
}

int person_load(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct souk_str whole;
    id = person_root(conn, id);
    *doc = json_new(arena, JSON_OBJECT);
    int code = person_load_self(conn, arena, id, *doc);
    if (code == SOUK_OK)
        code = person_whole(conn, arena, id, &whole);
    if (code == SOUK_OK)
        code = load_contacts(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = load_consents(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = person_load_addresses(conn, arena, whole,
                                     json_add(arena, *doc, "addresses", JSON_ARRAY));
    return code;
}
