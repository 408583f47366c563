/*
 * cart_apply.c: one change of a cart, in memory. All that can be wrong with it is found here, so a
 * cart that is stored is one that could be bought when its lines were last touched. A line that was
 * touched has its price shown anew (price_seen).
 *
 * What is free is looked at, not taken: goods are reserved when the order is placed.
 */
#include "base/rand.h"
#include "base/str.h"
#include "base/utf8.h"
#include "shop/cart.h"
#include "shop/cart.sql.h"
#include "shop/cart_goods.h"

#define NOTE_MOST 500 /* characters */
#define CODE_MOST 64  /* bytes */

/* The words below are whole sentences, which the pages look up in their language; so the numbers
 * stand in them. */
_Static_assert(QUOTE_QUANTITY == 10000 && QUOTE_LINES == 200, "as the words say");

struct apply {
    struct db_conn *conn;
    struct arena *arena;
    struct cart *cart;
    const struct cart_change *change;
    int64_t now;
    int64_t *line_id, *available;
    struct err *err;
};

/* ---- lines ---- */

static struct cart_line *find_line(struct cart *cart, int64_t id)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].id == id)
            return &cart->lines[i];
    return NULL;
}

static struct cart_line *find_variant(struct cart *cart, int64_t variant_id, int later)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].variant_id == variant_id && cart->lines[i].later == later)
            return &cart->lines[i];
    return NULL;
}

static struct cart_line *add_line(struct apply *apply, int64_t variant_id)
{
    struct cart *cart = apply->cart;
    if (cart->count == cart->cap) {
        size_t cap = cart->cap ? cart->cap * 2 : 8;
        struct cart_line *more = arena_array(apply->arena, struct cart_line, cap);
        if (cart->count)
            memcpy(more, cart->lines, cart->count * sizeof *more);
        cart->lines = more;
        cart->cap = cap;
    }
    cart->lines[cart->count] = (struct cart_line){.id = id_next(),
                                                  .variant_id = variant_id,
                                                  .price_seen = -1,
                                                  .note = souk_str(""),
                                                  .changed = 1};
    return &cart->lines[cart->count++];
}

static void drop_line(struct apply *apply, struct cart_line *line)
{
    struct cart *cart = apply->cart;
    int64_t *more = arena_array(apply->arena, int64_t, cart->removed_count + 1);
    if (cart->removed_count)
        memcpy(more, cart->removed, cart->removed_count * sizeof *more);
    more[cart->removed_count++] = line->id;
    cart->removed = more;
    size_t at = (size_t)(line - cart->lines);
    memmove(line, line + 1, (cart->count - at - 1) * sizeof *line);
    cart->count--;
}

static int no_line(struct apply *apply)
{
    return err_set(apply->err, SOUK_NOT_FOUND, "this line is not in the cart any more");
}

/* ---- what can be had ---- */

struct offer {
    int64_t variant_id, free; /* free -1: as many as one likes */
    int sold, elsewhere;
};

static int find_offer(struct apply *apply, const struct db_statement *statement, struct db_arg arg,
                      struct offer *offer)
{
    struct db_rows rows;
    int code = db_first(db_query(apply->conn, statement, &rows, arg), &rows);
    if (code != SOUK_OK)
        return code == SOUK_NOT_FOUND ? err_set(apply->err, code, "this shop has no such product")
                                      : err_set(apply->err, code, "the product cannot be read: %s",
                                                db_error(apply->conn));
    struct souk_str type = db_text(&rows, 2);
    int counted = db_int(&rows, 6) && souk_str_is(db_text(&rows, 7), "no");
    int64_t free = db_int(&rows, 8);
    *offer = (struct offer){.variant_id = db_int(&rows, 0),
                            .free = !counted   ? -1
                                    : free > 0 ? free
                                               : 0,
                            .elsewhere = souk_str_is(type, "external")};
    offer->sold = db_int(&rows, 9) && goods_sold(type, db_text(&rows, 3), db_int(&rows, 1) != 0,
                                                 db_int(&rows, 4), db_int(&rows, 5), apply->now);
    db_close(&rows);
    return SOUK_OK;
}

