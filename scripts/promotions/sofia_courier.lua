-- Free delivery by zone: in Sofia our own courier is free from 40.00 on; any other way, and any other place, costs what it costs.
promotion {
    id = "sofia-courier",
    name = "Free courier in Sofia",
    enabled = false,
    when = { items_total_at_least = { amount = money "40.00", basis = "original" }, country_in = { "BG" }, postcode_in = { "1000-1999" } },
    give = { delivery_percent = { percent = 100, methods = { "courier:standard" } } },
}
