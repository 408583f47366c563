/*
 * promo_offer_book.c: rows of promo_offer: what was shown to whom, and what became of it. One row
 * stands for one cart (or order), offer, slot and variant, whatever happens how often: showing
 * again renews it, taking twice finds it taken.
 */
#include "base/rand.h"
#include "base/str.h"
#include "shop/promo_offer.h"
#include "shop/promo_offer.sql.h"

int promo_offer_note(struct db_conn *conn, const struct promo_offer_note *note, int64_t now)
{
    if (note->order_id)
        return db_run(conn, &sql_promo_offer_note_order, NULL, DB_INT(id_next()),
                      DB_TEXT(note->offer), DB_TEXT(note->hash), DB_CSTR(note->slot),
                      DB_INT(note->order_id), DB_INT(note->variant_id), DB_INT(note->quantity),
                      DB_INT(note->amount), DB_INT(note->discount), DB_CSTR(note->state),
                      DB_INT(now), DB_INT(note->expires_at));
    return db_run(
        conn, &sql_promo_offer_note_cart, NULL, DB_INT(id_next()), DB_TEXT(note->offer),
        DB_TEXT(note->hash), DB_CSTR(note->slot), note->cart_id ? DB_INT(note->cart_id) : DB_NULL,
        note->person_id ? DB_INT(note->person_id) : DB_NULL, DB_INT(note->visitor),
        DB_INT(note->variant_id), DB_INT(note->quantity), DB_INT(note->amount),
        DB_INT(note->discount), DB_CSTR(note->state), DB_INT(now), DB_INT(note->expires_at));
}

static int first_row(int code, struct arena *arena, struct db_rows *rows,
                     struct promo_offer_row *row)
{
    if ((code = db_first(code, rows)) != SOUK_OK)
        return code;
    *row = (struct promo_offer_row){.id = db_int(rows, 0),
                                    .line_id = db_int(rows, 2),
                                    .payment_id = db_int(rows, 3),
                                    .quantity = db_int(rows, 4),
                                    .amount = db_int(rows, 5),
                                    .discount = db_int(rows, 6),
                                    .variant_id = db_int(rows, 7),
                                    .offer = arena_str(arena, db_text(rows, 8))};
    str_copy(row->state, sizeof row->state, db_text(rows, 1));
    db_close(rows);
    return SOUK_OK;
}

int promo_offer_get(struct db_conn *conn, struct arena *arena, const struct promo_offer_note *note,
                    struct promo_offer_row *row)
{
    struct db_rows rows;
    const struct db_statement *statement = note->order_id  ? &sql_promo_offer_get_order
                                           : note->cart_id ? &sql_promo_offer_get_cart
                                                           : &sql_promo_offer_get_visitor;
    int64_t whose = note->order_id ? note->order_id : note->cart_id ? note->cart_id : note->visitor;
    return first_row(db_query(conn, statement, &rows, DB_INT(whose), DB_TEXT(note->offer),
                              DB_CSTR(note->slot), DB_INT(note->variant_id)),
                     arena, &rows, row);
}

int promo_offer_of_payment(struct db_conn *conn, struct arena *arena, int64_t payment_id,
                           struct promo_offer_row *row)
{
    struct db_rows rows;
    return first_row(db_query(conn, &sql_promo_offer_get_payment, &rows, DB_INT(payment_id)), arena,
                     &rows, row);
}

int promo_offer_take(struct db_conn *conn, int64_t id, int64_t line_id, int64_t now)
{
    return db_run(conn, &sql_promo_offer_take, NULL, DB_INT(id),
                  line_id ? DB_INT(line_id) : DB_NULL, DB_INT(now));
}

int promo_offer_pay(struct db_conn *conn, int64_t id, int64_t payment_id)
{
    return db_run(conn, &sql_promo_offer_pay, NULL, DB_INT(id), DB_INT(payment_id));
}

int promo_offer_end(struct db_conn *conn, int64_t id, const char *state, int64_t now)
{
    return db_run(conn, &sql_promo_offer_end, NULL, DB_INT(id), DB_CSTR(state), DB_INT(now));
}

int promo_offer_back(struct db_conn *conn, int64_t id)
{
    return db_run(conn, &sql_promo_offer_back, NULL, DB_INT(id));
}

/* ---- what it brought ---- */

int promo_offer_report(struct db_conn *conn, struct arena *arena, int64_t since, struct json *items)
{
    static const char *const numbers[] = {
        "shown",         "accepted",   "declined",    "failed",      "held",
        "units",         "revenue",    "margin",      "carts",       "orders",
        "order_revenue", "held_carts", "held_orders", "held_revenue"};
    struct db_rows rows;
    int code = db_query(conn, &sql_promo_offer_report, &rows, DB_INT(since));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        struct json *item = json_add(arena, items, NULL, JSON_OBJECT);
        json_add_str(arena, item, "offer", arena_str(arena, db_text(&rows, 0)));
        json_add_str(arena, item, "slot", arena_str(arena, db_text(&rows, 1)));
        for (int i = 0; i < (int)(sizeof numbers / sizeof *numbers); i++)
            json_add_int(arena, item, numbers[i], db_int(&rows, 2 + i));
        code = SOUK_OK;
    }
    return code;
}
