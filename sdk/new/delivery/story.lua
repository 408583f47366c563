-- How a parcel goes, told and tried: make play. Each story has a shop of its own.
shop { options = { rates = "2 | 4.90\n30 | 9.90", countries = "BG", free_from = "100.00 EUR", cash = true } }

story("tea to Sofia costs what the list says", function()
    local order = buy { sku = "TEA-100", quantity = 2 }
    expect_equal(order.delivery.method, "example:standard", "the way")
    expect_equal(order.totals.delivery, 490, "the price for less than 2 kg")
end)

story("what is dear is brought for nothing", function()
    local order = buy { sku = "MUG-1", quantity = 6 }
    expect_equal(order.totals.delivery, 0, "the price of goods for more than 100 EUR")
end)

story("too heavy, or too far, is not offered", function()
    expect(not pcall(buy, { sku = "TABLE-1" }), "42 kg are more than the list has")
    expect(not pcall(buy, { address = { country = "DE", city = "Berlin", postcode = "10115", line1 = "Weg 1" } }), "Germany is not served")
end)

story("the product's page says what it costs at least", function()
    local page = get("/p/mountain-tea")
    expect_equal(page.status, 200, "the page")
    expect(page.body:find("to your door", 1, true), "the words of templates/from.html stand on it")
end)
