-- A welcome code: 5.00 off from 25.00 on, once a customer, however many accounts share an address or a telephone, and no more
-- than 500.00 in all: an order that does not fit into what is left of the budget does not get it.
promotion {
    id = "welcome",
    name = "Welcome",
    enabled = false,
    priority = 210, -- before percentages
    coupon = { code = "WELCOME", per_customer = 1 },
    budget = { amount = money "500.00" },
    when = { items_total_at_least = { amount = money "25.00", basis = "original" } },
    give = { order_fixed = { amount = money "5.00" } },
}
