-- Buy three, get the cheapest free: any tea, mixed as they like; six teas make two rounds, up to four free packets an order.
promotion {
    id = "three-for-two",
    name = "Three teas for the price of two",
    enabled = false,
    give = {
        buy_get = {
            buy = { categories = { "tea-coffee/tea" } }, buy_quantity = 2,
            get = { categories = { "tea-coffee/tea" } }, get_quantity = 1,
            percent = 100,
            pick = "cheapest",
            max_get_quantity = 4,
        },
    },
}
