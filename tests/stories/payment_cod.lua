-- Cash on delivery: offered within limits, and paid when the carrier's register says so.
shop { options = { max = "100.00 EUR", fee = "1.50 EUR", countries = { "BG" } } }

local function paid(number)
  return admin.get("/api/v1/admin/orders/" .. number).json.payment_status
end

story("an order is paid by a line of the register, once", function()
  local order = buy { sku = "TEA-100", quantity = 2 }
  expect_equal(order.payment_status, "pending")
  settled()
  expect_equal(#mails(), 1, "the customer has a mail")
  expect_equal(mails()[1].recipient, "ada@example.org")
  local euro = string.format("%d.%02d", order.totals.total // 100, order.totals.total % 100)
  local register = file("register.csv", "order;amount;currency;date\n" .. order.number .. ";" .. euro .. ";EUR;2026-11-20\n")
  local first = command("reconcile", register)
  expect_equal(json_decode(first.output).matched, 1, first.output)
  settled()
  expect_equal(paid(order.number), "paid")
  expect_equal(json_decode(command("reconcile", register).output).known, 1, "the same register again")
  restart()
  expect_equal(paid(order.number), "paid", "after a restart")
end)

story("not above its limit, not abroad", function()
  local fine, words = pcall(buy, { sku = "MUG-1", quantity = 6 })
  expect(not fine and tostring(words):find("422", 1, true), "above the limit: " .. tostring(words))
  local abroad = pcall(buy, { address = { country = "DE", city = "Berlin", postcode = "10115", line1 = "Weg 1" } })
  expect(not abroad, "not to Germany")
  expect_equal(#rows("SELECT id FROM shop_order"), 0, "orders")
end)
