local lantern = { lines = { { sku = "LGT-0001-40-CM", categories = { "light", "light/lamps" }, unit_price = money "29.90", quantity = 2 } } }

test {
    name = "its price is rounded, then taken twice",
    only = { "lamp-week" },
    at = "2026-11-23",
    cart = lantern,
    expect = { items = money "50.84", discount = 0, lines = { ["LGT-0001-40-CM"] = { unit_price = money "25.42" } } },
}
test { name = "over after the last day", only = { "lamp-week" }, at = "2026-11-30", cart = lantern, expect = { items = money "59.80" } }
