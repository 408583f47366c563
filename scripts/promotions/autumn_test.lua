local function lamp(code)
    return { coupons = { code }, lines = { { sku = "LGT-0002-MOS", categories = { "light", "light/lamps" }, unit_price = money "119.00", quantity = 2 } } }
end

test { name = "at most 25.00", only = { "autumn" }, at = "2026-11-10", cart = lamp("AUTUMN20"), expect = { discount = money "25.00" } }
test {
    name = "written as people write codes",
    only = { "autumn" },
    at = "2026-11-10",
    cart = lamp("  autumn20 "),
    expect = { coupons = { AUTUMN20 = true } },
}
test {
    name = "over in December",
    only = { "autumn" },
    at = "2026-12-01",
    cart = lamp("AUTUMN20"),
    expect = { discount = 0, coupons = { AUTUMN20 = "expired" } },
}
