/*
 * order_place: the one write that makes an order of a cart.
 *
 * The idea: everything that was found out before (prepare) is only an offer. Here it is held
 * against what is true now: the cart is still open and the same, prices still stand (by the number
 * of the catalogue, or by pricing again when that has moved), the total is the one that the shopper
 * saw, the goods can be reserved, the booked places are free. Then all rows are written, or none.
 *
 * It runs on the only writer, thousands of times a second, so it counts its statements: about a
 * dozen and a half for an order of one line by a guest, none of which grows with the shop.
 *
 * What was written before something is refused goes away with the savepoint: the caller gives the
 * code back. Only the cart that has its order already is no refusal: it is answered with that
 * order.
 */
#include "shop/order.h"

#include "base/rand.h"
#include "shop/order_inner.h"
#include "shop/order_place.sql.h"
#include "shop/payment.h"
#include "shop/promo_live.h"
#include "shop/visit.h"

#define TOKEN_BYTES 20

struct place {
    struct db_conn *conn;
    struct arena *arena;
    const struct order_offer *offer;
    const struct quote *quote;
    int64_t now;
    struct order_placed *placed;
    int64_t signed_in, visitor, person_id;
    int fresh; /* prices rest on the catalogue as it is now */
};

/* ---- is it still true? ---- */

static int changed(const char **problem, struct err *err, const char *words)
{
    *problem = "price-changed";
    return err_set(err, SOUK_CONFLICT, "%s", words);
}

static void same_again(struct place *place, struct db_rows *rows)
{
    place->placed->id = db_int(rows, 5);
    place->placed->number = arena_str(place->arena, db_text(rows, 6));
    place->placed->token = arena_str(place->arena, db_text(rows, 7));
    place->placed->payment_id = db_is_null(rows, 8) ? 0 : db_int(rows, 8);
    place->placed->again = 1;
}

/* The rules that serve are those of the quote, and none of them asks for earlier orders, of which
 * another may have been placed a moment ago. (Limits are taken by promo_take, guarded.) */
static int same_rules(const struct quote *quote)
{
    struct promo_live *live = promo_live_pin();
    int same = souk_str_equal(live->set->hash, quote->rules) && !live->set->wants_history;
    promo_live_unpin(live);
    return same;
}

/* The cart is the one that was priced, or has its order: then `again` is set. */
static int check_cart(struct place *place, const char **problem, struct err *err)
{
    const struct order_offer *offer = place->offer;
    struct db_rows rows;
    int code = db_first(
        db_query(place->conn, &sql_order_place_cart, &rows, DB_INT(offer->cart->id)), &rows);
    if (code == SOUK_NOT_FOUND)
        return changed(problem, err, "the cart is not there any more");
    if (code != SOUK_OK)
        return code;
    int same = souk_str_is(db_text(&rows, 0), "open") && db_int(&rows, 1) == offer->cart->version;
    place->signed_in = db_is_null(&rows, 2) ? 0 : db_int(&rows, 2);
    place->visitor = db_int(&rows, 3);
    place->fresh = db_int(&rows, 4) == offer->catalogue_version &&
                   (!place->quote->until || place->now < place->quote->until) &&
                   !tax_is_asked(offer->market) && same_rules(place->quote);
    if (!db_is_null(&rows, 5))
        same_again(place, &rows);
    db_close(&rows);
    if (!same && !place->placed->again)
        return changed(problem, err, "the cart has changed; look at it again");
    return SOUK_OK;
}

/* Computes the cart again in the catalogue of this moment: every amount must come out as it was. */
static int price_again(struct place *place, const char **problem, struct err *err)
{
    const struct order_offer *offer = place->offer;
    struct quote now = {0};
    struct json *gone = json_new(place->arena, JSON_ARRAY);
    struct market market = *offer->market;
    market.now = place->now;
    market.sells = 1;
    /* what is charged besides, the provider's fee too, stands as it was offered */
    int code = cart_price(place->conn, place->arena, offer->cart, &market, offer->quote->delivery,
                          offer->quote->delivery_count, &now, gone, NULL);
    if (code == SOUK_UNAVAILABLE) {
        *problem = "unavailable";
        return err_set(err, SOUK_CONFLICT, CART_NO_TAX);
    }
    if (code != SOUK_OK)
        return code;
    int same = now.exempt == place->quote->exempt && now.total == place->quote->total &&
               now.count == place->quote->count && now.tax == place->quote->tax &&
               now.tax_included == place->quote->tax_included &&
               now.discount == place->quote->discount &&
               now.delivery_discount == place->quote->delivery_discount;
    for (size_t i = 0; same && i < now.count; i++)
        same = now.lines[i].variant_id == place->quote->lines[i].variant_id &&
               now.lines[i].total == place->quote->lines[i].total;
    return same ? SOUK_OK : changed(problem, err, "prices have changed; look at the total again");
}

