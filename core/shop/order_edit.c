/*
 * order_edit: changes of an order after it was placed.
 *
 * The idea: the order is read back into the quote that it came from (prices, rates and discounts as
 * they were agreed on), the wish is applied to that in memory with all checks, quote_compute makes
 * the amounts, and one guarded UPDATE stores them as the next version. Only new goods are priced by
 * today's catalogue. Stock follows by the differences, so nothing is free for a moment in between.
 *
 * It does not: collect or pay back what is owed now (it shows as "due"; staff decide), change units
 * that are packed or refunded already.
 */
#include "shop/order.h"

#include "base/str.h"
#include "shop/order_edit.sql.h"
#include "shop/order_inner.h"
#include "shop/payment.h"
#include "shop/person.h"
#include "shop/promo_book.h"
#include "shop/promo_offer.h"
#include "shop/shipment.h"

struct edit_line { /* beside the line of the quote with the same index */
    int64_t id;    /* 0: a new one */
    int64_t before, fixed, refunded, position;
};

struct edit {
    struct db_conn *conn;
    struct arena *arena;
    int64_t id, now;
    struct err *err;
    /* the row */
    struct souk_str number, locale, channel, group, email, phone, name, address;
    struct souk_str delivery_method, delivery_label;
    int64_t version, total, captured, refunded, delivery_refunded, refused, surplus;
    char status[16], payment_status[16];
    struct quote quote;
    const struct tax_buyer *terms; /* as it was taxed when it was placed */
    struct edit_line lines[QUOTE_LINES];
    int touched; /* quantities are not what they were */
};

/* ---- reading ---- */

static struct souk_str kept(struct edit *edit, struct db_rows *rows, int column)
{
    return arena_str(edit->arena, db_text(rows, column));
}

static int read_row(struct edit *edit)
{
    struct db_rows rows;
    struct json *doc = NULL;
    int code = db_first(db_query(edit->conn, &sql_order_edit_row, &rows, DB_INT(edit->id)), &rows);
    if (code != SOUK_OK)
        return err_set(edit->err, code, "there is no such order");
    edit->number = kept(edit, &rows, 0);
    str_copy(edit->status, sizeof edit->status, db_text(&rows, 1));
    str_copy(edit->payment_status, sizeof edit->payment_status, db_text(&rows, 2));
    edit->version = db_int(&rows, 3);
    edit->quote.currency = kept(edit, &rows, 4);
    edit->quote.include_tax = db_int(&rows, 5) != 0;
    edit->quote.at = edit->now;
    edit->locale = kept(edit, &rows, 6);
    edit->address = kept(edit, &rows, 7);
    edit->email = kept(edit, &rows, 8);
    edit->phone = kept(edit, &rows, 9);
    edit->name = kept(edit, &rows, 10);
    struct souk_str quote = kept(edit, &rows, 11);
    edit->total = db_int(&rows, 12);
    edit->captured = db_int(&rows, 13);
    edit->refunded = db_int(&rows, 14);
    edit->delivery_refunded = db_int(&rows, 15);
    edit->channel = kept(edit, &rows, 16);
    edit->group = kept(edit, &rows, 17);
    edit->delivery_method = kept(edit, &rows, 18);
    edit->delivery_label = kept(edit, &rows, 19);
    edit->refused = db_int(&rows, 20);
    edit->surplus = db_int(&rows, 21);
    struct souk_str billing = kept(edit, &rows, 22);
    db_close(&rows);
    code = json_parse(edit->arena, quote, &doc, edit->err);
    if (code == SOUK_OK) {
        order_basis_read(edit->arena, doc, &edit->quote);
        order_trace_read(edit->arena, doc, &edit->quote);
        order_tax_buyer(edit->arena, billing, &edit->quote.buyer);
        edit->terms = order_tax_terms(edit->arena, &edit->quote.buyer, edit->quote.exempt,
                                      edit->quote.tax_note);
    }
    return code;
}

