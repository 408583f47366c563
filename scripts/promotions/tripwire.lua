-- A personal tripwire: for 48 hours after somebody registered, their first mug costs 5.00 less, once a customer. The shop keeps
-- the timer by its own clock: a reload, another device or a changed clock at home does not start it anew, and the price is gone
-- when the time is over, whatever a page still shows.
promotion {
    id = "tripwire",
    name = "Welcome: your first mug",
    enabled = false,
    when = { since = { event = "registered", hours = 48 }, contains_product = { "harbour-mug" } },
    limits = { per_customer = 1 },
    give = { unit_fixed = { amount = money "5.00", filter = { products = { "harbour-mug" } }, max_quantity = 1 } },
}
