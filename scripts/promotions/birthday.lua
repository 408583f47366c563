-- The shop's birthday, on the ninth of May: one percent for each year, by a function, because the percentage is reckoned.
local founded = 2014

promotion {
    id = "birthday",
    name = "Our birthday",
    enabled = false,
    when = function(cart)
        return cart.now.month == 5 and cart.now.day == 9, "it is on the ninth of May"
    end,
    give = function(cart)
        return { order_percent = { percent = math.min(cart.now.year - founded, 30) } }
    end,
}