static void read_discounts(struct edit *edit, struct souk_str text, struct quote_line *line)
{
    struct json *list = NULL;
    if (json_parse(edit->arena, text, &list, NULL) != SOUK_OK || list->kind != JSON_ARRAY)
        return;
    line->discounts = arena_array(edit->arena, struct quote_share, list->count + 1);
    json_each(item, list) line->discounts[line->discount_count++] =
        (struct quote_share){json_text(json_at(&item->value, "promotion")),
                             json_int(json_at(&item->value, "amount"), 0)};
}

/* What was paid back rests on the tax that the line had: it takes no part in a sum that is rounded
 * anew. */
static void keep_tax(struct quote_line *line, const struct json *taxes)
{
    int at = 0;
    line->settled = 1;
    json_each(item, taxes)
    {
        if (at == line->rates.count)
            break;
        line->tax_parts[at] = json_int(json_at(&item->value, "amount"), 0);
        line->tax += line->tax_parts[at++];
    }
}

static void read_line(struct edit *edit, struct db_rows *rows)
{
    struct quote_line *line = &edit->quote.lines[edit->quote.count];
    struct json *rates = NULL;
    *line = (struct quote_line){.id = db_int(rows, 0),
                                .variant_id = db_is_null(rows, 1) ? 0 : db_int(rows, 1),
                                .product_id = db_is_null(rows, 2) ? 0 : db_int(rows, 2),
                                .sku = kept(edit, rows, 3),
                                .name = kept(edit, rows, 4),
                                .options = kept(edit, rows, 5),
                                .quantity = db_int(rows, 6),
                                .unit_price = db_int(rows, 7),
                                .original_price = db_int(rows, 8),
                                .cost = db_is_null(rows, 9) ? -1 : db_int(rows, 9),
                                .weight_g = db_is_null(rows, 10) ? -1 : db_int(rows, 10),
                                .length_mm = -1,
                                .width_mm = -1,
                                .height_mm = -1,
                                .gift = db_int(rows, 11) != 0};
    read_discounts(edit, kept(edit, rows, 12), line);
    if (json_parse(edit->arena, kept(edit, rows, 13), &rates, NULL) == SOUK_OK)
        order_rates_read(rates, &line->rates);
    line->rates.exempt = edit->quote.exempt && !line->rates.count;
    if (db_int(rows, 15))
        keep_tax(line, rates);
    edit->lines[edit->quote.count++] = (struct edit_line){
        line->id, line->quantity, db_int(rows, 14), db_int(rows, 15), db_int(rows, 16)};
}

static int read_lines(struct edit *edit)
{
    struct db_rows rows;
    edit->quote.lines = arena_array(edit->arena, struct quote_line, QUOTE_LINES);
    int code = db_query(edit->conn, &sql_order_edit_lines, &rows, DB_INT(edit->id));
    while (code == SOUK_OK && (code = db_next(&rows)) == 1) {
        if (edit->quote.count < QUOTE_LINES)
            read_line(edit, &rows);
        code = SOUK_OK;
    }
    return code;
}

/* ---- the wish, in memory ---- */

/* Fewer units carry their exact share of a discount; more do not make it larger. */
static void scale_discounts(struct quote_line *line, int64_t before)
{
    for (size_t i = 0; line->quantity < before && i < line->discount_count; i++)
        line->discounts[i].amount =
            quote_units(line->discounts[i].amount, before, 0, line->quantity);
}

static int set_quantity(struct edit *edit, size_t at, int64_t quantity)
{
    struct quote_line *line = &edit->quote.lines[at];
    const struct edit_line *state = &edit->lines[at];
    if (quantity == line->quantity)
        return SOUK_OK;
    if (state->refunded)
        return err_set(edit->err, SOUK_CONFLICT,
                       "units of \"%.*s\" have been refunded; its quantity stays as it is",
                       SOUK_PRI(line->name));
    if (quantity < state->fixed)
        return err_set(edit->err, SOUK_CONFLICT,
                       "%lld of \"%.*s\" are packed already; unpack them first",
                       (long long)state->fixed, SOUK_PRI(line->name));
    if (quantity > state->before && !line->variant_id)
        return err_set(edit->err, SOUK_CONFLICT, "\"%.*s\" is not sold any more",
                       SOUK_PRI(line->name));
    line->quantity = quantity;
    edit->touched = 1;
    return SOUK_OK;
}

