/*
 * cart.c: carts in the database: made, loaded, stored under the guard of their version, swept.
 *
 * The idea: a cart is a small thing that is read whole and changed in memory; what was changed is
 * marked on the way, so storing it costs one guarded UPDATE and one statement for the lines that
 * are not as they were. The struct itself stays as it was loaded, because a write may be run again:
 * to store a second time, load again.
 */
#include "shop/cart.h"

#include "base/clock.h"
#include "base/rand.h"
#include "base/str.h"
#include "shop/cart.sql.h"
#include "shop/person.h"

#define MERGES_MOST 8 /* carts that went into carts that went into … */
#define KEPT        (CART_DAYS * CLOCK_DAY)

/* 130 bits in signs that survive being read aloud and being in addresses. */
static void make_token(char token[CART_TOKEN + 1])
{
    static const char signs[] = "0123456789abcdefghjkmnpqrstvwxyz";
    unsigned char bytes[CART_TOKEN];
    rand_bytes(bytes, sizeof bytes);
    for (int i = 0; i < CART_TOKEN; i++)
        token[i] = signs[bytes[i] & 31];
    token[CART_TOKEN] = '\0';
}

int cart_create(struct db_conn *conn, struct arena *arena, const struct market *market,
                int64_t person_id, int64_t visitor, int64_t now, struct cart *cart)
{
    char token[CART_TOKEN + 1];
    make_token(token);
    *cart = (struct cart){.id = id_next(),
                          .person_id = person_id,
                          .visitor = visitor,
                          .version = 1,
                          .created_at = now,
                          .changed_at = now,
                          .expires_at = now + KEPT,
                          .token = arena_str(arena, souk_str(token)),
                          .locale = arena_str(arena, souk_str(market->locale)),
                          .currency = arena_str(arena, souk_str(market->currency)),
                          .channel = arena_str(arena, market->channel),
                          .state = souk_str("open"),
                          .draft = json_new(arena, JSON_OBJECT)};
    return db_run(conn, &sql_cart_insert, NULL, DB_INT(cart->id), DB_TEXT(cart->token),
                  person_id ? DB_INT(person_id) : DB_NULL, DB_INT(visitor), DB_TEXT(cart->locale),
                  DB_TEXT(cart->currency), DB_TEXT(cart->channel), DB_INT(now),
                  DB_INT(cart->expires_at));
}

/* ---- loading ---- */

static void read_row(struct db_rows *rows, struct arena *arena, struct cart *cart)
{
    struct json *draft = NULL;
    *cart = (struct cart){.id = db_int(rows, 0),
                          .person_id = db_int(rows, 1),
                          .visitor = db_int(rows, 2),
                          .version = db_int(rows, 3),
                          .created_at = db_int(rows, 4),
                          .changed_at = db_int(rows, 5),
                          .expires_at = db_int(rows, 6),
                          .token = arena_str(arena, db_text(rows, 7)),
                          .locale = arena_str(arena, db_text(rows, 8)),
                          .currency = arena_str(arena, db_text(rows, 9)),
                          .channel = arena_str(arena, db_text(rows, 10)),
                          .state = arena_str(arena, db_text(rows, 11)),
                          .quote = arena_str(arena, db_text(rows, 13))};
    struct souk_str typed = arena_str(arena, db_text(rows, 12));
    if (typed.len <= 2 || json_parse(arena, typed, &draft, NULL) != SOUK_OK ||
        draft->kind != JSON_OBJECT)
        draft = json_new(arena, JSON_OBJECT);
    cart->draft = draft;
}

static int load_lines(struct db_conn *conn, struct arena *arena, struct cart *cart)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_cart_lines, &rows, DB_INT(cart->id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (cart->count == cart->cap) {
            size_t cap = cart->cap ? cart->cap * 2 : 8;
            struct cart_line *more = arena_array(arena, struct cart_line, cap);
            if (cart->count)
                memcpy(more, cart->lines, cart->count * sizeof *more);
            cart->lines = more;
            cart->cap = cap;
        }
        cart->lines[cart->count++] =
            (struct cart_line){.id = db_int(&rows, 0),
                               .variant_id = db_int(&rows, 1),
                               .quantity = db_int(&rows, 2),
                               .price_seen = db_int(&rows, 3),
                               .later = db_int(&rows, 4) != 0,
                               .note = arena_str(arena, db_text(&rows, 5))};
    }
    return code;
}

