-- Prices of their own for a group of customers: whoever is in "vip" sees ceramics 12 % cheaper everywhere, once they are signed
-- in. (A price list of that group would do the same with an amount for each variant.)
promotion {
    id = "vip-price",
    name = "Price for friends of the house",
    kind = "catalogue",
    enabled = false,
    when = { customer_group_in = { "vip" } },
    give = { unit_percent = { percent = 12, filter = { categories = { "ceramics" } } } },
}
