-- Every fifth order of a customer is 10.00 cheaper, from 30.00 on. A declared nth_order = 5 would be the fifth alone; every fifth
-- needs a function, which is asked only when the declared part holds.
promotion {
    id = "fifth-order",
    name = "Your fifth order",
    enabled = false,
    priority = 230, -- before percentages
    when = {
        { items_total_at_least = money "30.00" },
        function(cart)
            local number = cart.customer and cart.customer.orders + 1 or 0
            return number > 0 and number % 5 == 0, "it is for every fifth order"
        end,
    },
    give = { order_fixed = { amount = money "10.00" } },
}
