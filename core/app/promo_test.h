/*
 * promo_test: tests that stand in Lua beside the rules: test { name, only, cart, at, expect }. The
 * cart is what `souk quote` takes; it is priced through the real host and engine, by the rules of
 * the same load and nothing of the shop: those that are on, or with `only = { "id" }` these alone,
 * whether they are on or not. `at` without a zone is what the shop's clock shows.
 *
 * `expect` names what matters, everything else may be as it is:
 *   items, discount, delivery, delivery_discount, tax, tax_included, total = 1500
 *   totals = { total = 1500, … }                 the same
 *   lines = { TEA = 1500, CUP = { discount = 200, quantity = 2 } }     by sku
 *   applied = { "a", "b" }                       those that applied, in their order, and no others
 *   promotions = { a = true, b = false, c = 500, d = { reason = "…" } }
 *   coupons = { SPRING = true, OLD = "unknown" } accepted, or the reason's code or words
 *   gifts = { "SAMPLE" }                         skus of all gifts
 *   nudges = { ["free-delivery"] = 1200 }        what is missing; true: there is one
 */
#ifndef APP_PROMO_TEST_H
#define APP_PROMO_TEST_H

#include "app/promotion.h"

/* *report: {"ok", "passed", "failed", "errors": of the load, "tests": [{"name", "file", "line",
 * "ok", "mismatches": [{"at", "wanted", "got"}], "problem": null | "…"}]}. `conn` may be NULL: then
 * every line needs a unit_price. */
int promo_test_run(struct db_conn *conn, struct arena *arena, const struct script_source *sources,
                   size_t count, int64_t now, struct json **report, struct err *err);

#endif
