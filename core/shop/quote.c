/*
 * quote.c: the arithmetic of the price pipeline, and the quote as a document.
 *
 * The rule about fractions: a unit price is in whole minor units, and it is the truth. A line is
 * quantity times that; nothing is kept or shown with more digits than the currency has. So page,
 * cart, order, invoice and refund cannot disagree by a rounding that one of them does later (a
 * price of 44.355 is entered as 44.36, or with its tax as 55.00, and stays what was entered).
 *
 * Tax by line: each line's own, rounded once. By total: lines that have the same rates are added
 * up, the tax of the sum is rounded once for each rate and then given back to the lines by largest
 * remainder, so that the lines add up to the total either way. Delivery is always taxed by
 * shipment. No sum is taken without looking for an overflow.
 */
#include "shop/quote.h"

#include "base/money.h"

static int too_large(struct err *err)
{
    return err_set(err, SOUK_INVALID, "the amounts are too large to be added up");
}

static int add_to(int64_t *sum, int64_t amount, struct err *err)
{
    return money_add(*sum, amount, sum) == SOUK_OK ? SOUK_OK : too_large(err);
}

/* ---- lines ---- */

static int compute_line(struct quote_line *line, size_t at, struct err *err)
{
    line->discount = 0;
    if (!line->settled) {
        line->tax = 0;
        memset(line->tax_parts, 0, sizeof line->tax_parts);
    }
    if (line->quantity < 1)
        return err_set(err, SOUK_INVALID, "lines/%zu: the quantity must be at least 1", at);
    if (line->unit_price < 0)
        return err_set(err, SOUK_INVALID, "lines/%zu: the unit price must not be negative", at);
    if (__builtin_mul_overflow(line->quantity, line->unit_price, &line->subtotal))
        return err_set(err, SOUK_INVALID, "lines/%zu: quantity times price is too large", at);
    for (size_t i = 0; i < line->discount_count; i++) {
        if (line->discounts[i].amount < 0)
            return err_set(err, SOUK_INVALID, "lines/%zu: a discount must not be negative", at);
        if (money_add(line->discount, line->discounts[i].amount, &line->discount) != SOUK_OK)
            return err_set(err, SOUK_INVALID, "lines/%zu: the discounts are too large", at);
    }
    if (line->discount > line->subtotal)
        return err_set(err, SOUK_INVALID, "lines/%zu: the discounts are more than the line costs",
                       at);
    line->total = line->subtotal - line->discount;
    return SOUK_OK;
}

/* ---- tax by line ---- */

int quote_tax_within(const struct quote *quote, const struct quote_line *line)
{
    return line->tax_basis == QUOTE_TAX_AS_QUOTE ? quote->include_tax
                                                 : line->tax_basis == QUOTE_TAX_WITHIN;
}

static int tax_each(struct quote *quote, struct err *err)
{
    for (size_t i = 0; i < quote->count; i++) {
        struct quote_line *line = &quote->lines[i];
        if (!line->settled && tax_of(line->total, &line->rates, quote_tax_within(quote, line),
                                     &line->tax, line->tax_parts) != SOUK_OK)
            return err_set(err, SOUK_INVALID, "lines/%zu: its tax cannot be reckoned", i);
    }
    return SOUK_OK;
}

/* ---- tax by total ---- */

static int same_rates(const struct tax_rates *a, const struct tax_rates *b)
{
    if (a->count != b->count)
        return 0;
    for (int i = 0; i < a->count; i++)
        if (a->at[i].ppm != b->at[i].ppm || a->at[i].compound != b->at[i].compound ||
            strncmp(a->at[i].name, b->at[i].name, sizeof a->at[i].name) != 0)
            return 0;
    return 1;
}

struct group { /* lines with the same rates */
    struct quote_line **lines;
    int64_t *weights, *parts;
    size_t count;
    int64_t total;
};

static int tax_group(struct group *group, int include_tax, struct err *err)
{
    const struct tax_rates *rates = &group->lines[0]->rates;
    int64_t tax, parts[TAX_RATES];
    if (tax_of(group->total, rates, include_tax, &tax, parts) != SOUK_OK)
        return err_set(err, SOUK_INVALID, "the tax of the whole cannot be reckoned");
    for (int r = 0; r < rates->count; r++) {
        if (money_split(parts[r], group->weights, group->count, group->parts) != SOUK_OK)
            return too_large(err);
        for (size_t i = 0; i < group->count; i++) {
            group->lines[i]->tax_parts[r] = group->parts[i];
            group->lines[i]->tax += group->parts[i];
        }
    }
    return SOUK_OK;
}

static int tax_together(struct quote *quote, struct err *err)
{
    struct arena arena = {0};
    struct group group = {.lines = arena_array(&arena, struct quote_line *, quote->count + 1),
                          .weights = arena_array(&arena, int64_t, quote->count + 1),
                          .parts = arena_array(&arena, int64_t, quote->count + 1)};
    char *done = arena_zalloc(&arena, quote->count + 1);
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < quote->count; i++) {
        if (done[i] || quote->lines[i].settled)
            continue;
        group.count = 0;
        group.total = 0;
        for (size_t k = i; code == SOUK_OK && k < quote->count; k++) {
            if (done[k] || quote->lines[k].settled ||
                quote_tax_within(quote, &quote->lines[i]) !=
                    quote_tax_within(quote, &quote->lines[k]) ||
                !same_rates(&quote->lines[i].rates, &quote->lines[k].rates))
                continue;
            done[k] = 1;
            group.lines[group.count] = &quote->lines[k];
            group.weights[group.count++] = quote->lines[k].total;
            code = add_to(&group.total, quote->lines[k].total, err);
        }
        if (code == SOUK_OK)
            code = tax_group(&group, quote_tax_within(quote, &quote->lines[i]), err);
    }
    arena_free(&arena);
    return code;
}

