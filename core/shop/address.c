/*
 * address: where to send things. A person has up to fifty; the one chosen last is offered first.
 * What a country wants in an address differs too much for rules here: name, street, city and a
 * country are asked for everywhere, a postcode and a region are taken as they come.
 */
#include "shop/account.h"

#include <ctype.h>

#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/address.sql.h"
#include "shop/person_inner.h"

#define ADDRESSES_MOST 50
#define FIELDS         9

static const struct {
    const char *key;
    size_t most;
    const char *missing; /* NULL: may be empty */
} fields[FIELDS] = {
    {"name", 100, "a name is needed: who receives it"},
    {"company", 100, NULL},
    {"phone", 40, NULL},
    {"country", 2, "choose a country"},
    {"region", 100, NULL},
    {"city", 100, "a city is needed"},
    {"postcode", 20, NULL},
    {"line1", 200, "a street and number are needed"},
    {"line2", 200, NULL},
};

struct address {
    struct souk_str value[FIELDS];
};

/* One word for each field that is wrong: *wrong is its name. */
int address_check(struct arena *arena, const struct json *doc, const char **wrong, struct err *err)
{
    for (int i = 0; i < FIELDS; i++) {
        struct souk_str value = str_trim(json_text(json_at(doc, fields[i].key)));
        *wrong = fields[i].key;
        if (value.len == 0 && fields[i].missing)
            return err_set(err, SOUK_INVALID, "%s", fields[i].missing);
        if (!utf8_valid(value) || utf8_length(value) > fields[i].most)
            return err_set(err, SOUK_INVALID, "this is too long for an address");
    }
    struct souk_str phone = str_trim(json_text(json_at(doc, "phone"))), value;
    struct souk_str country = str_trim(json_text(json_at(doc, "country")));
    *wrong = "country";
    if (country.len != 2 || !isalpha((unsigned char)country.ptr[0]) ||
        !isalpha((unsigned char)country.ptr[1]))
        return err_set(err, SOUK_INVALID, "choose a country");
    *wrong = "phone";
    const char *code = utf8_upper(arena, country).ptr;
    return phone.len ? contact_normalize(arena, "phone", phone, code, &value, err) : SOUK_OK;
}

static void read_doc(struct arena *arena, const struct json *doc, struct address *address)
{
    for (int i = 0; i < FIELDS; i++)
        address->value[i] = str_trim(json_text(json_at(doc, fields[i].key)));
    address->value[3] = utf8_upper(arena, address->value[3]);
}

static int insert(struct db_conn *conn, struct souk_str whole, int64_t person_id, int64_t id,
                  const struct address *a, int64_t now, struct err *err)
{
    int64_t count = 0;
    int code = db_get_int(conn, &sql_address_count, &count, DB_TEXT(whole));
    if (code == SOUK_OK && count >= ADDRESSES_MOST)
        return err_set(err, SOUK_TOO_LARGE, "there are %d addresses already; remove one first",
                       ADDRESSES_MOST);
    return code ? code
                : db_run(conn, &sql_address_insert, NULL, DB_INT(id), DB_INT(person_id),
                         DB_TEXT(a->value[0]), DB_TEXT(a->value[1]), DB_TEXT(a->value[2]),
                         DB_TEXT(a->value[3]), DB_TEXT(a->value[4]), DB_TEXT(a->value[5]),
                         DB_TEXT(a->value[6]), DB_TEXT(a->value[7]), DB_TEXT(a->value[8]),
                         DB_INT(now));
}

static int update(struct db_conn *conn, struct souk_str whole, int64_t id, const struct address *a)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_address_update, &changed, DB_INT(id), DB_TEXT(whole),
                      DB_TEXT(a->value[0]), DB_TEXT(a->value[1]), DB_TEXT(a->value[2]),
                      DB_TEXT(a->value[3]), DB_TEXT(a->value[4]), DB_TEXT(a->value[5]),
                      DB_TEXT(a->value[6]), DB_TEXT(a->value[7]), DB_TEXT(a->value[8]));
    return code ? code : changed ? SOUK_OK : SOUK_NOT_FOUND;
}

int address_save(struct db_conn *conn, struct arena *arena, int64_t person_id, int64_t address_id,
                 const struct json *doc, int64_t now, int64_t *id, struct err *err)
{
    struct address address;
    struct souk_str whole;
    const char *wrong;
    person_id = person_root(conn, person_id);
    int code = address_check(arena, doc, &wrong, err);
    if (code != SOUK_OK)
        return code;
    read_doc(arena, doc, &address);
    code = person_whole(conn, arena, person_id, &whole);
    *id = address_id ? address_id : id_next();
    if (code == SOUK_OK)
        code = address_id ? update(conn, whole, address_id, &address)
                          : insert(conn, whole, person_id, *id, &address, now, err);
    if (code == SOUK_NOT_FOUND)
        return err_set(err, code, "there is no such address");
    return code;
}

static int change(struct db_conn *conn, const struct db_statement *statement, int64_t person_id,
                  int64_t address_id, int64_t now)
{
    struct arena arena = {0};
    struct souk_str whole;
    int64_t changed = 0;
    int code = person_whole(conn, &arena, person_root(conn, person_id), &whole);
    if (code == SOUK_OK && now)
        code = db_run(conn, statement, &changed, DB_INT(address_id), DB_TEXT(whole), DB_INT(now));
    else if (code == SOUK_OK)
        code = db_run(conn, statement, &changed, DB_INT(address_id), DB_TEXT(whole));
    arena_free(&arena);
    return code ? code : changed ? SOUK_OK : SOUK_NOT_FOUND;
}

int address_remove(struct db_conn *conn, int64_t person_id, int64_t address_id)
{
    return change(conn, &sql_address_delete, person_id, address_id, 0);
}

int address_first(struct db_conn *conn, int64_t person_id, int64_t address_id, int64_t now)
{
    return change(conn, &sql_address_choose, person_id, address_id, now);
}

int address_list(struct db_conn *conn, struct arena *arena, int64_t person_id, struct json *list)
{
    struct souk_str whole;
    int code = person_whole(conn, arena, person_root(conn, person_id), &whole);
    return code ? code : person_load_addresses(conn, arena, whole, list);
}
