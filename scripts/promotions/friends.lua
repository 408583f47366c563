-- A code that stands alone: whoever types FRIENDS gets 25 % off everything, and nothing else applies beside it, whatever is on.
-- Without the code, or once a hundred orders have used it, it stands in nobody's way.
promotion {
    id = "friends",
    name = "Friends and family",
    enabled = false,
    exclusive = true,
    coupon = "FRIENDS",
    limits = { uses = 100, per_customer = 1 },
    give = { order_percent = { percent = 25 } },
}
