-- Limits of the formats, and settings under which they are tried.
settings = {
  yml = { delivery_options = "4.90 | 1-3 | 18\n0 | 5", delivery = "yes", pickup = "no", sales_notes = "Prepayment from 100" },
  google = { categories = "kitchen = 638\n* = 632", attributes = "color = colour, color" },
}
limits = {
  yml = { name = 120, description = 3000, sales_notes = 50, url = 512, picture = 512 },
  google = { ["g:id"] = 50, ["g:title"] = 150, ["g:description"] = 5000, ["g:brand"] = 70, ["g:mpn"] = 70,
    ["g:color"] = 100, ["g:size"] = 100, ["g:product_type"] = 750 },
}
