-- souk.lua of the demo shop: what `make run` opens at http://127.0.0.1:8080.
--
-- This file gives values and does nothing else. Text stands in quotes; numbers, true and false do not; a list is
-- { "a", "b" }. Every key has a default, so that only what differs has to stand here. All keys, with their types and
-- bounds, are in core/app/CONFIGURATION.md; `souk check -c FILE` says what is wrong with a file, all at once.

-- The plugins that are on. To switch one off, take its name out and send the shop a SIGHUP (or `souk plugin disable
-- NAME`, which also works while the shop runs).
plugins = {
    "hello",  -- sdk/examples/hello: one of everything that a plugin can do
    "visits", -- sdk/examples/visits: counts page views in a table of its own

    "delivery_courier", -- to the door: zones, prices by weight, times with places, extras
    "delivery_post",    -- the national post by its tariff
    "delivery_pickup",  -- fetched at showrooms, pickup points and lockers
    "payment_cod",      -- cash or card to the courier
    "payment_transfer", -- bank transfer with a QR code; reads the bank's statements
    "document_pdf",     -- packing slips and labels to print

    -- Mails to customers, when an SMTP server is there to take them:
    -- "notify_mail",
}

-- Rules for promotions and upsell, in Lua: some thirty examples, all switched off. `souk promo list` names them, `souk promo on
-- second-half` switches one on in the running shop (or the admin pages do); scripts/README.md tells how they are written.
scripts = "../../../scripts"

-- A plugin's options stand in a table of its name; `souk plugin info hello` shows which there are.
hello = {
    greeting = "Welcome to the souk",
}

-- Plugins of delivery and payment: their folders under plugins/ have a README with every option.
delivery_courier = {
    zones = [[
        sofia    | BG | 1000-1999
        bulgaria | BG | *
        europe   | AT, BE, HR, CY, CZ, DE, DK, EE, ES, FI, FR, GR, HU, IE, IT, LT, LU, LV, MT, NL, PL, PT, RO, SE, SI, SK | *
    ]],
    rates = [[
        sofia    |  5 |  3.90
        sofia    | 30 |  7.90
        bulgaria |  5 |  4.90
        bulgaria | 30 |  9.90
        europe   |  5 | 14.90
        europe   | 30 | 29.00
    ]],
    free_from = "120.00 EUR",
    slots = [[
        mon-fri | 09:00-13:00 | 40
        mon-fri | 14:00-18:00 | 40
        sat     | 10:00-14:00 | 20 | sofia
    ]],
    utc_offset = 120,
    summer_time = true,
}

delivery_post = {
    services = [[
        parcel  | Parcel  | 1500 | 3000 | tracked cash declared | CP
        express | Express | 1500 | 3000 | tracked               | EE
    ]],
    zones = [[
        home | BG | *
    ]],
    rates = [[
        parcel  | home |  5 | 3.20
        parcel  | home | 20 | 6.40
        express | home |  5 | 6.90
        express | home | 20 | 9.90
    ]],
    times = [[
        parcel  | home | 2 | 4
        express | home | 1 | 1
    ]],
    declared_rate = "1%",
    declared_min = "0.50 EUR",
    numbers = [[
        CP | 10000000 | 10009999 | BG
        EE | 20000000 | 20009999 | BG
    ]],
    utc_offset = 120,
}

delivery_pickup = {
    showrooms = [[
        market | The souk at the market | 1 Market Street | Sofia | 1000 | mon-sat 10-19 | 42.6977,23.3219 | 7 | cash card
        sea    | The souk by the sea    | 12 Harbour Road | Varna | 9000 | mon-sat 10-18 | 43.2040,27.9100 | 7 | cash card
    ]],
}

payment_cod = {
    max = "500.00 EUR",
    countries = { "BG" },
}

payment_transfer = {
    iban = "DE89370400440532013000", -- a number that is made for examples: nobody's account
    name = "The souk Ltd",
}

-- notify_mail = {
--     host = "127.0.0.1", port = 25, tls = "none",
--     sender = "orders@shop.example",
-- }

shop = {
    name = "The souk",
    currency = "EUR",
    country = "BG",
    -- time_zone = "Europe/Sofia", -- what "from five to seven" means in rules; UTC where nothing is said
    email = "orders@shop.example",
    address = "The souk Ltd\n1 Market Street\n1000 Sofia\nBulgaria", -- the sender of parcels; where returns go
    url = "http://127.0.0.1:8080", -- where visitors find it: for links in letters, feeds and search engines

    -- Pages in the first stand at /, in the others at /bg/, /hu/ and so on.
    locales = { "en", "bg", "hu", "hy", "bn" },
}

http = {
    -- This machine only. ":8080" would be all addresses; behind a proxy, "unix:PATH" is quicker.
    listen = "127.0.0.1:8080",

    -- Behind a proxy that speaks TLS, name it, so that visitors are told apart and cookies are for TLS only:
    -- trusted_proxies = { "127.0.0.1", "::1" },
}

log = {
    level = "info",    -- debug, info, warn, error
    access = "stderr", -- or "off", or a file
}

-- A secret never stands in this file:
--
--     payment_example = {
--         key = env "PAYMENT_KEY",           -- from the environment
--         token = file "secrets/payment",    -- from a file with mode 600, relative to this one
--     }
