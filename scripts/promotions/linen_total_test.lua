local function linen(napkins)
    return { lines = { { sku = "TEX-0004-SAN", categories = { "textiles", "textiles/table-linen" }, unit_price = money "32.90", quantity = napkins },
        { sku = "TEX-0007", categories = { "textiles", "textiles/table-linen" }, unit_price = money "16.90", quantity = 1 },
        { sku = "PAN-0004", categories = { "pantry" }, unit_price = money "5.50", quantity = 3 } } }
end

test {
    name = "shared by what the lines come to; the salt takes no part",
    only = { "linen-total" },
    cart = linen(3),
    expect = { discount = money "10.00", lines = { ["TEX-0004-SAN"] = { discount = money "8.54" }, ["TEX-0007"] = { discount = money "1.46" },
        ["PAN-0004"] = money "16.50" } },
}
test { name = "with salt it would be enough, but salt is no linen", only = { "linen-total" }, cart = linen(2), expect = { discount = 0 } }
