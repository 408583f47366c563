-- In the checkout, a box to tick: wrapping paper for ceramics and candles, which are often given away. The box is never ticked
-- beforehand, and its line goes when the tick does.
upsell {
    id = "wrapping",
    name = "Wrapping paper",
    enabled = false,
    slot = "bump",
    skus = { "PAP-0008" },
    text = "Is it a present? Three sheets of marbled paper.",
    when = { contains_category = { "ceramics", "light/candles" } },
    give = { unit_fixed = { amount = money "3.00" } },
}
