-- Ten percent on a customer's first order, at most 15.00. Orders that were cancelled do not count. A visitor whom nobody knows
-- yet is no customer with a first order: the discount shows as soon as they sign in or leave their address in the checkout.
promotion {
    id = "first-order",
    name = "10 % off your first order",
    enabled = false,
    when = { nth_order = 1 },
    give = { order_percent = { percent = 10, cap = money "15.00" } },
}