static int check_prices(struct place *place, const char **problem, struct err *err)
{
    int64_t accepted = place->offer->draft->accept_total;
    if (place->quote->count == 0)
        return changed(problem, err, "nothing in the cart can be bought now");
    if (accepted >= 0 && accepted != place->quote->total)
        return changed(problem, err, "the total is not the one that was agreed to");
    return place->fresh ? SOUK_OK : price_again(place, problem, err);
}

/* ---- rows ---- */

int order_line_insert(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t position,
                      const struct quote_line *line, struct souk_str note)
{
    return db_run(conn, &sql_order_place_line, NULL, DB_INT(id_next()), DB_INT(order_id),
                  DB_INT(position), line->variant_id ? DB_INT(line->variant_id) : DB_NULL,
                  line->product_id ? DB_INT(line->product_id) : DB_NULL, DB_TEXT(line->sku),
                  DB_TEXT(line->name), DB_TEXT(line->options), DB_TEXT(note),
                  DB_INT(line->quantity), DB_INT(line->unit_price), DB_INT(line->original_price),
                  line->cost >= 0 ? DB_INT(line->cost) : DB_NULL, DB_INT(line->subtotal),
                  DB_INT(line->discount), DB_INT(line->total), DB_INT(line->tax),
                  DB_TEXT(order_line_taxes(arena, line)),
                  DB_TEXT(order_line_discounts(arena, line)), DB_INT(line->gift != 0),
                  line->weight_g >= 0 ? DB_INT(line->weight_g) : DB_NULL);
}

static struct souk_str note_of(const struct cart *cart, int64_t line_id)
{
    for (size_t i = 0; line_id && i < cart->count; i++)
        if (cart->lines[i].id == line_id)
            return cart->lines[i].note;
    return souk_str("");
}

static int insert_lines(struct place *place)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < place->quote->count; i++) {
        const struct quote_line *line = &place->quote->lines[i];
        code = order_line_insert(place->conn, place->arena, place->placed->id, (int64_t)i, line,
                                 note_of(place->offer->cart, line->id));
    }
    return code;
}

static int make_names(struct place *place)
{
    const char *prefix = market_shop()->order_prefix;
    char token[TOKEN_BYTES * 4 / 3 + 3];
    int64_t number;
    int code = series_next(place->conn, "order", &number);
    if (code != SOUK_OK)
        return code;
    rand_token(token, TOKEN_BYTES);
    place->placed->id = id_next();
    place->placed->token = arena_str(place->arena, souk_str(token));
    place->placed->number =
        arena_printf(place->arena, "%s%lld", prefix ? prefix : "", (long long)number);
    return SOUK_OK;
}

static struct souk_str billing_text(struct arena *arena, const struct order_draft *draft,
                                    const struct tax_buyer *buyer)
{
    struct json *doc = order_address_doc(arena, &draft->billing);
    if (draft->vat_number.len)
        json_add_str(arena, doc, "vat_number", draft->vat_number);
    order_tax_keep(arena, doc, buyer);
    return order_json_text(arena, doc);
}

static int is_paid_for(const struct place *place)
{
    return place->quote->total > 0 && place->offer->payment_provider != NULL;
}

static int insert_order(struct place *place)
{
    const struct order_offer *offer = place->offer;
    const struct order_draft *draft = offer->draft;
    const struct quote *quote = place->quote;
    struct arena *arena = place->arena;
    int waits = is_paid_for(place) && offer->hold > 0;
    return db_run(place->conn, &sql_order_place_insert, NULL, DB_INT(place->placed->id),
                  DB_TEXT(place->placed->number), DB_TEXT(place->placed->token),
                  DB_INT(offer->cart->id), place->person_id ? DB_INT(place->person_id) : DB_NULL,
                  DB_CSTR(is_paid_for(place) ? "pending" : "none"), DB_TEXT(draft->email),
                  DB_TEXT(draft->phone), DB_TEXT(draft->name),
                  DB_TEXT(order_json_text(arena, order_address_doc(arena, &draft->address))),
                  DB_TEXT(billing_text(arena, draft, &quote->buyer)), DB_TEXT(draft->note),
                  DB_CSTR(offer->market->locale),
                  DB_TEXT(offer->cart->channel.len ? offer->cart->channel : souk_str("web")),
                  DB_INT(place->visitor), DB_TEXT(quote->currency), DB_INT(quote->include_tax != 0),
                  DB_INT(quote->items), DB_INT(quote->discount), DB_INT(quote->delivery_amount),
                  DB_INT(quote->delivery_discount), DB_INT(quote->tax), DB_INT(quote->tax_included),
                  DB_INT(quote->delivery_tax), DB_INT(quote->total),
                  DB_TEXT(offer->delivery_method), DB_TEXT(offer->delivery_label),
                  DB_TEXT(order_json_text(arena, offer->delivery_data)),
                  DB_TEXT(offer->payment_method), DB_TEXT(offer->payment_label),
                  DB_TEXT(order_quote_text(arena, quote)),
                  waits ? DB_INT(place->now + offer->hold) : DB_NULL, DB_INT(place->now));
}

