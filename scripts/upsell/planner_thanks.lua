-- On the page of thanks: the printable planner at half price for the next quarter of an hour, for orders from 40.00 on.
upsell {
    id = "planner-thanks",
    name = "The planner at half price",
    enabled = false,
    slot = "thanks",
    skus = { "DIG-0001" },
    text = "To go with what is on its way: plan the rest of your year.",
    minutes = 15,
    when = { items_total_at_least = money "40.00" },
    give = { line_percent = { percent = 50 } },
}
