/*
 * promo_book: what the database knows of promotions: codes, uses, limits and budgets, who the
 * customer is. Limits are taken in the transaction that places the order, by guarded statements,
 * and given back once by the one that cancels it; promo_use is the truth, promo_count its sum.
 *
 * A customer is known by several names at once: "person:<id>" of the person and of everybody who
 * was merged into them, and digests of the address and the telephone that were typed and of those
 * that the person has confirmed. A limit per customer counts the uses that stand under any of them,
 * so it holds for guests by address and telephone, and across signing in.
 */
#ifndef SHOP_PROMO_BOOK_H
#define SHOP_PROMO_BOOK_H

#include "shop/cart.h"
#include "shop/promo.h"

/* Who asks, as far as pricing is concerned. */
struct promo_who {
    int64_t person_id;            /* signed in; 0 */
    int64_t visitor;              /* anonymous id; 0 */
    struct souk_str email, phone; /* typed at the checkout so far, in any form; empty */
    struct souk_str group;        /* price group */
    const char *address;          /* of the network: attempts; "" for staff and commands */
};

/* Reads what the set wants to know for these codes and this customer: a fixed number of statements,
 * none for a set without limits, codes and history. In a snapshot or a write. */
int promo_facts_read(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                     const struct quote *quote, const struct market *market,
                     const struct promo_who *who, struct promo_facts *facts);

/* In the write that places the order, after its rows stand: takes every limit of what the quote
 * applied, and notes every use. SOUK_CONFLICT: a limit or budget is used up meanwhile; nothing was
 * taken; err names it for the shopper. */
int promo_take(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
               const struct quote *quote, int64_t order_id, const struct promo_who *who,
               int64_t now, struct err *err);
/* In a write: what is paid or confirmed stays taken. */
int promo_confirm(struct db_conn *conn, int64_t order_id, int64_t now);
/* In the write that cancels: gives back once, whatever happens twice. */
int promo_release(struct db_conn *conn, struct arena *arena, int64_t order_id, int64_t now);
/* In a write: an edit changed what the order's promotions give: amounts of budgets follow. */
int promo_retake(struct db_conn *conn, struct arena *arena, int64_t order_id,
                 const struct quote *quote, int64_t now);

/* ---- codes ---- */

struct promo_batch {
    struct souk_str name, prefix, note, actor;
    int64_t count;
    int length; /* random symbols before the check symbol; 0: as many as `count` needs */
    int64_t ends_at, uses, per_customer; /* 0: none */
};
/* In a write: generates unique codes from 32 symbols without look-alikes, the last one a check
 * symbol; at most half of the space of a length may be used. Into `codes` (list of strings). A
 * batch of that name grows. SOUK_INVALID: says what is wrong with the wishes. */
int promo_codes_generate(struct db_conn *conn, struct arena *arena, const struct promo_batch *batch,
                         int64_t now, struct json *codes, struct err *err);
/* How many symbols so many codes need, so that a guess hits one in a million tries. */
int promo_codes_length(int64_t count);
/* Does the check symbol of a generated code fit? Codes that scripts name need not have one, so this
 * is asked for what they do not know. A typing mistake is told as such, without asking the
 * database.
 */
int promo_code_checks(struct souk_str code);
/* Batches: [{"name", "prefix", "codes", "disabled", "used", "uses", "per_customer", "to", "note",
 * "actor", "created_at"}]. With a name: its codes after `after` (empty: from the first), at most
 * `limit`: [{"code", "used", "disabled"}]. SOUK_NOT_FOUND: no such batch. */
int promo_codes_list(struct db_conn *conn, struct arena *arena, struct souk_str name,
                     struct souk_str after, int limit, struct json *items, struct err *err);
/* In a write: a batch, or one code of any batch (`code` not empty), works no more, or works again.
 * *count: how many codes changed. SOUK_NOT_FOUND. */
int promo_codes_disable(struct db_conn *conn, struct souk_str name, struct souk_str code, int off,
                        int64_t *count, struct err *err);

/* In a write: a wrong code was tried. *left: how many more are heard in this ten minutes; 0: none.
 */
#define PROMO_ATTEMPTS 10
int promo_attempt(struct db_conn *conn, const char *address, int64_t cart_id, int64_t now,
                  int *left);
int promo_attempts_left(struct db_conn *conn, const char *address, int64_t cart_id, int64_t now,
                        int *left);

/* In a write, before a code joins a cart: one that is not known, is over or switched off counts as
 * an attempt. SOUK_BUSY: too many were tried; words for the shopper, and the code is not heard. */
int promo_code_try(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                   const struct promo_who *who, int64_t cart_id, struct souk_str typed, int64_t now,
                   struct err *err);

/* ---- shelves: catalogue promotions as prices ---- */

/* In a write, a piece at a time (`*more`): the lists "promotion" are made equal to what the
 * catalogue promotions of the set say, over all their time windows, so that lists, pages, feeds and
 * carts show the same price at the same second. Those with conditions on the customer or channel
 * are not on the shelves; the engine applies them in the cart. How far it got is kept with them. */
int promo_shelf_write(struct db_conn *conn, struct arena *arena, const struct promo_set *set,
                      int64_t now, int *more, struct err *err);
/* In the write that saves a product, after its rows: its prices on the shelves, too. Does nothing
 * while all are being walked. */
int promo_shelf_follow(struct db_conn *conn, const struct promo_set *set, int64_t product_id,
                       int64_t now);
/* Is there something for promo_shelf_write to do? */
int promo_shelf_waits(struct db_conn *conn, struct arena *arena, const struct promo_set *set);

void promo_verify_setup(void); /* I-14: counters are the sums of uses; uses stand on their orders */

#endif