/* ---- without tax ---- */

struct exempt {
    int some, taxed;
    const char *note;
};

static void add_exempt(struct exempt *sum, const struct tax_rates *rates)
{
    sum->some |= rates->exempt;
    sum->taxed |= rates->count > 0;
    if (rates->exempt && !sum->note)
        sum->note = rates->note;
}

/* What no tax knows of (without a class) counts for neither. A delivery whose class has rates of
 * its own makes a sale one that is free of tax in part. */
static void sum_exempt(struct quote *quote)
{
    struct exempt sum = {0};
    for (size_t i = 0; i < quote->count; i++)
        add_exempt(&sum, &quote->lines[i].rates);
    for (size_t i = 0; i < quote->delivery_count; i++)
        add_exempt(&sum, &quote->delivery[i].rates);
    int some = sum.some, taxed = sum.taxed;
    const char *note = sum.note;
    quote->exempt = !some ? QUOTE_EXEMPT_NONE : taxed ? QUOTE_EXEMPT_SOME : QUOTE_EXEMPT_ALL;
    if (!some)
        quote->tax_note = souk_str("");
    else if (note)
        quote->tax_note = souk_str(note);
}

/* ---- the whole ---- */

static int compute_delivery(struct quote *quote, int64_t *tax, struct err *err)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < quote->delivery_count; i++) {
        struct quote_delivery *one = &quote->delivery[i];
        if (one->amount < 0 || one->discount < 0)
            return err_set(err, SOUK_INVALID, "delivery/%zu: an amount must not be negative", i);
        if (one->discount > one->amount)
            return err_set(err, SOUK_INVALID, "delivery/%zu: the discount is more than it costs",
                           i);
        if (tax_of(one->amount - one->discount, &one->rates, quote->include_tax, &one->tax,
                   one->tax_parts) != SOUK_OK)
            return err_set(err, SOUK_INVALID, "delivery/%zu: its tax cannot be reckoned", i);
        if ((code = add_to(&quote->delivery_amount, one->amount, err)) == SOUK_OK &&
            (code = add_to(&quote->delivery_discount, one->discount, err)) == SOUK_OK)
            code = add_to(tax, one->tax, err);
    }
    return code;
}

static int sum_lines(struct quote *quote, struct err *err)
{
    int code = SOUK_OK;
    for (size_t i = 0; code == SOUK_OK && i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        if ((code = add_to(&quote->items, line->subtotal, err)) == SOUK_OK &&
            (code = add_to(&quote->discount, line->discount, err)) == SOUK_OK)
            code = add_to(quote_tax_within(quote, line) ? &quote->tax_included : &quote->tax,
                          line->tax, err);
    }
    return code;
}

int quote_compute(struct quote *quote, struct err *err)
{
    int code = SOUK_OK;
    quote->items = quote->discount = quote->delivery_amount = quote->delivery_discount = 0;
    quote->delivery_tax = quote->tax = quote->tax_included = quote->total = 0;
    sum_exempt(quote);
    for (size_t i = 0; code == SOUK_OK && i < quote->count; i++)
        code = compute_line(&quote->lines[i], i, err);
    if (code == SOUK_OK)
        code = quote->round_by_total ? tax_together(quote, err) : tax_each(quote, err);
    if (code == SOUK_OK)
        code = sum_lines(quote, err);
    if (code == SOUK_OK)
        code = compute_delivery(quote, &quote->delivery_tax, err);
    if (code == SOUK_OK)
        code = add_to(quote->include_tax ? &quote->tax_included : &quote->tax, quote->delivery_tax,
                      err);
    if (code != SOUK_OK)
        return code;
    quote->total = quote->items - quote->discount;
    if ((code = add_to(&quote->total, quote->delivery_amount - quote->delivery_discount, err)) ==
        SOUK_OK)
        code = add_to(&quote->total, quote->tax, err);
    return code;
}

/* Where the units up to `n` end within the amount: rounded half away from zero, so every split of
 * the units meets the same borders. */
static int64_t border(int64_t amount, int64_t quantity, int64_t n)
{
    __int128 twice = (__int128)(amount < 0 ? -(__int128)amount : amount) * n * 2 + quantity;
    int64_t size = (int64_t)(twice / (2 * (__int128)quantity));
    return amount < 0 ? -size : size;
}

int64_t quote_units(int64_t amount, int64_t quantity, int64_t done, int64_t n)
{
    if (quantity <= 0 || n <= 0)
        return 0;
    int64_t from = done < 0 ? 0 : done > quantity ? quantity : done;
    int64_t to = n > quantity - from ? quantity : from + n;
    return border(amount, quantity, to) - border(amount, quantity, from);
}