static struct market market_of(struct edit *edit)
{
    struct market market = market_at(arena_cstr(edit->arena, edit->locale), edit->now);
    struct json *address = NULL;
    market.currency = arena_cstr(edit->arena, edit->quote.currency);
    market.group = edit->group;
    market.channel = edit->channel;
    market.buyer = edit->terms;
    market.sells = 1;
    if (edit->quote.fetched || json_parse(edit->arena, edit->address, &address, NULL) != SOUK_OK)
        return market;
    if (json_text(json_at(address, "country")).len)
        market.country = json_text(json_at(address, "country"));
    market.region = json_text(json_at(address, "region"));
    market.postcode = json_text(json_at(address, "postcode"));
    return market;
}

/* A line at today's price. */
static int add_goods(struct edit *edit, struct souk_str sku, int64_t quantity)
{
    struct cart_line line = {.id = 1, .quantity = quantity, .price_seen = -1};
    struct cart cart = {.lines = &line,
                        .count = 1,
                        .cap = 1,
                        .state = souk_str("open"),
                        .locale = edit->locale,
                        .currency = edit->quote.currency,
                        .channel = edit->channel};
    struct market market = market_of(edit);
    struct quote priced;
    struct json *gone = json_new(edit->arena, JSON_ARRAY);
    int code = db_get_int(edit->conn, &sql_order_edit_variant, &line.variant_id, DB_TEXT(sku));
    if (code == SOUK_OK)
        code =
            cart_price(edit->conn, edit->arena, &cart, &market, NULL, 0, &priced, gone, edit->err);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && (gone->count || priced.goods_count != 1)))
        return err_set(edit->err, SOUK_INVALID, "\"%.*s\" is not sold", SOUK_PRI(sku));
    if (code != SOUK_OK)
        return code;
    if (priced.include_tax != edit->quote.include_tax)
        return err_set(edit->err, SOUK_CONFLICT,
                       "prices of this order and of today do not agree on tax; make a new order");
    if (edit->quote.count == QUOTE_LINES)
        return err_set(edit->err, SOUK_INVALID, "an order has at most %d lines", QUOTE_LINES);
    size_t at = edit->quote.count++;
    edit->quote.lines[at] = priced.goods[0]; /* at its price: promotions are for carts */
    edit->quote.lines[at].id = 0;
    edit->lines[at] = (struct edit_line){.position = at ? edit->lines[at - 1].position + 1 : 0};
    edit->touched = 1;
    return SOUK_OK;
}

static int apply_line(struct edit *edit, const struct json *wish, size_t index)
{
    const struct json *quantity = json_at(wish, "quantity");
    int64_t line_id = json_int(json_at(wish, "line"), 0);
    struct souk_str sku = str_trim(json_text(json_at(wish, "sku")));
    if (!quantity || quantity->kind != JSON_INT || quantity->number < 0 ||
        quantity->number > QUOTE_QUANTITY)
        return err_set(edit->err, SOUK_INVALID, "/lines/%zu/quantity: a number from 0 to %d", index,
                       QUOTE_QUANTITY);
    for (size_t i = 0; i < edit->quote.count; i++)
        if (line_id ? edit->lines[i].id == line_id
                    : sku.len && souk_str_equal(edit->quote.lines[i].sku, sku) &&
                          !edit->quote.lines[i].gift)
            return set_quantity(edit, i, quantity->number);
    if (line_id || !sku.len)
        return err_set(edit->err, SOUK_INVALID, "/lines/%zu: the order has no such line", index);
    return quantity->number ? add_goods(edit, sku, quantity->number) : SOUK_OK;
}