static int load_codes(struct db_conn *conn, struct arena *arena, struct cart *cart)
{
    struct db_rows rows;
    int code = db_query(conn, &sql_cart_codes, &rows, DB_INT(cart->id));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        if (!cart->coupons)
            cart->coupons = arena_array(arena, struct souk_str, CART_CODES);
        if (cart->coupon_count < CART_CODES)
            cart->coupons[cart->coupon_count++] = arena_str(arena, db_text(&rows, 0));
    }
    return code;
}

/* The row that the statement finds; *into: the cart that it went into. */
static int load_row(struct db_conn *conn, struct arena *arena, const struct db_statement *statement,
                    struct db_arg arg, struct cart *cart, int64_t *into)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, statement, &rows, arg), &rows);
    if (code != SOUK_OK)
        return code;
    read_row(&rows, arena, cart);
    *into = db_int(&rows, 14);
    db_close(&rows);
    return SOUK_OK;
}

static int load_rest(struct db_conn *conn, struct arena *arena, struct cart *cart)
{
    int code = load_lines(conn, arena, cart);
    return code == SOUK_OK ? load_codes(conn, arena, cart) : code;
}

int cart_load(struct db_conn *conn, struct arena *arena, struct souk_str token, int64_t now,
              struct cart *cart)
{
    int64_t into = 0;
    int code = load_row(conn, arena, &sql_cart_get, DB_TEXT(token), cart, &into);
    for (int i = 0; code == SOUK_OK && souk_str_is(cart->state, "merged"); i++) {
        if (!into || i == MERGES_MOST)
            return SOUK_NOT_FOUND;
        code = load_row(conn, arena, &sql_cart_get_by_id, DB_INT(into), cart, &into);
    }
    if (code != SOUK_OK)
        return code;
    if (cart->expires_at <= now && !souk_str_is(cart->state, "ordered"))
        return SOUK_NOT_FOUND;
    return load_rest(conn, arena, cart);
}

int cart_load_of(struct db_conn *conn, struct arena *arena, int64_t person_id, int64_t now,
                 struct cart *cart)
{
    struct db_rows rows;
    int code = db_first(db_query(conn, &sql_cart_get_of_person, &rows,
                                 DB_INT(person_root(conn, person_id)), DB_INT(now)),
                        &rows);
    if (code != SOUK_OK)
        return code;
    read_row(&rows, arena, cart);
    db_close(&rows);
    return load_rest(conn, arena, cart);
}

int64_t cart_ordered(struct db_conn *conn, int64_t cart_id)
{
    int64_t id = 0;
    return db_get_int(conn, &sql_cart_order, &id, DB_INT(cart_id)) == SOUK_OK ? id : 0;
}

int64_t cart_units(const struct cart *cart)
{
    int64_t units = 0;
    for (size_t i = 0; i < cart->count; i++)
        if (!cart->lines[i].later)
            units += cart->lines[i].quantity;
    return units;
}

/* ---- storing ---- */

/* The lines of the quote that is stored: what was shown last. */
static struct json *parse_shown(struct arena *arena, const struct cart *cart)
{
    struct json *shown = NULL;
    if (!cart->quote.len || json_parse(arena, cart->quote, &shown, NULL) != SOUK_OK)
        shown = json_new(arena, JSON_OBJECT);
    return shown;
}

static int64_t shown_price(const struct json *shown, int64_t line)
{
    int64_t id;
    json_each(item, json_at(shown, "lines"))
    {
        if (str_to_int(json_text(json_at(&item->value, "id")), &id) == SOUK_OK && id == line)
            return json_int(json_at(&item->value, "unit_price"), -1);
    }
    return -1;
}

void cart_seen(struct cart *cart, const struct quote *quote)
{
    for (size_t i = 0; i < quote->count; i++) {
        for (size_t at = 0; at < cart->count; at++) {
            struct cart_line *line = &cart->lines[at];
            if (line->id != quote->lines[i].id || line->price_seen == quote->lines[i].unit_price)
                continue;
            line->price_seen = quote->lines[i].unit_price;
            line->changed = 1;
        }
    }
}

/* A price that was never shown is shown now. A change of it that the last answer told (its quote is
 * the one that is stored) has been seen by whoever changes the cart once more. */
static void note_prices(struct arena *arena, struct cart *cart, const struct quote *quote)
{
    struct json *last = NULL;
    size_t at = 0;
    for (size_t i = 0; quote && i < cart->count; i++) {
        struct cart_line *line = &cart->lines[i];
        while (at < quote->count && quote->lines[at].id != line->id)
            at++;
        if (at == quote->count) {
            at = 0; /* not priced: kept for later, or gone */
            continue;
        }
        int64_t price = quote->lines[at].unit_price;
        if (line->price_seen == price)
            continue;
        if (line->price_seen >= 0 && !last)
            last = parse_shown(arena, cart);
        if (line->price_seen < 0 || shown_price(last, line->id) == price) {
            line->price_seen = price;
            line->changed = 1;
        }
    }
}

