-- Whoever spends 100.00 on textiles gets 10.00 back on them. basis = "original": what counts are the prices in the shop, before
-- other promotions took something off; without it, what is left of them when this one's turn comes.
promotion {
    id = "linen-total",
    name = "10.00 back on textiles",
    enabled = false,
    priority = 240, -- amounts before percentages (200 where nothing is said): so each percentage is of what is really paid
    when = { category_total_at_least = { category = "textiles", amount = money "100.00", basis = "original" } },
    give = { order_fixed = { amount = money "10.00", filter = { categories = { "textiles" } } } },
}
