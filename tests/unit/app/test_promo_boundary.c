/* Carts made from thresholds: at them the rule applies, a cent or a unit below it does not. */
#include "app/promo_boundary.h"
#include "base/clock.h"
#include "shop/promo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define NOW INT64_C(1795000000000000) /* November 2026 */

struct sample {
    const char *when, *give;
    int below; /* one below does not get it */
};

static const struct sample samples[] = {
    {"{\"items_total_at_least\":5000}", "{\"order_fixed\":{\"amount\":100}}", 1},
    {"{\"cart_quantity_at_least\":4}", "{\"order_fixed\":{\"amount\":100}}", 1},
    {"{\"line_quantity_at_least\":3}", "{\"order_fixed\":{\"amount\":100}}", 1},
    {"{\"contains_product\":{\"skus\":[\"TEA\"],\"quantity\":2}}",
     "{\"line_fixed\":{\"amount\":100,\"filter\":{\"skus\":[\"CUP\"]}}}", 0},
    {"{\"contains_category\":[\"tea\"]}", "{\"line_percent\":{\"percent\":10}}", 0},
    {"{\"category_total_at_least\":{\"category\":\"tea\",\"amount\":7777}}",
     "{\"order_fixed\":{\"amount\":100}}", 0},
    {"{\"items_total_at_least\":3333,\"contains_category\":[\"tea\"],\"cart_quantity_at_least\":3}",
     "{\"order_percent\":{\"percent\":10}}", 1},
    {"{\"customer_group_in\":[\"vip\"]}", "{\"order_percent\":{\"percent\":10}}", 0},
    {"{\"nth_order\":3}", "{\"order_percent\":{\"percent\":10}}", 0},
    {"{\"spent_at_least\":9900}", "{\"order_percent\":{\"percent\":10}}", 0},
    {"{\"delivery_method_in\":[\"pickup\"]}", "{\"delivery_percent\":{\"percent\":100}}", 0},
    {"{\"country_in\":[\"BG\"],\"postcode_in\":[\"10*\"]}", "{\"order_fixed\":{\"amount\":100}}",
     0},
    {"{\"weekday_in\":[\"wed\"],\"hours\":{\"from\":\"22:00\",\"to\":\"02:00\"}}",
     "{\"order_fixed\":{\"amount\":100}}", 0},
    {"{\"since\":{\"event\":\"registered\",\"days\":3}}", "{\"order_fixed\":{\"amount\":100}}", 0},
    {"{}",
     "{\"buy_get\":{\"buy\":{\"skus\":[\"TEA\"]},\"buy_quantity\":2,\"get\":{\"skus\":[\"TEA\"]},"
     "\"get_quantity\":1,\"percent\":100}}",
     0},
    {"{}",
     "{\"unit_groups\":{\"group_size\":3,\"percent\":50,\"filter\":{\"price_from\":2000,\"price_to\":"
     "3000}}}",
     0},
    {"{}", "{\"tiered_percent\":{\"by\":\"items_total\",\"tiers\":[{\"min\":8000,\"percent\":5}]}}",
     1},
    {"{}", "{\"add_gift\":{\"sku\":\"GIFT\",\"unit_price\":100,\"per\":{\"skus\":[\"TEA\"]}}}", 0},
};

static const struct promo_set *read(struct arena *arena, const char *more, const char *when,
                                    const char *give)
{
    struct json *declared = NULL, *errors = json_new(arena, JSON_ARRAY);
    const struct promo_set *set = NULL;
    struct err err = {0};
    struct souk_str text = arena_printf(
        arena,
        "[{\"kind\":\"promotion\",\"file\":\"a.lua\",\"line\":1,\"value\":{\"id\":\"a\",%s\"when\":%s,"
        "\"give\":%s}}]",
        more, when, give);
    assert_int_equal(json_parse(arena, text, &declared, &err), SOUK_OK);
    if (promo_set_read(arena, declared, NULL, &set, errors, &err) != SOUK_OK)
        fail_msg("%s: %s", text.ptr, err.text);
    return set;
}

static int applies(struct arena *arena, const struct promo_set *set, enum boundary_edge edge,
                   int64_t now, struct boundary_cart *cart)
{
    const struct promo *promo = &set->cart[0];
    struct err err = {0};
    assert_int_equal(boundary_cart_make(arena, &promo, 1, "EUR", now, edge, cart), SOUK_OK);
    assert_int_equal(promo_apply(arena, set, &cart->quote, &cart->facts, NULL, 0, &err), SOUK_OK);
    assert_int_equal(quote_compute(&cart->quote, &err), SOUK_OK);
    const struct json_item *first = json_first(cart->quote.promotions);
    return first && json_true(json_at(&first->value, "applied"));
}

static void test_thresholds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct arena arena = {0};
        struct boundary_cart cart;
        const struct promo_set *set = read(&arena, "", samples[i].when, samples[i].give);
        if (!applies(&arena, set, BOUNDARY_AT, NOW, &cart))
            fail_msg("sample %zu does not apply: %s", i, boundary_cart_words(&arena, &cart).ptr);
        if (!applies(&arena, set, BOUNDARY_ABOVE, NOW, &cart))
            fail_msg("sample %zu does not apply above: %s", i,
                     boundary_cart_words(&arena, &cart).ptr);
        if (samples[i].below && applies(&arena, set, BOUNDARY_BELOW, NOW, &cart))
            fail_msg("sample %zu applies below: %s", i, boundary_cart_words(&arena, &cart).ptr);
        arena_free(&arena);
    }
}

static void test_moment(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct boundary_cart cart;
    const char *give = "{\"order_percent\":{\"percent\":10}}";
    const struct promo_set *set = read(&arena, "\"to\":\"2020-01-01T00:00:00Z\",", "{}", give);
    assert_true(applies(&arena, set, BOUNDARY_AT, NOW, &cart));
    assert_true(cart.quote.at < set->cart[0].to);
    set = read(&arena, "\"from\":\"2100-01-01T00:00:00Z\",", "{}", give);
    assert_true(applies(&arena, set, BOUNDARY_AT, NOW, &cart));
    assert_int_equal(cart.quote.at, set->cart[0].from);
    arena_free(&arena);
}

static void test_clash(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct boundary_cart cart;
    const char *give = "{\"order_percent\":{\"percent\":10}}";
    const struct promo_set *a = read(&arena, "", "{\"currency_in\":[\"EUR\"]}", give);
    const struct promo_set *b = read(&arena, "", "{\"currency_in\":[\"BGN\"]}", give);
    const struct promo *both[] = {&a->cart[0], &b->cart[0]};
    assert_int_equal(boundary_cart_make(&arena, both, 2, "EUR", NOW, BOUNDARY_AT, &cart),
                     SOUK_CONFLICT);
    const struct promo *same[] = {&a->cart[0], &a->cart[0]};
    assert_int_equal(boundary_cart_make(&arena, same, 2, "EUR", NOW, BOUNDARY_AT, &cart), SOUK_OK);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_thresholds),
                                       cmocka_unit_test(test_moment), cmocka_unit_test(test_clash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
