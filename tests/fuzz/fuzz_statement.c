/*
 * fuzz_statement.c: statements of banks, CAMT.053 and CSV, as payment_transfer reads them. Whatever
 * is taken has no sum below 0 (one of 0 is passed over by who reads it), and words in UTF-8.
 */
#include "../../plugins/payment_transfer/transfer.h"

#include <sodium.h>
#include <stdlib.h>
#include "base/arena.h"
#include "base/money.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct arena arena;

static void *from_arena(struct souk_ctx *ctx, uint64_t bytes)
{
    (void)ctx;
    return arena_alloc(&arena, bytes);
}
static int refuse(struct souk_ctx *ctx, int32_t code, struct souk_str text)
{
    (void)ctx;
    if (!text.len)
        abort();
    return code;
}
static int digest_of(struct souk_ctx *ctx, struct souk_str data, uint8_t digest[32])
{
    (void)ctx;
    return crypto_hash_sha256(digest, (const unsigned char *)data.ptr, data.len);
}
static int32_t digits_of(struct souk_str currency)
{
    char code[4] = {0};
    memcpy(code, currency.ptr, currency.len < 3 ? currency.len : 3);
    return currency.len == 3 ? money_digits(code) : -1;
}

static const struct souk_call_api calls = {.size = sizeof calls,
                                           .alloc = from_arena,
                                           .fail = refuse,
                                           .sha256 = digest_of,
                                           .currency_digits = digits_of};
static const struct souk_api api = {.size = sizeof api, .call = &calls};
const struct souk_api *souk_api = &api;

static void check(struct souk_str text)
{
    if (text.len && !utf8_valid(text))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct statement statement = {0};
    struct souk_str text = arena_str(&arena, (struct souk_str){(const char *)data, size});
    if (!utf8_valid(text)) {
        arena_free(&arena);
        return 0; /* the plugin's own callers hand in text */
    }
    if (statement_read(NULL, text, &statement) == SOUK_OK)
        for (int i = 0; i < statement.count; i++) {
            const struct entry *entry = &statement.at[i];
            if (entry->amount < 0)
                abort();
            check(entry->reference);
            check(entry->text);
            check(entry->payer);
            check(entry->account);
        }
    arena_free(&arena);
    return 0;
}
