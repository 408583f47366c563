local coffee = { lines = { { sku = "COF-0001-250-BEANS", categories = { "tea-coffee", "tea-coffee/coffee" }, unit_price = money "9.90",
    quantity = 3 } } }

test { name = "Friday at half past five", only = { "happy-hour" }, at = "2026-11-27T17:30:00", cart = coffee, expect = { discount = money "4.46" } }
test { name = "at seven it is over", only = { "happy-hour" }, at = "2026-11-27T19:00:00", cart = coffee, expect = { discount = 0 } }
test { name = "not on Saturday", only = { "happy-hour" }, at = "2026-11-28T17:30:00", cart = coffee, expect = { discount = 0 } }
