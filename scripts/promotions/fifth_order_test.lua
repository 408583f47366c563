local function order(before, price)
    return { customer = { id = "1", orders_before = before },
        lines = { { sku = "PAP-0003", categories = { "paper", "paper/pens-ink" }, unit_price = price, quantity = 1 } } }
end

test { name = "the fifth", only = { "fifth-order" }, cart = order(4, money "38.90"), expect = { discount = money "10.00" } }
test { name = "the tenth", only = { "fifth-order" }, cart = order(9, money "38.90"), expect = { discount = money "10.00" } }
test {
    name = "the fourth is told why not",
    only = { "fifth-order" },
    cart = order(3, money "38.90"),
    expect = { discount = 0, promotions = { ["fifth-order"] = { reason = "it is for every fifth order" } } },
}
test { name = "too small", only = { "fifth-order" }, cart = order(4, money "12.00"), expect = { applied = {} } }
