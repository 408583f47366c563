local function tea(sku, price, quantity)
    return { sku = sku, categories = { "tea-coffee", "tea-coffee/tea" }, unit_price = price, quantity = quantity }
end

test {
    name = "the cheapest of three is free",
    only = { "three-for-two" },
    cart = { lines = { tea("TEA-0001-100", money "8.90", 1), tea("TEA-0003", money "6.50", 1), tea("TEA-0002-100", money "12.90", 1) } },
    expect = { lines = { ["TEA-0003"] = 0 }, total = money "21.80" },
}

test {
    name = "not more than four are free",
    only = { "three-for-two" },
    cart = { lines = { tea("TEA-0003", money "6.50", 30) } },
    expect = { discount = money "26.00" },
}
