local function order(postcode, method)
    return { country = "BG", postcode = postcode, delivery = { { method = method, amount = money "3.90" } },
        lines = { { sku = "TEX-0002-CLA", categories = { "textiles", "textiles/living" }, unit_price = money "42.90", quantity = 1 } } }
end

test { name = "Sofia", only = { "sofia-courier" }, cart = order("1421", "courier:standard"), expect = { total = money "42.90" } }
test { name = "Plovdiv", only = { "sofia-courier" }, cart = order("4000", "courier:standard"), expect = { total = money "46.80" } }
test { name = "Sofia by post", only = { "sofia-courier" }, cart = order("1421", "post:parcel"), expect = { total = money "46.80" } }
