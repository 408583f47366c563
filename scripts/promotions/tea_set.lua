-- Bundle price: a teapot and a packet of black tea cost 59.00 together, as often as both are there. The pot and the packet may
-- be of any kind, so the saving depends on which; a function reckons it, and the shop spreads it over the lines of the bundle.
local price = money "59.00"

promotion {
    id = "tea-set",
    name = "Teapot with tea",
    enabled = false,
    when = { { contains_product = { "moss-teapot" } }, { contains_product = { "rose-valley-black-tea" } } },
    give = function(cart)
        local pots, teas, packets = 0, 0, {}
        local pot
        for _, line in ipairs(cart.lines) do
            if line.product == "moss-teapot" then
                pots = pots + line.quantity
                pot = line.unit_price -- all of them cost the same
            elseif line.product == "rose-valley-black-tea" then
                teas = teas + line.quantity
                packets[#packets + 1] = { price = line.unit_price, quantity = line.quantity }
            end
        end
        table.sort(packets, function(a, b) return a.price < b.price end)
        local bundles, saved = math.min(pots, teas), 0
        for _, packet in ipairs(packets) do -- the cheapest packets go into the bundles
            local count = math.min(bundles, packet.quantity)
            saved = saved + count * math.max(pot + packet.price - price, 0)
            bundles = bundles - count
        end
        if saved == 0 then return nil end
        return { order_fixed = { amount = saved, filter = { products = { "moss-teapot", "rose-valley-black-tea" } } } }
    end,
}
