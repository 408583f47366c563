-- A shop in Bulgaria that sells in the Union: souk-host play story.lua tax_vat.so
shop { options = { url = "http://vies.example", requester = "BG123456786" }, settings = { shop = { country = "BG" } } }

local valid = true
peer("vies", function(request) return { status = 200, body = { valid = valid, name = "Müller GmbH", requestIdentifier = "WAPIAAAA1" } } end)

local berlin = { country = "DE", city = "Berlin", postcode = "10115", line1 = "Torstraße 1" }

story("a private person in Germany pays Germany's tax", function()
  local order = buy { sku = "TEA-100", quantity = 1, address = berlin }
  expect_equal(order.lines[1].taxes[1].ppm, 190000, "19 %")
end)

story("the rates are known at home", function()
  local order = buy { sku = "TEA-100", quantity = 1 }
  expect_equal(order.lines[1].taxes[1].ppm, 200000, "20 %")
end)
