local function soaps(code)
    return { coupons = code and { code }, lines = { { sku = "BTH-0001", product = "olive-soap", categories = { "bath" }, unit_price = money "6.90", quantity = 2 } } }
end

test {
    name = "it applies alone",
    only = { "friends", "second-half" },
    cart = soaps("FRIENDS"),
    expect = { applied = { "friends" }, discount = money "3.45", promotions = { ["second-half"] = { displaced_by = "friends" } } },
}
test { name = "without the code the others apply", only = { "friends", "second-half" }, cart = soaps(), expect = { applied = { "second-half" } } }
test {
    name = "used up: the others apply again",
    only = { "friends", "second-half" },
    cart = { coupons = { "FRIENDS" }, lines = soaps().lines, usage = { { promotion = "friends", used = 100 } } },
    expect = { applied = { "second-half" }, coupons = { FRIENDS = "used-up" } },
}
