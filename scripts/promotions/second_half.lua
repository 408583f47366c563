-- The second one at half price: of every two soaps, salts or brushes the cheaper one costs half. Four make two pairs. A unit is
-- used once, as the one that is paid for or as the one that is cheaper, and by one such promotion.
promotion {
    id = "second-half",
    name = "Second one at half price",
    enabled = false, -- switch it on: souk promo on second-half, or in the admin pages
    give = {
        buy_get = {
            buy = { categories = { "bath" } }, buy_quantity = 1,
            get = { categories = { "bath" } }, get_quantity = 1,
            percent = 50,
            pick = "cheapest",
        },
    },
}