static int open_payment(struct place *place)
{
    const struct order_offer *offer = place->offer;
    if (!is_paid_for(place))
        return SOUK_OK;
    struct payment_begin begin = {
        .order_id = place->placed->id,
        .amount = place->quote->total,
        .currency = place->quote->currency,
        .provider = offer->payment_provider,
        .begun = offer->begun,
        .reference = offer->reference,
        .data = offer->payment_data,
        .check_at = offer->check_at,
    };
    return payment_open(place->conn, place->arena, &begin, place->now, &place->placed->payment_id);
}

/* The cart makes no second one: the row that it became is guarded by its version, too. */
static int close_cart(struct place *place, const char **problem, struct err *err)
{
    int64_t closed = 0;
    int code =
        db_run(place->conn, &sql_order_place_close_cart, &closed, DB_INT(place->offer->cart->id),
               DB_INT(place->now), DB_INT(place->offer->cart->version));
    if (code == SOUK_OK && closed == 0)
        return changed(problem, err, "the cart has changed; look at it again");
    return code;
}

static int tell(struct place *place)
{
    struct arena *arena = place->arena;
    struct json *more = json_new(arena, JSON_OBJECT);
    json_add_int(arena, more, "total", place->quote->total);
    json_add_str(arena, more, "currency", place->quote->currency);
    struct souk_str subject = arena_printf(arena, "order:%lld", (long long)place->placed->id);
    int code = event_put(place->conn, "order.placed", place->visitor, place->person_id, subject,
                         more, place->now);
    if (code == SOUK_OK)
        code = order_tell(place->conn, arena, "order.placed", place->placed->id,
                          place->placed->number, more, place->now);
    json_add_cstr(arena, more, "payment", is_paid_for(place) ? "pending" : "none");
    struct order_trace trace = {.machine = "order",
                                .step = "place",
                                .from = souk_str("draft"),
                                .to = souk_str("placed"),
                                .actor = souk_str("customer"),
                                .more = more};
    return code ? code : order_audit(place->conn, arena, place->placed->id, &trace, place->now);
}

/* ---- the write ---- */

static int take_goods(struct place *place, const char **problem, struct json *lines,
                      struct err *err)
{
    int code = reservation_take(place->conn, place->arena, place->placed->id, place->quote, lines,
                                place->now);
    if (code != SOUK_CONFLICT)
        return code;
    *problem = "out-of-stock";
    return err_set(err, code, "not all of it is available any more");
}

static int book_places(struct place *place, const char **problem, struct err *err)
{
    const struct order_offer *offer = place->offer;
    if (!offer->book)
        return SOUK_OK;
    int code = offer->book(place->conn, offer->user, place->placed->number, err);
    if (code == SOUK_CONFLICT)
        *problem = "unavailable";
    return code;
}

/* Limits and budgets of what the quote applied. Whoever lost the race for the last use is asked
 * again, with a total in which the promotion has gone. */
static int take_promotions(struct place *place, const char **problem, struct err *err)
{
    const struct order_draft *draft = place->offer->draft;
    struct promo_who who = {.person_id = place->signed_in,
                            .visitor = place->visitor,
                            .email = draft->email,
                            .phone = draft->phone,
                            .group = place->offer->market->group};
    struct promo_live *live = promo_live_pin();
    int code = promo_take(place->conn, place->arena, live->set, place->quote, place->placed->id,
                          &who, place->now, err);
    promo_live_unpin(live);
    if (code == SOUK_CONFLICT)
        *problem = "price-changed";
    return code;
}

/* Rows in the order of their references; the audit's chain last. */
static int write_all(struct place *place, const char **problem, struct json *lines, struct err *err)
{
    int code = make_names(place);
    if (code == SOUK_OK)
        code = order_person(place->conn, place->arena, place->offer, place->signed_in, place->now,
                            &place->person_id);
    if (code == SOUK_OK)
        code = insert_order(place);
    if (code == SOUK_OK)
        code = take_goods(place, problem, lines, err);
    if (code == SOUK_OK)
        code = insert_lines(place);
    if (code == SOUK_OK)
        code = take_promotions(place, problem, err);
    if (code == SOUK_OK)
        code = close_cart(place, problem, err);
    if (code == SOUK_OK)
        code = book_places(place, problem, err);
    if (code == SOUK_OK)
        code = tell(place);
    return code ? code : open_payment(place);
}

int order_place(struct db_conn *conn, struct arena *arena, const struct order_offer *offer,
                int64_t now, struct order_placed *placed, const char **problem, struct json *lines,
                struct err *err)
{
    struct place place = {.conn = conn,
                          .arena = arena,
                          .offer = offer,
                          .quote = offer->quote,
                          .now = now,
                          .placed = placed};
    *placed = (struct order_placed){0};
    *problem = NULL;
    int code = check_cart(&place, problem, err);
    if (code != SOUK_OK || placed->again)
        return code;
    code = check_prices(&place, problem, err);
    if (code == SOUK_OK)
        code = write_all(&place, problem, lines, err);
    if (code != SOUK_OK)
        *placed = (struct order_placed){0};
    if (code != SOUK_OK && err && !err->text[0])
        err_set(err, code, "the order could not be placed: %s", db_error(conn));
    return code;
}
