-- What the rules for delivery providers need to know of the post: where it goes, and numbers enough for all of them.
options = {
  services = "letter | Letter | 600 | 900 |\nparcel | Parcel | 1500 | 3000 | tracked cash declared | CP",
  zones = "home | BG | *",
  rates = "letter | home | 2 | 1.20\nparcel | home | 20 | 4.90",
  times = "parcel | home | 1 | 3",
  numbers = "CP | 0 | 99999999 | BG",
  cash_fee = "0.80 EUR",
}
served = { country = "BG", city = "Sofia", postcode = "1000" }