static int apply_lines(struct edit *edit, const struct json *wish)
{
    const struct json *lines = json_at(wish, "lines");
    size_t index = 0, left = 0;
    int code = SOUK_OK;
    if (lines && lines->kind != JSON_ARRAY && lines->kind != JSON_NULL)
        return err_set(edit->err, SOUK_INVALID,
                       "/lines: a list of {\"line\" or \"sku\", \"quantity\"}");
    for (const struct json_item *item = json_first(lines); item && code == SOUK_OK;
         item = item->next)
        code = apply_line(edit, &item->value, index++);
    for (size_t i = 0; i < edit->quote.count; i++)
        left += edit->quote.lines[i].quantity > 0;
    if (code == SOUK_OK && left == 0)
        return err_set(edit->err, SOUK_CONFLICT,
                       "nothing would be left of the order; cancel it instead");
    for (size_t i = 0; code == SOUK_OK && i < edit->quote.count; i++)
        scale_discounts(&edit->quote.lines[i], edit->lines[i].before);
    return code;
}

static int apply_delivery(struct edit *edit, const struct json *wish)
{
    const struct json *amount = json_at(wish, "delivery_amount");
    if (!amount || amount->kind == JSON_NULL)
        return SOUK_OK;
    if (amount->kind != JSON_INT || amount->number < 0)
        return err_set(edit->err, SOUK_INVALID,
                       "/delivery_amount: a whole number of minor units, 0 or more");
    struct quote_delivery *delivery = edit->quote.delivery;
    if (edit->quote.delivery_count == 0) {
        delivery->method = edit->delivery_method;
        delivery->label = edit->delivery_label;
        edit->quote.delivery_count = 1;
    }
    /* the sum of all that is charged besides goods: the others (a fee for the way of paying) stay
     * as they are as long as they fit into it, each with its own rates */
    int64_t left = amount->number;
    for (size_t i = edit->quote.delivery_count; i-- > 0;) {
        struct quote_delivery *charge = &delivery[i];
        charge->amount = i == 0 || charge->amount > left ? left : charge->amount;
        if (charge->discount > charge->amount)
            charge->discount = charge->amount;
        left -= charge->amount;
    }
    return SOUK_OK;
}

static int apply_contact(struct edit *edit, const struct json *wish, const char *kind,
                         const char *country, struct souk_str *value)
{
    const struct json *wanted = json_at(wish, kind);
    struct err err = {0};
    if (!wanted || wanted->kind == JSON_NULL)
        return SOUK_OK;
    if (strcmp(kind, "phone") == 0 && str_trim(json_text(wanted)).len == 0) {
        *value = souk_str("");
        return SOUK_OK;
    }
    int code = contact_normalize(edit->arena, kind, json_text(wanted), country, value, &err);
    return code ? err_set(edit->err, code, "/%s: %s", kind, err.text) : SOUK_OK;
}

static int apply_who(struct edit *edit, const struct json *wish)
{
    const struct json *address = json_at(wish, "address");
    struct souk_str name = str_trim(json_text(json_at(wish, "name")));
    struct order_address read;
    const char *country = market_shop()->country;
    int code = SOUK_OK;
    if (address && address->kind != JSON_NULL) {
        code = order_address_check(edit->arena, address, &read, edit->err);
        if (code == SOUK_OK) {
            edit->address = order_json_text(edit->arena, order_address_doc(edit->arena, &read));
            country = arena_cstr(edit->arena, read.country);
        }
    }
    if (code == SOUK_OK)
        code = apply_contact(edit, wish, "email", country, &edit->email);
    if (code == SOUK_OK)
        code = apply_contact(edit, wish, "phone", country, &edit->phone);
    if (code == SOUK_OK && name.len > 200)
        return err_set(edit->err, SOUK_INVALID, "/name: this is too long");
    if (name.len)
        edit->name = name;
    return code;
}

/* ---- stock ---- */

