-- The first at its price, each further one of the same cheaper: towels of one kind are 3.00 less from the second one on.
promotion {
    id = "more-towels",
    name = "Towels by the stack",
    enabled = false,
    give = { first_additional = { first = 0, additional = money "3.00", filter = { products = { "waffle-towel" } } } },
}
