local function towels(...)
    local lines = {}
    for i, quantity in ipairs { ... } do
        lines[i] = { sku = i == 1 and "BTH-0004-SAN-50-100" or "BTH-0004-SEA-50-100", product = "waffle-towel",
            categories = { "bath", "textiles" }, unit_price = money "19.90", quantity = quantity }
    end
    return { lines = lines }
end

test { name = "one", only = { "more-towels" }, cart = towels(1), expect = { discount = 0 } }
test { name = "four of a kind: three are cheaper", only = { "more-towels" }, cart = towels(4), expect = { discount = money "9.00" } }
test { name = "two colours are two kinds", only = { "more-towels" }, cart = towels(1, 1), expect = { discount = 0 } }
