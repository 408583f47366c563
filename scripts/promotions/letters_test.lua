-- What a shop would know of codes stands in the cart: codes = { … }.
local function cart(code, known)
    return { coupons = { code }, codes = known,
        lines = { { sku = "PAP-0005", categories = { "paper" }, unit_price = money "18.90", quantity = 2 } } }
end

test {
    name = "a code of the batch",
    only = { "letters" },
    cart = cart("K7QM-2XVP", { { code = "K7QM-2XVP", batch = "letters" } }),
    expect = { discount = money "5.00", coupons = { ["K7QM-2XVP"] = true } },
}
test {
    name = "a second time it is used up",
    only = { "letters" },
    cart = cart("K7QM-2XVP", { { code = "K7QM-2XVP", batch = "letters", used = 1 } }),
    expect = { discount = 0, coupons = { ["K7QM-2XVP"] = "used-up" } },
}
test { name = "one that was never made", only = { "letters" }, cart = cart("K7QM-2XVQ"), expect = { coupons = { ["K7QM-2XVQ"] = "unknown" } } }