static int check_offer(struct apply *apply, const struct offer *offer, int64_t quantity)
{
    *apply->available = offer->free;
    if (offer->elsewhere)
        return err_set(apply->err, SOUK_NOT_FOUND,
                       "this product is sold elsewhere; follow the link on its page");
    if (!offer->sold)
        return err_set(apply->err, SOUK_NOT_FOUND, "this product is not on sale now");
    if (quantity > QUOTE_QUANTITY)
        return err_set(apply->err, SOUK_INVALID,
                       "a line holds at most 10,000 units; write to us for more");
    if (offer->free == 0)
        return err_set(apply->err, SOUK_CONFLICT, "this product is sold out");
    if (offer->free > 0 && quantity > offer->free)
        return err_set(apply->err, SOUK_CONFLICT, "only %lld of this product can be had now",
                       (long long)offer->free);
    return SOUK_OK;
}

static void set_quantity(struct apply *apply, struct cart_line *line, int64_t quantity)
{
    line->quantity = quantity;
    line->price_seen = -1;
    line->changed = 1;
    *apply->line_id = line->id;
}

/* ---- the verbs ---- */

static int do_add(struct apply *apply)
{
    const struct cart_change *change = apply->change;
    struct offer offer;
    if (change->quantity < 1)
        return err_set(apply->err, SOUK_INVALID, "the quantity must be at least 1");
    int code = change->variant_id
                   ? find_offer(apply, &sql_cart_variant, DB_INT(change->variant_id), &offer)
                   : find_offer(apply, &sql_cart_variant_by_sku, DB_TEXT(change->sku), &offer);
    if (code != SOUK_OK)
        return code;
    struct cart_line *line = find_variant(apply->cart, offer.variant_id, 0);
    /* no overflow: more than a line holds is more than a line holds */
    int64_t more = change->quantity > QUOTE_QUANTITY ? QUOTE_QUANTITY + 1 : change->quantity;
    int64_t wanted = (line ? line->quantity : 0) + more;
    if ((code = check_offer(apply, &offer, wanted)) != SOUK_OK)
        return code;
    if (!line && apply->cart->count >= QUOTE_LINES)
        return err_set(apply->err, SOUK_INVALID,
                       "a cart holds at most 200 lines; take something out first");
    if (!line)
        line = add_line(apply, offer.variant_id);
    set_quantity(apply, line, wanted);
    return SOUK_OK;
}

static int do_set(struct apply *apply, struct cart_line *line)
{
    struct offer offer;
    int64_t wanted = apply->change->quantity;
    if (wanted < 0)
        return err_set(apply->err, SOUK_INVALID, "the quantity must not be negative");
    if (wanted == 0) {
        drop_line(apply, line);
        return SOUK_OK;
    }
    int code = find_offer(apply, &sql_cart_variant, DB_INT(line->variant_id), &offer);
    if (code == SOUK_OK && line->later)
        offer.free = -1; /* a wish */
    if (code == SOUK_OK)
        code = check_offer(apply, &offer, wanted);
    if (code == SOUK_OK)
        set_quantity(apply, line, wanted);
    return code;
}

/* The line goes to the other side, into what already stands there. */
static int do_move(struct apply *apply, struct cart_line *line, int later)
{
    struct offer offer;
    int code = SOUK_OK;
    if (line->later == later)
        return SOUK_OK;
    struct cart_line *there = find_variant(apply->cart, line->variant_id, later);
    int64_t wanted = line->quantity + (there ? there->quantity : 0);
    if (later && wanted > QUOTE_QUANTITY)
        wanted = QUOTE_QUANTITY; /* what is kept for later is a wish */
    if (!later) {
        code = find_offer(apply, &sql_cart_variant, DB_INT(line->variant_id), &offer);
        if (code == SOUK_OK)
            code = check_offer(apply, &offer, wanted);
    }
    if (code != SOUK_OK)
        return code;
    if (!there) {
        line->later = later;
        set_quantity(apply, line, wanted);
        return SOUK_OK;
    }
    if (line->note.len && !there->note.len)
        there->note = line->note;
    set_quantity(apply, there, wanted);
    drop_line(apply, line);
    return SOUK_OK;
}

