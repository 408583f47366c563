local blanket = { { sku = "TEX-0001-ROS-130-17", categories = { "textiles", "textiles/living" }, unit_price = money "99.00", quantity = 2 } }
local ink = { { sku = "PAP-0004-IND", categories = { "paper", "paper/pens-ink" }, unit_price = money "13.90", quantity = 1 } }

test {
    name = "ten percent of a small order",
    only = { "first-order" },
    cart = { customer = { id = "1", orders_before = 0 }, lines = ink },
    expect = { discount = money "1.39" },
}

test {
    name = "at most 15.00 of a large one",
    only = { "first-order" },
    cart = { customer = { id = "1", orders_before = 0 }, lines = blanket },
    expect = { discount = money "15.00" },
}

test {
    name = "an order that was cancelled does not count",
    only = { "first-order" },
    cart = { customer = { id = "1", orders_before = 1, orders_cancelled = 1 }, lines = ink },
    expect = { promotions = { ["first-order"] = true } },
}

test {
    name = "the second one is at the usual price",
    only = { "first-order" },
    cart = { customer = { id = "1", orders_before = 1 }, lines = ink },
    expect = { discount = 0 },
}

test { name = "nobody known, no first order", only = { "first-order" }, cart = { lines = ink }, expect = { discount = 0 } }