static int take_more(struct edit *edit)
{
    struct quote more = {.lines =
                             arena_array(edit->arena, struct quote_line, edit->quote.count + 1)};
    struct json *missing = json_new(edit->arena, JSON_ARRAY);
    for (size_t i = 0; i < edit->quote.count; i++) {
        const struct quote_line *line = &edit->quote.lines[i];
        if (line->quantity <= edit->lines[i].before)
            continue;
        more.lines[more.count] = *line;
        more.lines[more.count++].quantity = line->quantity - edit->lines[i].before;
    }
    int code = reservation_take(edit->conn, edit->arena, edit->id, &more, missing, edit->now);
    if (code != SOUK_CONFLICT || !missing->count)
        return code;
    const struct json *first = &missing->first->value;
    return err_set(edit->err, code, "%lld more of \"%.*s\" are available",
                   (long long)json_int(json_at(first, "available"), 0),
                   SOUK_PRI(json_text(json_at(first, "name"))));
}

static int move_stock(struct edit *edit)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < edit->quote.count; i++) {
        const struct quote_line *line = &edit->quote.lines[i];
        if (line->quantity < edit->lines[i].before && line->variant_id)
            code = reservation_give(edit->conn, edit->id, line->variant_id,
                                    edit->lines[i].before - line->quantity, edit->now);
    }
    return code ? code : take_more(edit);
}

/* ---- writing ---- */

static int store_line(struct edit *edit, size_t at)
{
    const struct quote_line *line = &edit->quote.lines[at];
    const struct edit_line *state = &edit->lines[at];
    if (!state->id)
        return order_line_insert(edit->conn, edit->arena, edit->id, state->position, line,
                                 souk_str(""));
    if (line->quantity)
        return db_run(edit->conn, &sql_order_edit_line_save, NULL, DB_INT(state->id),
                      DB_INT(line->quantity), DB_INT(line->subtotal), DB_INT(line->discount),
                      DB_INT(line->total), DB_INT(line->tax),
                      DB_TEXT(order_line_taxes(edit->arena, line)),
                      DB_TEXT(order_line_discounts(edit->arena, line)));
    int code = db_run(edit->conn, &sql_order_edit_line_loose, NULL, DB_INT(state->id));
    return code ? code : db_run(edit->conn, &sql_order_edit_line_drop, NULL, DB_INT(state->id));
}

/* Lines of no units are no lines of the quote: `all` keeps them for their rows. */
static int compute(struct edit *edit)
{
    struct quote_line *all = edit->quote.lines;
    size_t count = edit->quote.count, kept_count = 0;
    struct quote_line *some = arena_array(edit->arena, struct quote_line, count + 1);
    for (size_t i = 0; i < count; i++)
        if (all[i].quantity)
            some[kept_count++] = all[i];
    edit->quote.lines = some;
    edit->quote.count = kept_count;
    int code = quote_compute(&edit->quote, edit->err);
    if (code != SOUK_OK)
        return code;
    for (size_t i = 0, at = 0; i < count; i++)
        if (all[i].quantity)
            all[i] = some[at++];
    int64_t delivery = edit->quote.delivery_amount - edit->quote.delivery_discount +
                       (edit->quote.include_tax ? 0 : edit->quote.delivery_tax);
    if (delivery < edit->delivery_refunded)
        return err_set(edit->err, SOUK_CONFLICT, "%lld of the delivery have been refunded already",
                       (long long)edit->delivery_refunded);
    order_trace_follow(edit->arena, &edit->quote);
    struct souk_str text = order_quote_text(edit->arena, &edit->quote);
    edit->quote.version = text; /* kept until it is stored */
    edit->quote.lines = all;
    edit->quote.count = count;
    return SOUK_OK;
}

/* What is to be paid for what the order is now. */
static int64_t open_sum(const struct edit *edit)
{
    return edit->quote.total - edit->refused - (edit->captured - edit->surplus);
}

