local function tapers(quantity)
    return { lines = { { sku = "LGT-0005", categories = { "light", "light/candles" }, unit_price = money "14.90", quantity = quantity },
        { sku = "LGT-0003", categories = { "light", "light/lamps" }, unit_price = money "114.90", quantity = 1 } } }
end

test { name = "two candles: no step", only = { "candle-tiers" }, cart = tapers(2), expect = { discount = 0 } }
test { name = "three candles: 5 %, rounded once", only = { "candle-tiers" }, cart = tapers(3), expect = { discount = money "2.24" } }
test { name = "six candles: 10 %", only = { "candle-tiers" }, cart = tapers(6), expect = { discount = money "8.94" } }
test {
    name = "twelve candles: 15 %, the lamp keeps its price",
    only = { "candle-tiers" },
    cart = tapers(12),
    expect = { lines = { ["LGT-0005"] = { discount = money "26.82" }, ["LGT-0003"] = money "114.90" } },
}