static int do_note(struct apply *apply, struct cart_line *line)
{
    struct souk_str text = str_trim(apply->change->text);
    if (!utf8_valid(text) || utf8_length(text) > NOTE_MOST)
        return err_set(apply->err, SOUK_INVALID, "a note has at most 500 characters");
    line->note = arena_str(apply->arena, text);
    line->changed = 1;
    return SOUK_OK;
}

/* ---- coupon codes ---- */

/* As it is compared: without spaces at its ends, in capitals. */
static struct souk_str code_of(struct apply *apply)
{
    struct souk_str text = str_trim(apply->change->text);
    if (!text.len || text.len > CODE_MOST || !utf8_valid(text))
        return souk_str("");
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return souk_str("");
    return utf8_upper(apply->arena, text);
}

static size_t find_code(const struct cart *cart, struct souk_str code)
{
    size_t at = 0;
    while (at < cart->coupon_count && !souk_str_equal(cart->coupons[at], code))
        at++;
    return at;
}

static size_t codes_most(void)
{
    int64_t most = market_shop()->codes_per_order;
    return most < 1 ? CART_CODES_USUAL : most > CART_CODES ? CART_CODES : (size_t)most;
}

static int do_code(struct apply *apply)
{
    struct cart *cart = apply->cart;
    struct souk_str code = code_of(apply);
    if (!code.len)
        return err_set(apply->err, SOUK_INVALID, "a code has 1 to 64 signs");
    if (find_code(cart, code) < cart->coupon_count)
        return SOUK_OK;
    if (cart->coupon_count >= codes_most())
        return err_set(apply->err, SOUK_INVALID,
                       "this cart takes no more codes; take one out first");
    if (!cart->coupons)
        cart->coupons = arena_array(apply->arena, struct souk_str, CART_CODES);
    cart->coupons[cart->coupon_count++] = code;
    cart->coupons_changed = 1;
    return SOUK_OK;
}

static int do_code_off(struct apply *apply)
{
    struct cart *cart = apply->cart;
    struct souk_str code = code_of(apply);
    size_t at = find_code(cart, code);
    if (!code.len || at == cart->coupon_count)
        return err_set(apply->err, SOUK_NOT_FOUND, "this code is not in the cart");
    memmove(&cart->coupons[at], &cart->coupons[at + 1],
            (cart->coupon_count - at - 1) * sizeof *cart->coupons);
    cart->coupon_count--;
    cart->coupons_changed = 1;
    return SOUK_OK;
}

static void do_empty(struct apply *apply)
{
    while (apply->cart->count)
        drop_line(apply, &apply->cart->lines[apply->cart->count - 1]);
}

/* ---- which one ---- */

static int do_line(struct apply *apply)
{
    struct cart_line *line = find_line(apply->cart, apply->change->line_id);
    if (!line)
        return no_line(apply);
    *apply->line_id = line->id;
    switch (apply->change->verb) {
    case CART_SET: return do_set(apply, line);
    case CART_LATER: return do_move(apply, line, 1);
    case CART_BACK: return do_move(apply, line, 0);
    case CART_NOTE: return do_note(apply, line);
    default: drop_line(apply, line); return SOUK_OK;
    }
}

int cart_apply(struct db_conn *conn, struct arena *arena, struct cart *cart,
               const struct cart_change *change, int64_t now, int64_t *line_id, int64_t *available,
               struct err *err)
{
    int64_t line = 0, left = -1;
    struct apply apply = {
        conn, arena, cart, change, now, line_id ? line_id : &line, available ? available : &left,
        err};
    *apply.line_id = 0;
    *apply.available = -1;
    if (!souk_str_is(cart->state, "open"))
        return err_set(err, SOUK_INVALID, "this cart has been ordered; begin a new one");
    switch (change->verb) {
    case CART_ADD: return do_add(&apply);
    case CART_CODE: return do_code(&apply);
    case CART_CODE_OFF: return do_code_off(&apply);
    case CART_EMPTY: do_empty(&apply); return SOUK_OK;
    default: return do_line(&apply);
    }
}
