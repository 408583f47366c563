-- What the rules for delivery providers need to know: a showroom is enough, since the list of points is a file.
options = {
  showrooms = "center | Center | ul. Pirotska 5 | Sofia | 1000 | mon-fri 10-19 | 42.6996,23.3206 | 5 | cash card",
  rates = "* | 20 | 2.90",
}
served = { country = "BG", city = "Sofia", postcode = "1000" }
