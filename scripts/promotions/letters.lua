-- A batch of codes, one for each letter that goes out: 5.00 off from 30.00 on, each code once. The codes are not here: they are
-- made by `souk promo codes generate letters --count 1000`, with a sign in each that catches slips of the pen.
promotion {
    id = "letters",
    name = "From our letter",
    enabled = false,
    priority = 220, -- before percentages
    coupon = { batch = "letters", uses = 1 },
    when = { items_total_at_least = money "30.00" },
    give = { order_fixed = { amount = money "5.00" } },
}