static int store(struct edit *edit)
{
    const struct quote *quote = &edit->quote;
    int64_t changed = 0;
    int code =
        db_run(edit->conn, &sql_order_edit_save, &changed, DB_INT(edit->id), DB_INT(edit->version),
               DB_TEXT(edit->email), DB_TEXT(edit->phone), DB_TEXT(edit->name),
               DB_TEXT(edit->address), DB_INT(quote->items), DB_INT(quote->discount),
               DB_INT(quote->delivery_amount), DB_INT(quote->delivery_discount), DB_INT(quote->tax),
               DB_INT(quote->tax_included), DB_INT(quote->delivery_tax), DB_INT(quote->total),
               DB_TEXT(quote->version), DB_INT(edit->now));
    if (code == SOUK_OK && changed == 0)
        return err_set(edit->err, SOUK_CONFLICT, "the order has changed; look at it again");
    for (size_t i = 0; code == SOUK_OK && i < quote->count; i++)
        code = store_line(edit, i);
    if (code == SOUK_OK && quote->total != edit->total && open_sum(edit) >= 0)
        code = db_run(edit->conn, &sql_order_edit_payment, NULL, DB_INT(edit->id),
                      DB_INT(open_sum(edit)), DB_INT(edit->now));
    return code;
}

/* ---- what follows ---- */

static int follow(struct edit *edit, struct souk_str actor)
{
    const char *paid = open_sum(edit) <= 0 ? "paid" : "part_paid";
    int code = SOUK_OK;
    if (edit->captured &&
        order_edge_declared(ORDER_MACHINE_PAYMENT, "edit", souk_str(edit->payment_status), paid))
        code = order_move(edit->conn, edit->arena, edit->id, ORDER_MACHINE_PAYMENT, "edit", paid,
                          actor, souk_str(""), edit->now, edit->err);
    if (code == SOUK_OK && edit->touched)
        code =
            shipment_settle(edit->conn, edit->arena, edit->id, "edit", actor, edit->now, edit->err);
    return code;
}

static int tell(struct edit *edit, const struct json *wish, struct souk_str actor)
{
    struct arena *arena = edit->arena;
    struct json *more = json_new(arena, JSON_OBJECT), *changes = json_new(arena, JSON_ARRAY);
    json_add_int(arena, more, "version", edit->version + 1);
    json_add_int(arena, more, "total", edit->quote.total);
    json_add_int(arena, more, "total_before", edit->total);
    json_add_int(arena, more, "due",
                 order_due(edit->status, edit->quote.total - edit->refused, edit->captured,
                           edit->surplus, edit->refunded));
    int code =
        order_tell(edit->conn, arena, "order.edited", edit->id, edit->number, more, edit->now);
    for (size_t i = 0; i < edit->quote.count; i++) {
        const struct quote_line *line = &edit->quote.lines[i];
        if (line->quantity == edit->lines[i].before)
            continue;
        struct json *item = json_add(arena, changes, NULL, JSON_OBJECT);
        json_add_str(arena, item, "sku", line->sku);
        json_add_int(arena, item, "from", edit->lines[i].before);
        json_add_int(arena, item, "to", line->quantity);
    }
    if (changes->count)
        json_add_tree(arena, more, "lines", changes);
    json_each(item, wish) /* which, not what: names and addresses do not belong in a log for good */
        if (souk_str_is(item->key, "address") || souk_str_is(item->key, "email") ||
            souk_str_is(item->key, "phone") || souk_str_is(item->key, "name"))
            json_add_bool(arena, more, arena_cstr(arena, item->key), 1);
    struct order_trace trace = {.step = "edit",
                                .actor = actor,
                                .reason = str_trim(json_text(json_at(wish, "reason"))),
                                .more = more};
    db_changed(edit->conn, "order", edit->id);
    return code ? code : order_audit(edit->conn, arena, edit->id, &trace, edit->now);
}

