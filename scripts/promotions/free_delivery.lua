-- Free delivery from 60.00 on, wherever the shop sends to. Below that the cart tells by itself how much is missing: the nudge is
-- made from the same condition, so it can never say something else than the rule does. basis = "original": the goods count as
-- they cost in the shop, so that another promotion never costs anybody their free delivery.
promotion {
    id = "free-delivery",
    name = "Free delivery",
    enabled = false,
    nudge = "Only {missing} more and we bring it for free",
    when = { items_total_at_least = { amount = money "60.00", basis = "original" } },
    give = { delivery_percent = { percent = 100 } },
}
