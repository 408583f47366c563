-- A catalogue sale: for a week every lamp costs 15 % less, on every page that shows its price. `from` is included, `to` is not;
-- dates without an hour are midnight in the shop's zone.
promotion {
    id = "lamp-week",
    name = "The week of lamps",
    kind = "catalogue",
    enabled = false,
    from = "2026-11-23",
    to = "2026-11-30",
    give = { unit_percent = { percent = 15, filter = { categories = { "light/lamps" } } } },
}
