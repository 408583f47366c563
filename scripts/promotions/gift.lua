-- A gift with a purchase: ceramics for 50.00 and more bring a jar of chubritsa. It joins and leaves the cart by itself, comes from
-- stock like everything else, and is left out, without a word of complaint, when there is none.
promotion {
    id = "gift",
    name = "A jar of chubritsa for your new bowls",
    enabled = false,
    nudge = "{missing} more of ceramics, and a jar of chubritsa is yours",
    when = { category_total_at_least = { category = "ceramics", amount = money "50.00" } },
    give = { add_gift = { sku = "SPI-0003", unit_price = money "4.50" } },
}
