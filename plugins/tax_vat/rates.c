/*
 * rates.c: what is charged on a sale, from the plugin's tables alone.
 *
 * The order of things: the place first (parts of member states where the Union's VAT does not hold
 * or other rates do), then home, then the rest of the Union (businesses whose number was found
 * valid, private persons), then the world. What is not known stays so: the shop's own rates hold.
 *
 * A rate that is missing for a reduced kind is the standard one: no goods get cheaper by a gap in a
 * table. For the kinds zero and special there is no such guess.
 */
#include "vat.h"

const char *const rates_kinds[] = {"standard", "reduced", "second_reduced", "super_reduced",
                                   "parking",  "zero",    "special",        NULL};

#define EXPORT "Export: exempt from VAT under Article 146 of Directive 2006/112/EC."
#define REVERSE                                                                                    \
    "Reverse charge: the recipient accounts for VAT (Articles 138 and 196 of Directive "           \
    "2006/112/EC)."

/* ---- places ---- */

/* Letters and digits, large, without what people put between. */
static struct souk_str plain(struct souk_ctx *ctx, struct souk_str postcode)
{
    char *to = souk_alloc(ctx, postcode.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < postcode.len; i++) {
        char c = postcode.ptr[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 32);
        if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
            to[len++] = c;
    }
    to[len] = 0;
    return (struct souk_str){to, len};
}

/* "" where no line says otherwise; "outside", "own", or the code by whose rates it goes. */
static int find_place(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                      struct souk_str *rule)
{
    struct souk_rows *rows;
    struct souk_str postcode = plain(ctx, terms->postcode);
    *rule = souk_str("");
    int code = souk_query(
        ctx, &rows, "SELECT postcodes, rule FROM p_tax_vat_place WHERE country = $1 ORDER BY id",
        SOUK_A_STR(terms->country));
    while (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        if (!rule->len && souk_postcode_in(souk_column_text(rows, 0), postcode))
            *rule = souk_copy(ctx, souk_column_text(rows, 1));
        code = SOUK_OK;
    }
    return code;
}

/* ---- one rate ---- */

static struct souk_str kind_of(const struct vat *vat, struct souk_str tax_class)
{
    struct souk_str mapped;
    struct souk_walk walk = souk_walk(vat->classes);
    while (souk_step(&walk))
        if (souk_str_equal(walk.key, tax_class))
            return souk_text(walk.value);
    mapped = souk_str("");
    for (int i = 0; rates_kinds[i]; i++)
        if (souk_str_is(tax_class, rates_kinds[i]))
            mapped = tax_class;
    return mapped;
}

static void sooner(int64_t *until, int64_t at)
{
    if (at > 0 && (!*until || at < *until))
        *until = at;
}

/* 1: found. The one that began last counts; *until: when it ends, or the next one begins. */
static int find_rate(struct souk_ctx *ctx, struct souk_str place, struct souk_str kind, int64_t at,
                     int64_t *ppm, int64_t *until)
{
    struct souk_rows *rows;
    int found = 0;
    int code =
        souk_query(ctx, &rows,
                   "SELECT ppm, valid_from, valid_until FROM p_tax_vat_rate WHERE country = $1 "
                   "AND kind = $2 AND (valid_until = 0 OR valid_until > $3) "
                   "ORDER BY valid_from DESC",
                   SOUK_A_STR(place), SOUK_A_STR(kind), SOUK_A_INT(at));
    while (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        if (souk_column_int(rows, 1) > at) {
            sooner(until, souk_column_int(rows, 1));
        } else if (!found) {
            *ppm = souk_column_int(rows, 0);
            sooner(until, souk_column_int(rows, 2));
            found = 1;
        }
        code = SOUK_OK;
    }
    return code == SOUK_OK ? found : code;
}

static int is_reduced(struct souk_str kind)
{
    return souk_str_is(kind, "reduced") || souk_str_is(kind, "second_reduced") ||
           souk_str_is(kind, "super_reduced") || souk_str_is(kind, "parking");
}

