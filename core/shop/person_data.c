/*
 * person_data: what the shop knows of a person, handed out as one document, and its removal.
 *
 * Erasing takes names, contacts, consents, addresses, account, links and sessions away, and from
 * events and letters everything that tells whose they are. The person's row stays as a number for
 * the books, empty and marked. Plugins hear "person.erased" and do the same with what is theirs.
 */
#include "shop/person.h"

#include "shop/person.sql.h"
#include "shop/person_inner.h"

static int add_accounts(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                        struct json *doc)
{
    struct json *list = json_add(arena, doc, "accounts", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_accounts, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "email", arena_str(arena, db_text(&rows, 0)));
        json_add_time(arena, item, "created_at", db_int(&rows, 1));
        json_add_time(arena, item, "changed_at", db_int(&rows, 2));
        code = SOUK_OK;
    }
    return code;
}

static int add_events(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                      struct json *doc)
{
    struct json *list = json_add(arena, doc, "events", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_events, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_time(arena, item, "at", db_int(&rows, 1));
        json_add_str(arena, item, "kind", arena_str(arena, db_text(&rows, 2)));
        json_add_str(arena, item, "subject", arena_str(arena, db_text(&rows, 3)));
        person_add_json(arena, item, "data", db_text(&rows, 4));
        code = SOUK_OK;
    }
    return code;
}

/* The partners' links that they came by. */
static int add_clicks(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                      struct json *doc)
{
    static const char *const columns[] = {"provider", "param", "value", "landing"};
    struct json *list = json_add(arena, doc, "clicks", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_clicks, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_time(arena, item, "at", db_int(&rows, 0));
        json_add_time(arena, item, "until", db_int(&rows, 1));
        for (int i = 0; i < (int)(sizeof columns / sizeof *columns); i++)
            json_add_str(arena, item, columns[i], arena_str(arena, db_text(&rows, i + 2)));
        code = SOUK_OK;
    }
    return code;
}

static int add_inquiries(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                         struct json *doc)
{
    static const char *const columns[] = {"name", "email", "text", "locale", "path"};
    struct json *list = json_add(arena, doc, "inquiries", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_inquiries, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        for (int i = 0; i < (int)(sizeof columns / sizeof *columns); i++)
            json_add_str(arena, item, columns[i], arena_str(arena, db_text(&rows, i)));
        json_add_time(arena, item, "at", db_int(&rows, 5));
        code = SOUK_OK;
    }
    return code;
}

static int add_carts(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                     struct json *doc)
{
    struct json *list = json_add(arena, doc, "carts", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_carts, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "state", arena_str(arena, db_text(&rows, 0)));
        json_add_time(arena, item, "created_at", db_int(&rows, 1));
        json_add_time(arena, item, "changed_at", db_int(&rows, 2));
        person_add_json(arena, item, "typed", db_text(&rows, 3));
        person_add_json(arena, item, "lines", db_text(&rows, 4));
        code = SOUK_OK;
    }
    return code;
}

static int add_orders(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                      struct json *doc)
{
    static const char *const texts[] = {"name", "email", "phone"};
    struct json *list = json_add(arena, doc, "orders", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_orders, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        json_add_str(arena, item, "number", arena_str(arena, db_text(&rows, 0)));
        json_add_str(arena, item, "status", arena_str(arena, db_text(&rows, 1)));
        json_add_time(arena, item, "placed_at", db_int(&rows, 2));
        json_add_str(arena, item, "currency", arena_str(arena, db_text(&rows, 3)));
        json_add_int(arena, item, "total", db_int(&rows, 4));
        for (int i = 0; i < 3; i++)
            json_add_str(arena, item, texts[i], arena_str(arena, db_text(&rows, 5 + i)));
        person_add_json(arena, item, "address", db_text(&rows, 8));
        person_add_json(arena, item, "billing", db_text(&rows, 9));
        json_add_str(arena, item, "note", arena_str(arena, db_text(&rows, 10)));
        person_add_json(arena, item, "lines", db_text(&rows, 11));
        code = SOUK_OK;
    }
    return code;
}

static int add_messages(struct db_conn *conn, struct arena *arena, struct souk_str whole,
                        struct json *doc)
{
    static const char *const columns[] = {"channel", "kind", "recipient", "state"};
    struct json *list = json_add(arena, doc, "messages", JSON_ARRAY);
    struct db_rows rows;
    int code = db_query(conn, &sql_person_messages, &rows, DB_TEXT(whole));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, list, NULL, JSON_OBJECT);
        for (int i = 0; i < (int)(sizeof columns / sizeof *columns); i++)
            json_add_str(arena, item, columns[i], arena_str(arena, db_text(&rows, i)));
        json_add_time(arena, item, "created_at", db_int(&rows, 4));
        if (!db_is_null(&rows, 5))
            json_add_time(arena, item, "sent_at", db_int(&rows, 5));
        code = SOUK_OK;
    }
    return code;
}

int person_export(struct db_conn *conn, struct arena *arena, int64_t id, struct json **doc)
{
    struct souk_str whole;
    id = person_root(conn, id);
    int code = person_load(conn, arena, id, doc);
    if (code == SOUK_OK)
        code = person_whole(conn, arena, id, &whole);
    if (code == SOUK_OK)
        code = add_accounts(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = add_inquiries(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = add_carts(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = add_orders(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = add_messages(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = add_events(conn, arena, whole, *doc);
    if (code == SOUK_OK)
        code = add_clicks(conn, arena, whole, *doc);
    return code;
}

int person_erase(struct db_conn *conn, int64_t id, int64_t now, struct err *err)
{
    static const struct db_statement *const steps[] = {
        &sql_person_erase_tickets,      &sql_person_erase_accounts, &sql_person_erase_sessions,
        &sql_person_erase_suppressions, /* while the addresses are known */
        &sql_person_erase_contacts,     &sql_person_erase_consents, &sql_person_erase_addresses,
        &sql_person_erase_merges,       &sql_person_erase_moves,    &sql_person_erase_events,
        &sql_person_erase_inquiries,    &sql_person_erase_carts,    &sql_person_erase_drafts,
        &sql_person_erase_orders,       &sql_person_erase_messages, &sql_person_erase_deliveries,
        &sql_person_erase_uses,         &sql_person_erase_clicks};
    struct arena arena = {0};
    struct souk_str whole;
    int64_t changed = 0;
    id = person_root(conn, id);
    int code = person_whole(conn, &arena, id, &whole);
    for (size_t i = 0; code == SOUK_OK && i < sizeof steps / sizeof *steps; i++)
        code = db_run(conn, steps[i], NULL, DB_TEXT(whole));
    if (code == SOUK_OK)
        code = db_run(conn, &sql_person_erase, &changed, DB_TEXT(whole), DB_INT(now));
    if (code == SOUK_OK && changed)
        code = person_tell(conn, &arena, "person.erased", id, json_new(&arena, JSON_OBJECT), now);
    arena_free(&arena);
    if (code == SOUK_NOT_FOUND)
        return err_set(err, code, "there is no such person");
    return code ? err_set(err, code, "person: nothing was erased") : SOUK_OK;
}
