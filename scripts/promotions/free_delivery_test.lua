local function cart(quantity)
    return { lines = { { sku = "CER-0004-20-CM", categories = { "ceramics", "ceramics/tableware" }, unit_price = money "14.90", quantity = quantity } },
        delivery = { { method = "courier:standard", amount = money "4.90" } } }
end

test {
    name = "four plates: 0.40 are missing, and the cart says so",
    only = { "free-delivery" },
    cart = cart(4),
    expect = { delivery = money "4.90", nudges = { ["free-delivery"] = money "0.40" } },
}

test {
    name = "five plates: free, and no nudge any more",
    only = { "free-delivery" },
    cart = cart(5),
    expect = { delivery_discount = money "4.90", total = money "74.50", nudges = { ["free-delivery"] = false } },
}
