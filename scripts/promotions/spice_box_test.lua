local function jars(quantity)
    return { lines = { { sku = "SPI-0003", categories = { "pantry", "pantry/spices" }, unit_price = money "4.50", quantity = quantity } } }
end

test { name = "five jars: no box", only = { "spice-box" }, cart = jars(5), expect = { discount = 0 } }
test { name = "eight jars: one box of six", only = { "spice-box" }, cart = jars(8), expect = { discount = money "2.70" } }
test { name = "twenty-five jars: four boxes", only = { "spice-box" }, cart = jars(25), expect = { discount = money "16.20" } }