/* "VAT 25.5 %", and where it is another country's: "VAT DE 19 %". */
static struct souk_str name_of(struct souk_ctx *ctx, struct souk_str place, int64_t ppm, int home)
{
    char percent[24];
    int len = snprintf(percent, sizeof percent, "%lld.%04lld", (long long)(ppm / 10000),
                       (long long)(ppm % 10000));
    while (len > 0 && percent[len - 1] == '0')
        percent[--len] = 0;
    if (len > 0 && percent[len - 1] == '.')
        percent[--len] = 0;
    struct souk_str vat = souk_t(ctx, "VAT");
    return souk_printf(ctx, "%.*s %.*s%s%s %%", SOUK_PRI(vat), home ? 0 : (int)place.len, place.ptr,
                       home ? "" : " ", percent);
}

static int charge(struct souk_ctx *ctx, const struct souk_tax_terms *terms, struct souk_str place,
                  struct souk_tax_result *result)
{
    const struct vat *vat = souk_state(ctx);
    struct souk_str kind = kind_of(vat, terms->tax_class);
    int64_t ppm = 0, until = 0;
    if (!kind.len)
        return SOUK_NOT_FOUND;
    int found = find_rate(ctx, place, kind, terms->at, &ppm, &until);
    if (found == 0 && is_reduced(kind))
        found = find_rate(ctx, place, souk_str("standard"), terms->at, &ppm, &until);
    if (found <= 0)
        return found < 0 ? found : SOUK_NOT_FOUND;
    struct souk_tax_rate *rate = souk_tax_rate_at(result, 0);
    rate->ppm = ppm;
    rate->name = name_of(ctx, place, ppm, souk_str_equal(place, terms->shop_country));
    result->count = 1;
    result->delivery = 1;
    sooner(&result->until, until);
    return SOUK_OK;
}

/* ---- without tax ---- */

/* 1: this number was found valid, and is still good at that moment. */
static int find_number(struct souk_ctx *ctx, struct souk_str number, int64_t at, int64_t *until)
{
    struct souk_rows *rows;
    int found = 0;
    int code = souk_query(ctx, &rows,
                          "SELECT good_until FROM p_tax_vat_number WHERE number = $1 AND valid = 1 "
                          "AND good_until > $2",
                          SOUK_A_STR(number), SOUK_A_INT(at));
    while (code == SOUK_OK && (code = souk_next(rows)) == 1) {
        *until = souk_column_int(rows, 0);
        found = 1;
        code = SOUK_OK;
    }
    return code == SOUK_OK ? found : code;
}

static int exempt(struct souk_tax_result *result, const char *note, int64_t until)
{
    result->exempt = 1;
    result->delivery = 1;
    result->note = souk_str(note);
    sooner(&result->until, until);
    return SOUK_OK;
}

/* Elsewhere in the Union. */
static int abroad(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                  const struct member *home, struct souk_str place, struct souk_tax_result *result)
{
    const struct vat *vat = souk_state(ctx);
    struct souk_str number = terms->tax_number;
    int64_t until = 0;
    if (vat->reverse && number.len > 2 && memcmp(number.ptr, home->prefix, 2) != 0) {
        int found = find_number(ctx, number, terms->at, &until);
        if (found < 0)
            return found;
        if (found)
            return exempt(result, REVERSE, until);
    }
    return charge(ctx, terms, vat->home_rates ? terms->shop_country : place, result);
}

int rates_answer(struct souk_ctx *ctx, const struct souk_tax_terms *terms,
                 struct souk_tax_result *result)
{
    const struct vat *vat = souk_state(ctx);
    const struct member *home = member_of(terms->shop_country);
    struct souk_str rule, place = terms->country;
    if (!home || !country_known(terms->country) || !kind_of(vat, terms->tax_class).len)
        return SOUK_NOT_FOUND;
    int code = find_place(ctx, terms, &rule);
    if (code != SOUK_OK)
        return code;
    if (souk_str_is(rule, "own"))
        return SOUK_NOT_FOUND;
    int outside = souk_str_is(rule, "outside");
    if (rule.len && !outside)
        place = rule;
    struct souk_str member = {place.ptr, place.len > 2 ? 2 : place.len}; /* of "PT-20": PT */
    if (outside || !member_of(member))
        return vat->exports ? exempt(result, EXPORT, 0) : SOUK_NOT_FOUND;
    if (souk_str_equal(member, terms->shop_country))
        return charge(ctx, terms, place, result);
    return abroad(ctx, terms, home, place, result);
}
