local function pot(quantity)
    return { sku = "TEA-0005-MOS", product = "moss-teapot", categories = { "tea-coffee", "tea-coffee/brewing", "ceramics" },
        unit_price = money "58.90", quantity = quantity }
end
local function tea(sku, price, quantity)
    return { sku = sku, product = "rose-valley-black-tea", categories = { "tea-coffee", "tea-coffee/tea" }, unit_price = price,
        quantity = quantity }
end

test {
    name = "both together cost 59.00",
    only = { "tea-set" },
    cart = { lines = { pot(1), tea("TEA-0001-100", money "8.90", 1) } },
    expect = { items = money "67.80", discount = money "8.80", total = money "59.00" },
}

test {
    name = "two pots and one packet are one bundle",
    only = { "tea-set" },
    cart = { lines = { pot(2), tea("TEA-0001-100", money "8.90", 1) } },
    expect = { discount = money "8.80" },
}

test {
    name = "the cheaper packet is the one of the bundle",
    only = { "tea-set" },
    cart = { lines = { pot(1), tea("TEA-0001-250", money "19.90", 1), tea("TEA-0001-100", money "8.90", 1) } },
    expect = { discount = money "8.80" },
}

test { name = "a pot alone is no bundle", only = { "tea-set" }, cart = { lines = { pot(1) } }, expect = { applied = {} } }
