local function vases(quantity)
    return { lines = { { sku = "CER-0006-ROS", categories = { "ceramics" }, unit_price = money "18.90", quantity = quantity } } }
end

test { name = "56.70 are 55.00", only = { "round-sum" }, cart = vases(3), expect = { total = money "55.00" } }
test { name = "37.80 stay 37.80", only = { "round-sum" }, cart = vases(2), expect = { total = money "37.80" } }
