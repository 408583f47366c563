-- Who pays which tax, told and tried: make play. Each story has a shop of its own; `register` plays Example.
shop { options = { url = peer_url("register"), key = "tx_7a1", rates = "BG | * | 20 | VAT 20 %\nDE | * | 19 | VAT 19 %" } }

peer("register", function(request)
    if request.path == "/numbers/DE123456789" then return { status = 200, body = { company = "Müller GmbH", receipt = "R1" } } end
    return { status = 404 }
end)

local berlin = { country = "DE", city = "Berlin", postcode = "10115", line1 = "Weg 1" }

local function business(number)
    return buy { address = berlin, billing = { company = "Müller GmbH", country = "DE", city = "Berlin", postcode = "10115", line1 = "Weg 1", vat_number = number } }
end

story("at home, tax is in the price", function()
    local order = buy {}
    expect_equal(order.totals.total, 690 + 490, "the price of the page, and the courier's")
    expect_equal(order.totals.tax_included, 115 + 82, "20 % of it")
    expect_equal(order.taxes, { { name = "VAT 20 %", rate_ppm = 200000, amount = 115 + 82, included = true } }, "by rate, that of delivery with it")
end)

story("a business abroad buys without tax, and its number is asked about once", function()
    expect_equal(business("de 123 456 789").totals.tax_included, 0, "no tax")
    expect_equal(business("DE123456789").totals.tax_included, 0, "and again")
    expect_equal(#calls("register"), 1, "questions to Example")
    expect_equal(rows("SELECT company FROM p_tax_example_number"), { { company = "Müller GmbH" } }, "what is remembered")
end)

story("while Example is away, tax is charged", function()
    peer("register", function() return "down" end)
    local order = business("DE123456789")
    expect(order.totals.tax_included > 0, "tax is in it")
    expect_equal(#rows("SELECT number FROM p_tax_example_number"), 0, "nothing is remembered")
end)
