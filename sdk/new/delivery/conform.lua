-- What the rules for deliveries need to know: the options to try it with, and an address that is served.
options = { rates = "2 | 4.90\n30 | 9.90", countries = "BG, RO", cash = true }
served = { country = "BG", city = "Sofia", postcode = "1000" }
