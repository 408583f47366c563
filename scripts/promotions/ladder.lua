-- A ladder that grows with everything a customer ever bought: from 200.00 on 3 %, from 500.00 on 5 %, from 1,000.00 on 8 %, of
-- what is not reduced already. One group with mode "best": whoever stands on several steps gets the highest.
group { name = "loyalty", mode = "best" }

local steps = {
    { id = "ladder-200", from = money "200.00", percent = 3 },
    { id = "ladder-500", from = money "500.00", percent = 5 },
    { id = "ladder-1000", from = money "1000.00", percent = 8 },
}

for _, step in ipairs(steps) do
    promotion {
        id = step.id,
        name = "Thank you for coming back",
        enabled = false,
        group = "loyalty",
        skip_reduced = true,
        when = { spent_at_least = step.from },
        give = { order_percent = { percent = step.percent } },
    }
end
