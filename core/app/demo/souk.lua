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
}

-- A plugin's options stand in a table of its name; `souk plugin info hello` shows which there are.
hello = {
    greeting = "Welcome to the souk",
}

shop = {
    name = "The souk",
    currency = "EUR",
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
