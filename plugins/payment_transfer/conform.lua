-- For souk-host: transfers have no peer; what comes in is read from statements.
options = { iban = "BG80BNBG96611020345678", name = "Test shop" }
refused_currency = "USD"
