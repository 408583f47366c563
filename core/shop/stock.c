/*
 * stock.c: how many are there.
 *
 * The counter (stock.on_hand) is the sum of its ledger (stock_move), so the two are always written
 * together; `souk verify` adds them up. A movement is one guarded UPDATE: when it changes no row,
 * there were not enough. A count or a file sets the counter, and the ledger gets the difference.
 *
 * What pages show is variant.availability. It is written only when it becomes another one, so that
 * a sale from a full shelf leaves every cached page in place.
 */
#include "shop/stock.h"

#include "base/rand.h"
#include "base/vec.h"
#include "shop/catalogue.h"
#include "shop/stock.sql.h"
#include "shop/stock_count.h"
#include "store/verify.h"

static int stock_note(struct db_conn *conn, int64_t variant_id, int64_t delta, const char *reason,
                      struct souk_str subject, int64_t now)
{
    return db_run(conn, &sql_stock_note, NULL, DB_INT(id_next()), DB_INT(variant_id), DB_INT(delta),
                  DB_CSTR(reason), DB_TEXT(subject), DB_INT(now));
}

int stock_move(struct db_conn *conn, int64_t variant_id, int64_t delta, const char *reason,
               struct souk_str subject, int64_t now)
{
    int64_t changed = 0;
    if (delta == 0)
        return 0;
    int code = db_run(conn, &sql_stock_begin, NULL, DB_INT(variant_id));
    if (code == 0)
        code = db_run(conn, &sql_stock_add, &changed, DB_INT(variant_id), DB_INT(delta));
    if (code != 0)
        return code;
    if (changed == 0) {
        int64_t on_hand = 0, reserved = 0;
        code = stock_get(conn, variant_id, &on_hand, &reserved);
        return code ? code
                    : db_refuse(conn, SOUK_CONFLICT, "%lld are free, which is less than %lld",
                                (long long)(on_hand - reserved), (long long)-delta);
    }
    code = stock_note(conn, variant_id, delta, reason, subject, now);
    return code ? code : stock_refresh(conn, variant_id, NULL);
}

int stock_count(struct db_conn *conn, int64_t variant_id, int64_t had, int64_t on_hand,
                const char *reason, int64_t now)
{
    int code = db_run(conn, &sql_stock_put, NULL, DB_INT(variant_id), DB_INT(on_hand));
    if (code == 0 && on_hand != had)
        code = stock_note(conn, variant_id, on_hand - had, reason, souk_str(""), now);
    return code;
}

int stock_set(struct db_conn *conn, int64_t variant_id, int64_t on_hand, const char *reason,
              int64_t now, int *changed)
{
    int64_t had = 0, reserved = 0;
    if (changed)
        *changed = 0;
    int code = stock_get(conn, variant_id, &had, &reserved);
    int fresh = code == SOUK_NOT_FOUND;
    if ((code != 0 && !fresh) || (!fresh && had == on_hand))
        return code;
    code = stock_count(conn, variant_id, had, on_hand, reason, now);
    if (code == 0)
        code = stock_refresh(conn, variant_id, NULL);
    if (code == 0 && changed)
        *changed = on_hand != had;
    return code;
}

int stock_settle(struct db_conn *conn, int64_t variant_id, int *changed)
{
    int64_t rows = 0;
    int code = db_run(conn, &sql_stock_refresh, &rows, DB_INT(variant_id));
    if (changed)
        *changed = rows > 0;
    return code;
}

int stock_refresh(struct db_conn *conn, int64_t variant_id, int *changed)
{
    int64_t product = 0;
    int moved = 0;
    int code = stock_settle(conn, variant_id, &moved);
    if (changed)
        *changed = moved;
    if (code != 0 || !moved)
        return code;
    code = db_get_int(conn, &sql_stock_product, &product, DB_INT(variant_id));
    if (code == 0)
        code = catalogue_bump(conn, product);
    if (code == 0)
        db_changed(conn, "product", product);
    return code;
}

/* Bumping the catalogue is a statement of its own, so the products are taken down first. */
int stock_refresh_list(struct db_conn *conn, struct souk_str variants)
{
    struct db_rows rows;
    VEC(int64_t) products = {0};
    int code = db_query(conn, &sql_stock_refresh_list, &rows, DB_TEXT(variants));
    while (code == 0 && (code = db_next(&rows)) == 1) {
        vec_push(&products, db_int(&rows, 0));
        code = 0;
    }
    for (size_t i = 0; code == 0 && i < products.len; i++) {
        code = catalogue_bump(conn, products.at[i]);
        db_changed(conn, "product", products.at[i]);
    }
    vec_free(&products);
    return code;
}

int stock_get(struct db_conn *conn, int64_t variant_id, int64_t *on_hand, int64_t *reserved)
{
    struct db_rows rows;
    *on_hand = *reserved = 0;
    int code = db_first(db_query(conn, &sql_stock_get, &rows, DB_INT(variant_id)), &rows);
    if (code != 0)
        return code;
    *on_hand = db_int(&rows, 0);
    *reserved = db_int(&rows, 1);
    db_close(&rows);
    return 0;
}

void stock_verify_setup(void)
{
    static const struct verify_check checks[] = {
        {"I-1", "no more is reserved than is there, unless the variant takes backorders",
         &sql_stock_verify_sold},
        {"I-2", "the stock of every variant is the sum of its movements", &sql_stock_verify_sum},
        {"I-2", "what is reserved of every variant is the sum of its reservations",
         &sql_stock_verify_reserved},
    };
    static int done;
    if (!done)
        verify_add(checks, 3);
    done = 1;
}
