local function mug(group)
    return { customer = { id = "1", group = group },
        lines = { { sku = "CER-0002-SEA-250", product = "harbour-mug", categories = { "ceramics", "ceramics/cups" }, unit_price = money "16.90", quantity = 1 } } }
end

test { name = "a friend", only = { "vip-price" }, cart = mug("vip"), expect = { total = money "14.87" } }
test { name = "somebody else", only = { "vip-price" }, cart = mug("default"), expect = { total = money "16.90" } }
