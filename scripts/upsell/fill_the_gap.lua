-- In the cart: what is missing to free delivery may be filled with something small. A function chooses what comes nearest above
-- the gap. The goods keep their usual price: free delivery is the reward.
local free_from = money "60.00"
local small = {
    { sku = "SPI-0003", price = money "4.50" },
    { sku = "BTH-0001", price = money "6.90" },
    { sku = "PAP-0008", price = money "11.90" },
    { sku = "LGT-0005", price = money "14.90" },
}

upsell {
    id = "fill-the-gap",
    name = "A little more, and delivery is free",
    enabled = false,
    slot = "cart",
    choose = function(cart)
        local gap = free_from - cart.items_total
        if gap <= 0 then return nil end
        for _, one in ipairs(small) do
            if one.price >= gap then
                return { sku = one.sku, text = "With this your delivery is free." }
            end
        end
        return nil
    end,
}
