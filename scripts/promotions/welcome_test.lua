-- What was used so far stands in the cart: usage = { … }, codes = { … }, and the customer's own history.
local function cart(more)
    more.coupons = { "WELCOME" }
    more.lines = { { sku = "BTH-0007", categories = { "bath" }, unit_price = money "12.90", quantity = more.quantity or 2 } }
    more.quantity = nil
    return more
end

test { name = "the first time", only = { "welcome" }, cart = cart {}, expect = { discount = money "5.00", coupons = { WELCOME = true } } }
test {
    name = "not a second time",
    only = { "welcome" },
    cart = cart { customer = { id = "1", orders_before = 1, history = { { coupon = "WELCOME" } } } },
    expect = { discount = 0, coupons = { WELCOME = "customer" } },
}
test {
    name = "the budget is all but spent",
    only = { "welcome" },
    cart = cart { usage = { { promotion = "welcome", used = 99, used_amount = money "496.00" } } },
    expect = { discount = 0 },
}
test { name = "too small", only = { "welcome" }, cart = cart { quantity = 1 }, expect = { coupons = { WELCOME = "conditions" } } }
