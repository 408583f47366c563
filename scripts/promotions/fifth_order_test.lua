local function order(before, quantity)
    return { customer = { id = "1", orders_before = before },
        lines = { { sku = "PAP-0005", categories = { "paper" }, unit_price = money "18.90", quantity = quantity } } }
end

test { name = "the fifth", only = { "fifth-order" }, cart = order(4, 2), expect = { discount = money "10.00" } }
test { name = "the tenth", only = { "fifth-order" }, cart = order(9, 2), expect = { discount = money "10.00" } }
test {
    name = "the fourth is told why not",
    only = { "fifth-order" },
    cart = order(3, 2),
    expect = { discount = 0, promotions = { ["fifth-order"] = { reason = "it is for every fifth order" } } },
}
test { name = "too small", only = { "fifth-order" }, cart = order(4, 1), expect = { applied = {} } }