static int store_lines(struct db_conn *conn, struct arena *arena, const struct cart *cart,
                       int64_t now)
{
    struct buf out = {.arena = arena};
    int code = SOUK_OK;
    for (size_t i = 0; i < cart->removed_count; i++)
        buf_printf(&out, "%c%lld", i ? ',' : '[', (long long)cart->removed[i]);
    buf_add_char(&out, ']');
    if (cart->removed_count)
        code = db_run(conn, &sql_cart_line_drop, NULL, DB_INT(cart->id), DB_TEXT(buf_str(&out)));
    struct buf list = {.arena = arena};
    for (size_t i = 0; i < cart->count; i++) {
        const struct cart_line *line = &cart->lines[i];
        if (!line->changed)
            continue;
        buf_printf(&list, "%c[%lld,%zu,%lld,%lld,%d,", list.len ? ',' : '[', (long long)line->id, i,
                   (long long)line->variant_id, (long long)line->quantity, line->later);
        json_print_string(&list, line->note);
        buf_printf(&list, ",%lld]", (long long)line->price_seen);
    }
    if (code != SOUK_OK || !list.len)
        return code;
    buf_add_char(&list, ']');
    return db_run(conn, &sql_cart_line_put, NULL, DB_INT(cart->id), DB_TEXT(buf_str(&list)),
                  DB_INT(now));
}

static int store_codes(struct db_conn *conn, struct arena *arena, const struct cart *cart)
{
    struct buf list = {.arena = arena};
    int code = db_run(conn, &sql_cart_code_drop, NULL, DB_INT(cart->id));
    for (size_t i = 0; i < cart->coupon_count; i++) {
        buf_add_char(&list, i ? ',' : '[');
        json_print_string(&list, cart->coupons[i]);
    }
    if (code != SOUK_OK || !list.len)
        return code;
    buf_add_char(&list, ']');
    return db_run(conn, &sql_cart_code_put, NULL, DB_INT(cart->id), DB_TEXT(buf_str(&list)));
}

static struct souk_str print_draft(struct arena *arena, const struct cart *cart)
{
    struct buf out = {.arena = arena};
    if (!cart->draft || !cart->draft->count)
        return souk_str("{}");
    json_print(&out, cart->draft);
    return buf_str(&out);
}

int cart_store(struct db_conn *conn, struct arena *arena, struct cart *cart,
               const struct quote *quote, int64_t now)
{
    struct buf printed = {.arena = arena};
    int64_t changed = 0;
    if (quote)
        json_print(&printed, quote_print(arena, quote));
    int code =
        db_run(conn, &sql_cart_put, &changed, DB_INT(cart->id), DB_INT(cart->version),
               DB_TEXT(print_draft(arena, cart)), DB_TEXT(quote ? buf_str(&printed) : souk_str("")),
               DB_TEXT(cart->locale), cart->person_id ? DB_INT(cart->person_id) : DB_NULL,
               DB_INT(now), DB_INT(now + KEPT));
    if (code == SOUK_OK && !changed)
        code = SOUK_CONFLICT;
    if (code != SOUK_OK)
        return code;
    note_prices(arena, cart, quote);
    cart->changed_at = now;
    cart->expires_at = now + KEPT;
    code = store_lines(conn, arena, cart, now);
    return code == SOUK_OK && cart->coupons_changed ? store_codes(conn, arena, cart) : code;
}

int cart_store_draft(struct db_conn *conn, const struct cart *cart, int64_t now)
{
    struct arena arena = {0};
    int64_t changed = 0;
    int code = db_run(conn, &sql_cart_put_draft, &changed, DB_INT(cart->id),
                      DB_TEXT(print_draft(&arena, cart)), DB_INT(now), DB_INT(now + KEPT));
    arena_free(&arena);
    return code == SOUK_OK && !changed ? SOUK_CONFLICT : code;
}

/* ---- sweeping ---- */

struct sweep {
    int64_t now, gone;
};

static int sweep_write(struct db_conn *conn, void *arg)
{
    struct sweep *sweep = arg;
    return db_run(conn, &sql_cart_sweep, &sweep->gone, DB_INT(sweep->now));
}

int cart_sweep(struct db *db, int64_t now, struct err *err)
{
    struct sweep sweep = {now, 1};
    int code = SOUK_OK;
    while (code == SOUK_OK && sweep.gone > 0)
        code = db_write(db, sweep_write, &sweep, err);
    return code;
}