int order_edit(struct db_conn *conn, struct arena *arena, int64_t id, const struct json *wish,
               struct souk_str actor, int64_t now, struct err *err)
{
    struct edit *edit = arena_new(arena, struct edit);
    *edit = (struct edit){.conn = conn, .arena = arena, .id = id, .now = now, .err = err};
    wish = order_args(arena, wish);
    int code = read_row(edit);
    if (code != SOUK_OK)
        return code;
    if (strcmp(edit->status, "placed") != 0 && strcmp(edit->status, "confirmed") != 0 &&
        strcmp(edit->status, "draft") != 0)
        return err_set(err, SOUK_CONFLICT, "an order that is %s is not changed any more",
                       edit->status);
    if (json_int(json_at(wish, "version"), edit->version) != edit->version)
        return err_set(err, SOUK_CONFLICT, "the order has changed; look at it again");
    code = read_lines(edit);
    if (code == SOUK_OK)
        code = apply_who(edit, wish);
    if (code == SOUK_OK)
        code = apply_lines(edit, wish);
    if (code == SOUK_OK)
        code = apply_delivery(edit, wish);
    if (code == SOUK_OK)
        code = compute(edit);
    if (code == SOUK_OK)
        code = move_stock(edit);
    if (code == SOUK_OK)
        code = store(edit);
    if (code == SOUK_OK)
        code = promo_retake(conn, arena, id, &edit->quote, now);
    if (code == SOUK_OK)
        code = tell(edit, wish, actor);
    return code ? code : follow(edit, actor);
}

/* ---- one line at a price of its own ---- */

static int append_line(struct edit *edit, const struct order_addition *addition)
{
    struct market market = market_of(edit);
    struct quote_line line;
    int64_t free = 0;
    int code = promo_offer_line(edit->conn, edit->arena, &market, addition->variant_id,
                                addition->quantity, &line, &free);
    if (code == SOUK_NOT_FOUND)
        return err_set(edit->err, SOUK_CONFLICT, "this is not sold any more");
    if (code != SOUK_OK)
        return code;
    if (edit->quote.include_tax != market_shop()->prices_include_tax)
        return err_set(edit->err, SOUK_CONFLICT,
                       "prices of this order and of today do not agree on tax");
    if (edit->quote.count == QUOTE_LINES)
        return err_set(edit->err, SOUK_CONFLICT, "an order has at most %d lines", QUOTE_LINES);
    size_t at = edit->quote.count++;
    line.id = 0;
    line.unit_price = addition->unit_price;
    if (line.original_price < line.unit_price)
        line.original_price = line.unit_price;
    if (addition->share.amount) {
        line.discounts = arena_new(edit->arena, struct quote_share);
        *line.discounts = addition->share;
        line.discount_count = 1;
    }
    edit->quote.lines[at] = line;
    edit->lines[at] = (struct edit_line){.position = at ? edit->lines[at - 1].position + 1 : 0};
    edit->touched = 1;
    return SOUK_OK;
}

int order_append(struct db_conn *conn, struct arena *arena, int64_t id,
                 const struct order_addition *addition, struct souk_str actor, int64_t now,
                 int64_t *more, struct err *err)
{
    struct edit *edit = arena_new(arena, struct edit);
    struct json *wish = json_new(arena, JSON_OBJECT);
    *edit = (struct edit){.conn = conn, .arena = arena, .id = id, .now = now, .err = err};
    json_add_str(arena, wish, "reason", addition->share.promotion);
    int code = read_row(edit);
    if (code != SOUK_OK)
        return code;
    if (strcmp(edit->status, "placed") != 0 && strcmp(edit->status, "confirmed") != 0)
        return err_set(err, SOUK_CONFLICT, "an order that is %s is not changed any more",
                       edit->status);
    if ((code = read_lines(edit)) == SOUK_OK)
        code = append_line(edit, addition);
    if (code == SOUK_OK)
        code = compute(edit);
    if (code != SOUK_OK)
        return code;
    *more = edit->quote.total - edit->total;
    if (addition->try)
        return SOUK_OK;
    if ((code = take_more(edit)) == SOUK_OK)
        code = store(edit);
    if (code == SOUK_OK)
        code = promo_retake(conn, arena, id, &edit->quote, now);
    if (code == SOUK_OK)
        code = tell(edit, wish, actor);
    return code ? code : follow(edit, actor);
}
