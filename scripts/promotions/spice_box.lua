-- By the box: spices in full boxes of six are 10 % cheaper, from four boxes on 15 %. What does not fill a box has its usual price.
promotion {
    id = "spice-box",
    name = "Spices by the box",
    enabled = false,
    give = {
        unit_groups = {
            group_size = 6,
            by = "quantity", -- the steps count jars in full boxes, not money
            base_percent = 10,
            tiers = { { min = 24, percent = 15 } },
            filter = { categories = { "pantry/spices" } },
        },
    },
}
