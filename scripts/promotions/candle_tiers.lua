-- The more candles, the cheaper all of them: 3 of any kind -5 %, 6 -10 %, 12 -15 %. The highest step that is reached counts for
-- every candle in the cart.
promotion {
    id = "candle-tiers",
    name = "More candles, better price",
    enabled = false,
    give = {
        tiered_percent = {
            by = "quantity",
            tiers = { { min = 3, percent = 5 }, { min = 6, percent = 10 }, { min = 12, percent = 15 } },
            filter = { categories = { "light/candles" } },
        },
    },
}
