/*
 * cart_join.c: what a guest put into a cart stays when they sign in. Without a cart of their own
 * the guest's becomes theirs; with one, lines go over. Nothing is taken from a cart that belongs to
 * somebody else, whoever knows its token.
 *
 * Quantities are added up, but not beyond what can be had: then the larger of the two wishes
 * stands, as the shopper left it.
 */
#include "base/clock.h"
#include "base/rand.h"
#include "shop/cart.h"
#include "shop/cart.sql.h"
#include "shop/person.h"
#include "shop/promo_offer.h"

struct join {
    struct db_conn *conn;
    struct arena *arena;
    const struct cart *guest;
    struct cart *kept;
    int64_t *free; /* of each line of the guest; -1: any number */
};

/* What can be had of the guest's lines, in one query. */
static int read_free(struct join *join)
{
    const struct cart *guest = join->guest;
    struct buf ids = {.arena = join->arena};
    struct db_rows rows;
    join->free = arena_array(join->arena, int64_t, guest->count + 1);
    for (size_t i = 0; i < guest->count; i++) {
        buf_printf(&ids, "%c%lld", i ? ',' : '[', (long long)guest->lines[i].variant_id);
        join->free[i] = -1;
    }
    if (!ids.len)
        return SOUK_OK;
    buf_add_char(&ids, ']');
    int code = db_query(join->conn, &sql_cart_stock, &rows, DB_TEXT(buf_str(&ids)));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1)
        for (size_t i = 0; i < guest->count; i++)
            if (guest->lines[i].variant_id == db_int(&rows, 0) && !db_is_null(&rows, 1))
                join->free[i] = db_int(&rows, 1);
    return code;
}

static struct cart_line *find(struct cart *cart, const struct cart_line *like)
{
    for (size_t i = 0; i < cart->count; i++)
        if (cart->lines[i].variant_id == like->variant_id && cart->lines[i].later == like->later)
            return &cart->lines[i];
    return NULL;
}

static int64_t add_up(int64_t a, int64_t b, int64_t free)
{
    int64_t larger = a > b ? a : b, sum = a + b;
    if (sum > QUOTE_QUANTITY)
        sum = QUOTE_QUANTITY;
    if (free >= 0 && sum > free)
        sum = free > larger ? free : larger;
    return sum;
}

static void take_lines(struct join *join)
{
    const struct cart *guest = join->guest;
    struct cart *kept = join->kept;
    struct cart_line *lines =
        arena_array(join->arena, struct cart_line, kept->count + guest->count + 1);
    if (kept->count)
        memcpy(lines, kept->lines, kept->count * sizeof *lines);
    kept->lines = lines;
    kept->cap = kept->count + guest->count + 1;
    for (size_t i = 0; i < guest->count; i++) {
        const struct cart_line *from = &guest->lines[i];
        struct cart_line *into = find(kept, from);
        if (into) {
            into->quantity = add_up(into->quantity, from->quantity, join->free[i]);
            into->price_seen = from->price_seen;
            if (!into->note.len)
                into->note = from->note;
            into->changed = 1;
        } else if (kept->count < QUOTE_LINES) {
            lines[kept->count] = *from;
            lines[kept->count].id = id_next();
            lines[kept->count++].changed = 1;
        }
    }
}

static void take_codes(struct join *join)
{
    struct cart *kept = join->kept;
    for (size_t i = 0; i < join->guest->coupon_count; i++) {
        struct souk_str code = join->guest->coupons[i];
        size_t at = 0;
        while (at < kept->coupon_count && !souk_str_equal(kept->coupons[at], code))
            at++;
        if (at < kept->coupon_count || at == CART_CODES)
            continue;
        if (!kept->coupons)
            kept->coupons = arena_array(join->arena, struct souk_str, CART_CODES);
        kept->coupons[kept->coupon_count++] = code;
        kept->coupons_changed = 1;
    }
}

/* The guest's goes into the one that is there; person_id 0: a guest's too. */
static int pour(struct db_conn *conn, struct arena *arena, const struct cart *guest,
                int64_t person_id, int64_t now, struct cart *kept)
{
    struct join join = {conn, arena, guest, kept, NULL};
    int64_t changed = 0;
    int code = read_free(&join);
    if (code != SOUK_OK)
        return code;
    take_lines(&join);
    take_codes(&join);
    if (guest->draft && guest->draft->count) /* typed last */
        kept->draft = guest->draft;
    if ((code = cart_store(conn, arena, kept, NULL, now)) == SOUK_OK)
        code = promo_offer_follow(conn, guest->id, kept->id);
    if (code == SOUK_OK)
        code = db_run(conn, &sql_cart_merge, &changed, DB_INT(guest->id), DB_INT(kept->id),
                      person_id ? DB_INT(person_id) : DB_NULL, DB_INT(now), DB_INT(guest->version));
    if (code == SOUK_OK && !changed)
        code = SOUK_CONFLICT;
    return code == SOUK_OK ? cart_load(conn, arena, kept->token, now, kept) : code;
}

static int own(struct db_conn *conn, struct cart *cart, int64_t person_id, int64_t now)
{
    int64_t changed = 0;
    int code = db_run(conn, &sql_cart_own, &changed, DB_INT(cart->id), DB_INT(person_id),
                      DB_INT(now), DB_INT(now + CART_DAYS * CLOCK_DAY), DB_INT(cart->version));
    if (code == SOUK_OK && !changed)
        code = SOUK_CONFLICT;
    if (code != SOUK_OK)
        return code;
    cart->person_id = person_id;
    cart->version++;
    return SOUK_OK;
}

int cart_join(struct db_conn *conn, struct arena *arena, struct souk_str token, int64_t person_id,
              int64_t now, struct cart *kept)
{
    struct cart guest;
    int64_t person = person_root(conn, person_id);
    int had = cart_load_of(conn, arena, person, now, kept);
    if (had != SOUK_OK && had != SOUK_NOT_FOUND)
        return had;
    int code = token.len ? cart_load(conn, arena, token, now, &guest) : SOUK_NOT_FOUND;
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        return code;
    int theirs = code == SOUK_OK && souk_str_is(guest.state, "open") &&
                 (!guest.person_id || person_root(conn, guest.person_id) == person);
    if (!theirs || (had == SOUK_OK && guest.id == kept->id))
        return had;
    if (had == SOUK_OK)
        return pour(conn, arena, &guest, person, now, kept);
    *kept = guest;
    return own(conn, kept, person, now);
}

int cart_resume(struct db_conn *conn, struct arena *arena, struct souk_str token,
                struct souk_str own_token, int64_t now, struct cart *kept)
{
    struct cart guest;
    int code = cart_load(conn, arena, token, now, kept);
    if (code == SOUK_OK && (kept->person_id || !souk_str_is(kept->state, "open")))
        code = SOUK_NOT_FOUND;
    if (code != SOUK_OK || !own_token.len)
        return code;
    code = cart_load(conn, arena, own_token, now, &guest);
    if (code == SOUK_NOT_FOUND || (code == SOUK_OK && (guest.id == kept->id || guest.person_id ||
                                                       !souk_str_is(guest.state, "open"))))
        return SOUK_OK;
    if (guest.draft && kept->draft && kept->draft->count)
        guest.draft = NULL; /* the link leads to what was typed there */
    return code ? code : pour(conn, arena, &guest, 0, now, kept);
}
