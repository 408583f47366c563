-- The cheapest units: with four notebooks in the cart, whichever they are, the two cheapest cost 40 % less.
promotion {
    id = "notebooks",
    name = "Write more",
    enabled = false,
    when = { contains_category = { categories = { "paper/notebooks" }, quantity = 4 } },
    give = { cheapest_units = { quantity = 2, percent = 40, filter = { categories = { "paper/notebooks" } } } },
}
