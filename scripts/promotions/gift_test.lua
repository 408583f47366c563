local function bowls(quantity)
    return { lines = { { sku = "CER-0003-CLA", categories = { "ceramics", "ceramics/tableware" }, unit_price = money "22.90", quantity = quantity } } }
end

test { name = "two bowls: not yet", only = { "gift" }, cart = bowls(2), expect = { gifts = {}, nudges = { gift = money "4.20" } } }
test {
    name = "three bowls: a jar, and the sum is that of the bowls",
    only = { "gift" },
    cart = bowls(3),
    expect = { gifts = { "SPI-0003" }, discount = money "4.50", total = money "68.70" },
}
