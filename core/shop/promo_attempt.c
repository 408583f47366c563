/*
 * promo_attempt: codes cannot be tried out: after ten wrong ones in ten minutes, from one address
 * of the network or for one cart, no more are heard until the ten minutes are over. Neither is
 * written down, only digests of them; an IPv6 customer has a whole network of addresses, so that is
 * what counts.
 */
#include "shop/promo_book.h"

#include <arpa/inet.h>
#include "base/clock.h"
#include "base/str.h"
#include "shop/promo_book.sql.h"
#include "shop/promo_code.sql.h"
#include "store/digest.h"

#define WINDOW (10 * CLOCK_MINUTE)

#define DIGEST(bytes) DB_BLOB(((struct souk_str){(const char *)(bytes), DIGEST_LEN}))

static void digest_of(const char *what, const void *bytes, size_t len, unsigned char *to)
{
    const struct souk_str pieces[] = {
        souk_str("promo_attempt"), souk_str(what), {(const char *)bytes, len}};
    digest_pieces(to, pieces, 3);
}

static void digest_address(const char *address, unsigned char *to)
{
    unsigned char network[16];
    if (strchr(address, ':') && inet_pton(AF_INET6, address, network) == 1)
        digest_of("network", network, 8, to);
    else
        digest_of("address", address, strlen(address), to);
}

static void digest_cart(int64_t cart_id, unsigned char *to)
{
    digest_of("cart", &cart_id, sizeof cart_id, to);
}

int promo_attempts_left(struct db_conn *conn, const char *address, int64_t cart_id, int64_t now,
                        int *left)
{
    unsigned char of_address[DIGEST_LEN], of_cart[DIGEST_LEN];
    int64_t most = 0;
    digest_cart(cart_id, of_cart);
    digest_address(address && address[0] ? address : "", of_address);
    int code =
        db_get_int(conn, &sql_promo_attempt_most, &most, DIGEST(of_cart),
                   address && address[0] ? DIGEST(of_address) : DIGEST(of_cart), DB_INT(now));
    *left = most >= PROMO_ATTEMPTS ? 0 : PROMO_ATTEMPTS - (int)most;
    return code;
}

int promo_attempt(struct db_conn *conn, const char *address, int64_t cart_id, int64_t now,
                  int *left)
{
    unsigned char digest[DIGEST_LEN];
    digest_cart(cart_id, digest);
    int code = db_run(conn, &sql_promo_attempt_sweep, NULL, DB_INT(now));
    if (code == SOUK_OK && cart_id)
        code = db_run(conn, &sql_promo_attempt_put, NULL, DIGEST(digest), DB_INT(now),
                      DB_INT(now + WINDOW));
    if (code == SOUK_OK && address && address[0]) {
        digest_address(address, digest);
        code = db_run(conn, &sql_promo_attempt_put, NULL, DIGEST(digest), DB_INT(now),
                      DB_INT(now + WINDOW));
    }
    return code ? code : promo_attempts_left(conn, address, cart_id, now, left);
}

/* ---- one that is typed ---- */

static int serves(const struct promo *promo, int64_t now)
{
    const struct promo_coupon *coupon = promo->coupon;
    return coupon && promo->enabled && (!promo->to || now < promo->to) &&
           (!coupon->ends_at || now < coupon->ends_at);
}

static int is_named(const struct promo_set *set, struct souk_str code, int64_t now)
{
    for (size_t i = 0; i < set->cart_count; i++)
        for (size_t c = 0; serves(&set->cart[i], now) && c < set->cart[i].coupon->codes.count; c++)
            if (souk_str_equal(set->cart[i].coupon->codes.at[c], code))
                return 1;
    return 0;
}

static int has_batch(const struct promo_set *set, struct souk_str batch, int64_t now)
{
    for (size_t i = 0; i < set->cart_count; i++)
        if (serves(&set->cart[i], now) && souk_str_equal(set->cart[i].coupon->batch, batch))
            return 1;
    return 0;
}

/* A code that works, of a batch: not switched off, not over, not somebody else's. */
static int is_in_book(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                      struct souk_str code, int64_t person_id, int64_t now, int *good)
{
    struct json *list = json_new(arena, JSON_ARRAY);
    struct buf text = {.arena = arena};
    struct db_rows rows;
    if (!promo_code_checks(code))
        return SOUK_OK; /* a slip of the fingers: no need to look */
    json_add_str(arena, list, NULL, code);
    json_print(&text, list);
    int failed =
        db_first(db_query(conn, &sql_promo_book_codes, &rows, DB_TEXT(buf_str(&text))), &rows);
    if (failed)
        return failed == SOUK_NOT_FOUND ? SOUK_OK : failed;
    int64_t ends_at = db_int(&rows, 2), owner = db_int(&rows, 6);
    *good = has_batch(set, db_text(&rows, 1), now) && !db_int(&rows, 5) &&
            (!ends_at || now < ends_at) && (!owner || owner == person_id);
    db_close(&rows);
    return SOUK_OK;
}

int promo_code_try(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                   const struct promo_who *who, int64_t cart_id, struct souk_str typed, int64_t now,
                   struct err *err)
{
    struct souk_str code = promo_code_normalize(arena, typed);
    int left, good = code.len && is_named(set, code, now);
    int failed = promo_attempts_left(conn, who->address, cart_id, now, &left);
    if (failed == SOUK_OK && !left)
        return err_set(err, SOUK_BUSY, "too many codes were tried");
    if (failed == SOUK_OK && !good && code.len)
        failed = is_in_book(conn, arena, set, code, who->person_id, now, &good);
    if (failed == SOUK_OK && !good)
        failed = promo_attempt(conn, who->address, cart_id, now, &left);
    return failed;
}
