/*
 * fuzz_draft.c: what is sent to a checkout, from JSON to a draft of an order, and what of it is
 * kept with the cart. Whatever is taken is UTF-8 of a size that fits its column, and has a reason
 * where it is not taken.
 */
#include <stdlib.h>
#include "app/checkout_inner.h"
#include "base/json.h"
#include "base/str.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct souk_str text, size_t most)
{
    if (!utf8_valid(text) || text.len > most || (text.len && memchr(text.ptr, 0, text.len)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct err err = {0};
    struct json *body = NULL;
    if (size && json_parse(&arena, arena_str(&arena, str_make((const char *)data + 1, size - 1)),
                           &body, &err) == SOUK_OK) {
        struct order_draft draft = {0};
        struct json *errors = json_new(&arena, JSON_ARRAY);
        int code = order_draft_read(&arena, checkout_keep(&arena, body), data[0] & 1, "BG", &draft,
                                    errors);
        if ((code == SOUK_OK) != (errors->count == 0))
            abort();
        if (code == SOUK_OK) {
            check(draft.email, 400);
            check(draft.phone, 40);
            check(draft.name, 2000);
            check(draft.note, 20000);
            check(draft.address.country, 2);
            check(draft.address.city, 2000);
            check(draft.address.line1, 2000);
            check(draft.billing.company, 2000);
        }
    }
    arena_free(&arena);
    return 0;
}
