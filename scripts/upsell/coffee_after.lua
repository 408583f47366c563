-- When the order stands and before the thanks: whoever bought something to brew coffee in is offered a packet of coffee, 25 %
-- cheaper, in the same parcel. Taking it amends the order; declining it, closing the page or a payment that fails leaves the
-- order as it is. A tenth of the customers is never asked, so that the report can say what the offer really brings.
upsell {
    id = "coffee-after",
    name = "Coffee into the same parcel",
    enabled = false,
    slot = "after",
    skus = { "COF-0001-250-FILTER", "COF-0001-250-BEANS" },
    text = "Your parcel is not closed yet: freshly roasted coffee to begin with?",
    minutes = 15,
    holdout = 10,
    when = { contains_category = { "tea-coffee/brewing" } },
    give = { line_percent = { percent = 25 } },
}
