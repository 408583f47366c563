-- Happy hour: coffee is 15 % cheaper on working days from five to seven, by the clock of the shop's own zone.
promotion {
    id = "happy-hour",
    name = "Happy hour",
    enabled = false,
    when = { weekday_in = { "mon", "tue", "wed", "thu", "fri" }, hours = { from = "17:00", to = "19:00" } },
    give = { line_percent = { percent = 15, filter = { categories = { "tea-coffee/coffee" } } } },
}
