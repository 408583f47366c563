-- A round sum: what the goods come to is rounded down to whole fives, from 50.00 on. It goes by the prices in the shop: functions
-- are asked before other promotions take something off.
promotion {
    id = "round-sum",
    name = "Rounded down for you",
    enabled = false,
    when = { items_total_at_least = money "50.00" },
    give = function(cart)
        local rest = cart.items_total % money "5.00"
        if rest == 0 then return nil end
        return { order_fixed = { amount = rest } }
    end,
}
