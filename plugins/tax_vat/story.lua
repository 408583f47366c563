-- A shop in Bulgaria that sells in the Union: souk-host play story.lua tax_vat.so
shop { options = { url = peer_url("vies"), requester = "BG123456786" }, settings = { shop = { country = "BG" } } }

local business, away = "DE136695976", false
peer("vies", function(request)
  if away then return "down" end
  local known = request.json.countryCode .. request.json.vatNumber == business
  return { status = 200, body = { valid = known, name = known and "Müller GmbH" or "---", requestIdentifier = "WAPIAAAA1" } }
end)

local berlin = { country = "DE", city = "Berlin", postcode = "10115", line1 = "Torstraße 1" }

story("a private person in Germany pays Germany's tax", function()
  local order = buy { sku = "TEA-100", quantity = 1, address = berlin }
  expect_equal(order.lines[1].taxes[1].ppm, 190000, "19 %")
end)

story("the rates are known at home", function()
  local order = buy { sku = "TEA-100", quantity = 1 }
  expect_equal(order.lines[1].taxes[1].ppm, 200000, "20 %")
end)

story("a business in Germany pays no tax: the register knows its number", function()
  local order = buy { sku = "TEA-100", quantity = 3, address = berlin, billing = { company = "Müller GmbH", vat_number = "de 136.695.976" } }
  expect_equal(order.lines[1].unit_price, 575, "6.90 without the 20 % of home")
  expect_equal(order.totals.tax + order.totals.tax_included, 0, "the tax of the whole")
  expect_equal(order.tax.exempt, "all")
  expect_equal(order.tax.number, business)
  expect(order.tax.note:find("^Reverse charge"), "the invoice says why")
  expect_equal(#calls("vies"), 1, "the register was asked once")
  buy { sku = "MUG-1", address = berlin, billing = { vat_number = business } }
  expect_equal(#calls("vies"), 1, "and is remembered")
end)

story("a number that the register does not know buys nothing until it is mended", function()
  expect(not pcall(buy, { address = berlin, billing = { vat_number = "DE811907980" } }), "it is refused")
end)

story("while the register is away, tax is charged", function()
  away = true
  local order = buy { sku = "TEA-100", address = berlin, billing = { vat_number = business } }
  expect_equal(order.lines[1].taxes[1].ppm, 190000, "19 %")
  expect_equal(order.tax.state, "unknown")
end)
