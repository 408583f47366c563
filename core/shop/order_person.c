/*
 * order_person: whose order it is. Who is signed in is known; a guest's address of mail finds the
 * record that left it before without proof, or makes a new one. Nobody becomes the owner of an
 * account by writing its address: that takes a proof (contact_confirm), and joins the records then.
 */
#include "shop/order_inner.h"

#include "shop/account.h"
#include "shop/order_place.sql.h"
#include "shop/person.h"

#define WORDING "Send me news and offers by e-mail"

static int find_guest(struct db_conn *conn, struct arena *arena, const struct order_offer *offer,
                      int64_t now, int64_t *person_id)
{
    const struct order_draft *draft = offer->draft;
    struct err err = {0};
    int64_t contact;
    int code = db_get_int(conn, &sql_order_place_guest, person_id, DB_TEXT(draft->email));
    if (code == SOUK_OK)
        return person_raise(conn, *person_id, "buyer", now);
    if (code != SOUK_NOT_FOUND)
        return code;
    code = person_create(conn, "buyer", draft->name, offer->market->locale, now, person_id);
    return code ? code
                : contact_add(conn, arena, *person_id, "email", draft->email, now, &contact, &err);
}

/* In the book of who is signed in, once; the one used last is offered first. An address that the
 * book does not take is no reason to lose an order. */
static int keep_address(struct db_conn *conn, struct arena *arena, const struct order_draft *draft,
                        int64_t person_id, int64_t now)
{
    const struct order_address *address = &draft->address;
    struct err err = {0};
    int64_t id = 0;
    if (!address->line1.len || !draft->name.len)
        return SOUK_OK;
    int code =
        db_get_int(conn, &sql_order_place_address, &id, DB_INT(person_id),
                   DB_TEXT(address->country), DB_TEXT(address->city), DB_TEXT(address->postcode),
                   DB_TEXT(address->line1), DB_TEXT(address->line2));
    if (code == SOUK_OK)
        return address_first(conn, person_id, id, now);
    if (code != SOUK_NOT_FOUND)
        return code;
    struct json *doc = order_address_doc(arena, address);
    json_add_str(arena, doc, "name", draft->name);
    if (draft->phone.len)
        json_add_str(arena, doc, "phone", draft->phone);
    code = address_save(conn, arena, person_id, 0, doc, now, &id, &err);
    return code == SOUK_INVALID || code == SOUK_TOO_LARGE ? SOUK_OK : code;
}

int order_person(struct db_conn *conn, struct arena *arena, const struct order_offer *offer,
                 int64_t signed_in, int64_t now, int64_t *person_id)
{
    const struct order_draft *draft = offer->draft;
    int code = SOUK_OK;
    *person_id = 0;
    if (signed_in) {
        *person_id = person_root(conn, signed_in);
        code = person_raise(conn, *person_id, "buyer", now);
        if (code == SOUK_OK)
            code = keep_address(conn, arena, draft, *person_id, now);
    } else if (draft->email.len) {
        code = find_guest(conn, arena, offer, now, person_id);
    }
    if (code == SOUK_OK && *person_id && draft->newsletter &&
        consent_held(conn, *person_id, "email") != 1)
        code =
            consent_set(conn, *person_id, "email", 1, souk_str("checkout"), souk_str(WORDING), now);
    return code;
}
