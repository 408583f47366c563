-- What the rules for feeds need to know: how many letters the format takes, by the names of its elements.
limits = { example = { title = 120, name = 120, description = 3000, brand = 120 } }
