/*
 * tax.c: the rates of a place, and how much of an amount is tax. Rates come in through tax_zone.c,
 * or from a plugin that knows better (tax_ask.c).
 *
 * The idea of the arithmetic: no rounding of its own. What is within an amount is a split of the
 * amount by weights (tax : net), what comes on top is a share of it; the parts of several rates are
 * a split of the sum. So all parts add up, whatever the rates.
 */
#include "shop/tax.h"

#include "base/money.h"
#include "base/str.h"
#include "shop/tax.sql.h"
#include "shop/tax_place.h"

#define PPM        INT64_C(1000000)
#define PPM_OF_PPM (PPM * PPM)

/* ---- places ---- */

struct found {
    struct tax_rate rate;
    int64_t priority, zone_id;
    int64_t score;
};

/* Keeps the candidate when it is the first of its priority or more exact than the one that is. */
static int keep(struct found *all, int count, const struct found *candidate)
{
    for (int i = 0; i < count; i++) {
        if (all[i].priority != candidate->priority)
            continue;
        if (candidate->score > all[i].score ||
            (candidate->score == all[i].score && candidate->zone_id < all[i].zone_id))
            all[i] = *candidate;
        return count;
    }
    if (count == TAX_RATES)
        return count;
    all[count] = *candidate;
    return count + 1;
}

/* By priority, those on top of others last. */
static void sort_found(struct found *all, int count)
{
    for (int i = 1; i < count; i++) {
        struct found one = all[i];
        int64_t key = one.priority + (one.rate.compound ? INT64_C(1) << 40 : 0);
        int at = i;
        while (at > 0 &&
               all[at - 1].priority + (all[at - 1].rate.compound ? INT64_C(1) << 40 : 0) > key) {
            all[at] = all[at - 1];
            at--;
        }
        all[at] = one;
    }
}

int tax_rates_of_shop(struct db_conn *conn, int64_t class_id, const struct market *market,
                      struct tax_rates *rates)
{
    struct found all[TAX_RATES];
    struct db_rows rows;
    int count = 0;
    *rates = (struct tax_rates){0};
    int code =
        db_query(conn, &sql_tax_rates_of_place, &rows, DB_INT(class_id), DB_TEXT(market->country));
    if (code != SOUK_OK)
        return code;
    while ((code = db_next(&rows)) == 1) {
        struct found candidate = {.zone_id = db_int(&rows, 0), .priority = db_int(&rows, 7)};
        struct tax_place place = {db_text(&rows, 1), db_text(&rows, 2), db_text(&rows, 3),
                                  db_text(&rows, 4)};
        candidate.score = tax_place_score(&place, market);
        if (candidate.score < 0)
            continue;
        str_copy(candidate.rate.name, sizeof candidate.rate.name, db_text(&rows, 5));
        candidate.rate.ppm = db_int(&rows, 6);
        candidate.rate.compound = db_int(&rows, 8) != 0;
        candidate.rate.delivery = db_int(&rows, 9) != 0;
        count = keep(all, count, &candidate);
    }
    if (code != SOUK_OK)
        return code;
    sort_found(all, count);
    for (int i = 0; i < count; i++)
        rates->at[i] = all[i].rate;
    rates->count = count;
    return SOUK_OK;
}

/* ---- arithmetic ---- */

/* How the net (a millionth of a millionth as unit) carries each rate; the sum through *all. */
static int weigh(const struct tax_rates *rates, int64_t weights[TAX_RATES], int64_t *all)
{
    int64_t carried = PPM_OF_PPM; /* net and the taxes so far */
    *all = 0;
    for (int i = 0; i < rates->count; i++)
        if (!rates->at[i].compound) {
            weights[i] = rates->at[i].ppm * PPM;
            *all += weights[i];
        }
    carried += *all;
    for (int i = 0; i < rates->count; i++)
        if (rates->at[i].compound) {
            __int128 weight = (__int128)carried * rates->at[i].ppm / PPM;
            if (weight > INT64_MAX / 4)
                return SOUK_INVALID;
            weights[i] = (int64_t)weight;
            *all += weights[i];
            carried += weights[i];
        }
    return SOUK_OK;
}

static int tax_within(int64_t amount, const struct tax_rates *rates, int64_t *tax,
                      int64_t parts[TAX_RATES])
{
    int64_t weights[TAX_RATES], all, split[2];
    int code = weigh(rates, weights, &all);
    if (code != SOUK_OK)
        return code;
    const int64_t halves[2] = {PPM_OF_PPM,
                               all}; /* net first: of the net half goes away from zero */
    if ((code = money_split(amount, halves, 2, split)) != SOUK_OK)
        return code;
    *tax = split[1];
    return money_split(*tax, weights, (size_t)rates->count, parts);
}

static int tax_on_top(int64_t amount, const struct tax_rates *rates, int64_t *tax,
                      int64_t parts[TAX_RATES])
{
    int64_t weights[TAX_RATES], simple = 0, carried;
    for (int i = 0; i < rates->count; i++) {
        weights[i] = rates->at[i].compound ? 0 : rates->at[i].ppm;
        simple += weights[i];
    }
    int code = money_share(amount, simple, tax);
    if (code == SOUK_OK)
        code = money_split(*tax, weights, (size_t)rates->count, parts);
    for (int i = 0; code == SOUK_OK && i < rates->count; i++) {
        if (!rates->at[i].compound)
            continue;
        if ((code = money_add(amount, *tax, &carried)) == SOUK_OK &&
            (code = money_share(carried, rates->at[i].ppm, &parts[i])) == SOUK_OK)
            code = money_add(*tax, parts[i], tax);
    }
    return code == SOUK_OK ? money_add(amount, *tax, &carried) : code;
}

int tax_of(int64_t amount, const struct tax_rates *rates, int included, int64_t *tax,
           int64_t parts[TAX_RATES])
{
    memset(parts, 0, TAX_RATES * sizeof *parts);
    *tax = 0;
    if (rates->count == 0)
        return SOUK_OK;
    return included ? tax_within(amount, rates, tax, parts) : tax_on_top(amount, rates, tax, parts);
}

int tax_net(int64_t amount, const struct tax_rates *rates, int64_t *net)
{
    int64_t tax, parts[TAX_RATES];
    int code = tax_of(amount, rates, 1, &tax, parts);
    *net = amount - tax;
    return code;
}
