-- What the rules for delivery providers need to know of the courier: where it goes, and how many places its first window has.
options = {
  zones = "sofia | BG | 1000-1999\nbulgaria | BG | *",
  rates = "sofia | 30 | 4.90\nbulgaria | 30 | 6.90",
  slots = "mon-sun | 09:00-13:00 | 4 | sofia", -- one window alone, so that a full one is not followed by another
  days_ahead = 1,
  try_on = true,
}
served = { country = "BG", city = "Sofia", postcode = "1000" }
capacity = 4
