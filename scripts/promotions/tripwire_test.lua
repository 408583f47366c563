local function mugs(registered_at)
    return { customer = { id = "1", registered_at = registered_at },
        lines = { { sku = "CER-0002-SEA-250", product = "harbour-mug", categories = { "ceramics", "ceramics/cups" },
            unit_price = money "16.90", quantity = 2 } } }
end

test {
    name = "an hour after registering: one of the two",
    only = { "tripwire" },
    cart = mugs("2026-11-20T09:00:00Z"),
    at = "2026-11-20T10:00:00Z",
    expect = { discount = money "5.00" },
}

test {
    name = "over after two days, to the second",
    only = { "tripwire" },
    cart = mugs("2026-11-20T09:00:00Z"),
    at = "2026-11-22T09:00:01Z",
    expect = { discount = 0, promotions = { tripwire = { reason = "its time is over for this customer" } } },
}

test { name = "not registered", only = { "tripwire" }, cart = { lines = mugs("").lines }, expect = { discount = 0 } }
