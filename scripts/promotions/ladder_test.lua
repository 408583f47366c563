local all = { "ladder-200", "ladder-500", "ladder-1000" }
local function quilt(spent)
    return { customer = { id = "1", orders_before = 7, spent = spent },
        lines = { { sku = "LGT-0007", categories = { "light", "light/candles" }, unit_price = money "54.90", quantity = 1 } } }
end

test { name = "below the first step", only = all, cart = quilt(money "199.99"), expect = { discount = 0 } }
test { name = "on the first step: 3 %", only = all, cart = quilt(money "200.00"), expect = { discount = money "1.65" } }
test {
    name = "on the last step: 8 %, and the lower ones stand back",
    only = all,
    cart = quilt(money "1000.00"),
    expect = { applied = { "ladder-1000" }, discount = money "4.39" },
}
