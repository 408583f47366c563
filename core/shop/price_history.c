/*
 * price_history.c: what a price was, and from when on. A row says from when on everybody's price in
 * a currency was so much.
 *
 * The idea: prices with dates change without a write, so what is known of the future is noted as
 * well, and noted anew whenever prices are saved. So the history is right at any moment without
 * somebody who watches the clock.
 */
#include <stdint.h>
#include "base/clock.h"
#include "shop/price.h"
#include "shop/price.sql.h"
#include "shop/price_row.h"

#define SPAN   (30 * CLOCK_DAY)
#define POINTS 64 /* changes of the future that are noted */

int price_lowest(struct db_conn *conn, const struct market *market, int64_t variant_id,
                 int64_t *amount)
{
    struct db_rows rows;
    int64_t present = -1, began = 0, newer = -1, lowest = -1;
    *amount = 0;
    int code = db_query(conn, &sql_price_history_back, &rows, DB_INT(variant_id),
                        DB_CSTR(market->currency), DB_INT(market->now));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        int64_t at = db_int(&rows, 0);
        int64_t was = db_is_null(&rows, 1) ? -1 : db_int(&rows, 1);
        if (newer < 0) { /* the present one */
            present = was;
            began = at;
            newer = at;
            if (present < 0)
                break;
            continue;
        }
        if (lowest < 0 && newer == began && was >= 0 && was <= present)
            break; /* it did not go down: no reduction */
        if (was >= 0 && (lowest < 0 || was < lowest))
            lowest = was;
        newer = at;
        if (at <= began - SPAN)
            break;
    }
    db_close(&rows);
    if (code < 0)
        return code;
    *amount = lowest > 0 ? lowest : 0;
    return SOUK_OK;
}

struct point {
    int64_t at, amount; /* -1: not sold */
};

/* What everybody pays from `now` on, one point for each change. */
static size_t make_points(const struct price_rows *rows, int64_t now, struct point *points)
{
    size_t count = 0;
    for (int64_t at = now; count < POINTS;) {
        struct price price = price_choose(rows->at, rows->count, at, 1);
        if (!count || points[count - 1].amount != price.amount)
            points[count++] = (struct point){at, price.amount};
        if (!price.until)
            break;
        at = price.until;
    }
    return count;
}

/* Is the history what the points say already? *kept: the first point (now) needs no row. */
static int compare_points(struct db_conn *conn, int64_t variant_id, const char *currency,
                          const struct point *points, size_t count, int *kept, int *same)
{
    struct db_rows rows;
    size_t at = 1;
    int code = db_query(conn, &sql_price_history_back, &rows, DB_INT(variant_id), DB_CSTR(currency),
                        DB_INT(points->at));
    if (code != SOUK_OK)
        return code;
    if ((code = db_next(&rows)) < 0)
        return code;
    int64_t was = code == 1 && !db_is_null(&rows, 1) ? db_int(&rows, 1) : -1;
    *kept = was == points->amount;
    db_close(&rows);
    *same = *kept;
    code = db_query(conn, &sql_price_history_from, &rows, DB_INT(variant_id), DB_CSTR(currency),
                    DB_INT(points->at));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        int64_t amount = db_is_null(&rows, 1) ? -1 : db_int(&rows, 1);
        if (at >= count || points[at].at != db_int(&rows, 0) || points[at].amount != amount)
            *same = 0;
        at++;
    }
    if (at != count)
        *same = 0;
    return code;
}

static int note_currency(struct db_conn *conn, struct arena *arena, int64_t variant_id,
                         const char *currency, int64_t now)
{
    struct market market = market_at(NULL, now);
    struct price_rows rows;
    struct point points[POINTS];
    int kept, same;
    market.currency = currency;
    int code = price_rows_read(conn, arena, &market, &sql_price_rows_of_variant, DB_INT(variant_id),
                               &rows);
    if (code != SOUK_OK)
        return code;
    size_t count = make_points(&rows, now, points);
    code = compare_points(conn, variant_id, currency, points, count, &kept, &same);
    if (code != SOUK_OK || same)
        return code;
    code = db_run(conn, &sql_price_history_forget, NULL, DB_INT(variant_id), DB_CSTR(currency),
                  DB_INT(now));
    for (size_t i = (size_t)kept; code == SOUK_OK && i < count; i++)
        code =
            db_run(conn, &sql_price_history_put, NULL, DB_INT(variant_id), DB_CSTR(currency),
                   DB_INT(points[i].at), points[i].amount < 0 ? DB_NULL : DB_INT(points[i].amount));
    return code;
}

/* The shop's own currency, and every other that the variant has or had a price in. */
static int list_currencies(struct db_conn *conn, struct arena *arena, int64_t variant_id,
                           const char **names, size_t room, size_t *count)
{
    const struct {
        const struct db_statement *statement;
        int column;
    } from[] = {{&sql_price_rows_of_variant, 10}, {&sql_price_history_currencies, 0}};
    names[0] = market_shop()->currency;
    *count = 1;
    for (size_t f = 0; f < 2; f++) {
        struct db_rows rows;
        int code = db_query(conn, from[f].statement, &rows, DB_INT(variant_id));
        if (code != SOUK_OK)
            return code;
        while ((code = db_next(&rows)) == 1) {
            struct souk_str name = db_text(&rows, from[f].column);
            size_t i = 0;
            while (i < *count && name.len && !souk_str_is(name, names[i]))
                i++;
            if (name.len && i == *count && *count < room)
                names[(*count)++] = arena_cstr(arena, name);
        }
        if (code != SOUK_OK)
            return code;
    }
    return SOUK_OK;
}

int price_note(struct db_conn *conn, int64_t variant_id, int64_t now)
{
    struct arena arena = {0};
    const char *currencies[16];
    size_t count;
    int code = list_currencies(conn, &arena, variant_id, currencies, 16, &count);
    for (size_t i = 0; code == SOUK_OK && i < count; i++)
        code = note_currency(conn, &arena, variant_id, currencies[i], now);
    arena_free(&arena);
    return code;
}
