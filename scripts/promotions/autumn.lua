-- A code with a ceiling: AUTUMN20 takes 20 % off everything that is not reduced already, at most 25.00 an order, 500 orders in
-- all, and until the end of November.
promotion {
    id = "autumn",
    name = "Autumn: 20 %",
    enabled = false,
    coupon = { code = "AUTUMN20", to = "2026-12-01" },
    limits = { uses = 500 },
    skip_reduced = true,
    give = { order_percent = { percent = 20, cap = money "25.00" } },
}
