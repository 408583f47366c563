/*
 * fuzz_quote.c: the document of `souk quote`, from text to amounts. Whatever is taken adds up: the
 * total is that of its parts, no discount is more than what it is taken from, and shares of a line
 * sum to it.
 */
#include <stdlib.h>
#include "base/json.h"
#include "base/str.h"
#include "shop/quote.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct quote *quote)
{
    if (quote->total != quote->items - quote->discount + quote->delivery_amount -
                            quote->delivery_discount + quote->tax)
        abort();
    for (size_t i = 0; i < quote->count; i++) {
        const struct quote_line *line = &quote->lines[i];
        int64_t half = line->quantity / 2;
        if (line->discount < 0 || line->discount > line->subtotal ||
            line->total != line->subtotal - line->discount)
            abort();
        if (quote_units(line->total, line->quantity, 0, half) +
                quote_units(line->total, line->quantity, half, line->quantity - half) !=
            line->total)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct err err = {0};
    struct json *doc = NULL, *answer = NULL;
    struct quote quote = {0};
    struct souk_str text = arena_str(&arena, str_make((const char *)data, size));
    if (json_parse(&arena, text, &doc, &err) == SOUK_OK) {
        if (quote_parse(&arena, doc, &quote, &err) == SOUK_OK) {
            int priced = 1;
            for (size_t i = 0; i < quote.count; i++)
                priced &= quote.lines[i].unit_price >= 0;
            if (priced && quote_compute(&quote, &err) == SOUK_OK)
                check(&quote);
        } else if (!err.text[0]) {
            abort(); /* refused without a word */
        }
        quote_run(NULL, &arena, doc, 1, NULL, &answer, &err);
    }
    arena_free(&arena);
    return 0;
}
