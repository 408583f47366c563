-- On the page of a towel: a soap to go with it, 20 % cheaper when it is taken from there. The first one that can be had and is
-- not in the cart is shown; whoever declines it twice does not see it again.
upsell {
    id = "soap-for-towel",
    name = "A soap with the towel",
    enabled = false,
    slot = "product",
    skus = { "BTH-0001", "BTH-0002" },
    text = "Goes well with a new towel.",
    when = { contains_product = { "waffle-towel" } }, -- in this slot the product that is looked at counts, too
    give = { line_percent = { percent = 20 } },
}
