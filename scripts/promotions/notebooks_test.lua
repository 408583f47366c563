local function cart(stitched, trios)
    local paper = { "paper", "paper/notebooks" }
    return { lines = { { sku = "PAP-0001-IND-RULED", categories = paper, unit_price = money "16.50", quantity = stitched },
        { sku = "PAP-0002", categories = paper, unit_price = money "12.90", quantity = trios } } }
end

test {
    name = "the one trio, and one of the others",
    only = { "notebooks" },
    cart = cart(3, 1),
    expect = { lines = { ["PAP-0002"] = { discount = money "5.16" }, ["PAP-0001-IND-RULED"] = { discount = money "6.60" } } },
}
test { name = "three are too few", only = { "notebooks" }, cart = cart(2, 1), expect = { discount = 0 } }
