-- For souk-host: its own mail server stands at the other end.
options = { host = "mail.example", user = "shop", password = "correct horse battery", sender = "shop@shop.example", name = "Tea & Co" }
