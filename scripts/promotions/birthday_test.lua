local quilt = { lines = { { sku = "TEX-0003", categories = { "textiles", "textiles/living" }, unit_price = money "119.00", quantity = 1 } } }

test { name = "twelve years, twelve percent", only = { "birthday" }, at = "2026-05-09T12:00:00", cart = quilt, expect = { discount = money "14.28" } }
test { name = "thirteen", only = { "birthday" }, at = "2027-05-09T12:00:00", cart = quilt, expect = { discount = money "15.47" } }
test {
    name = "the day after",
    only = { "birthday" },
    at = "2026-05-10",
    cart = quilt,
    expect = { discount = 0, promotions = { birthday = { reason = "it is on the ninth of May" } } },
}
