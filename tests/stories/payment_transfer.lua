-- Payment by bank transfer: what the customer is told, and a statement that finds its order.
shop {
  options = { iban = "DE89 3704 0044 0532 0130 00", bic = "COBADEFFXXX", name = "Tea House Ltd", hold_days = 3 },
  plugins = { payment_cod = false },
}

local function statement(rows_of)
  return file("statement.csv", "date,amount,currency,payer,text,reference,id\n" .. table.concat(rows_of, "\n") .. "\n")
end

story("a transfer in two parts pays the order", function()
  local order = buy { lines = { { sku = "TEA-100", quantity = 1 }, { sku = "MUG-1", quantity = 1 } } }
  expect_equal(order.payment_status, "pending")
  local page = get("/order/" .. order.number .. "?token=" .. order.token).body
  expect(page:find("DE89 3704", 1, true), "the account is on the page")
  local reference = page:match("RF%d%d[%d ]*%d"):gsub(" ", "")
  settled()
  expect(mails()[1].text:find("DE89 3704", 1, true), "and in the mail")
  local rest = order.totals.total - 1000
  local imported = command("import", statement {
    "2026-11-20,10.00,EUR,Ada,first part," .. reference .. ",b-1",
    string.format("2026-11-21,%d.%02d,EUR,Ada,the rest,%s,b-2", rest // 100, rest % 100, reference) })
  expect_equal(imported.code, 0, imported.output)
  settled()
  local seen = admin.get("/api/v1/admin/orders/" .. order.number).json
  expect_equal({ seen.payment_status, seen.captured }, { "paid", order.totals.total })
end)

story("what fits nowhere waits for a person", function()
  local imported = command("import", statement { "2026-11-20,9.99,EUR,Eve,for the tea,,b-9" })
  expect_equal(json_decode(imported.output).unmatched, 1, imported.output)
  settled()
  expect_equal(#rows("SELECT id FROM payment_match"), 1, "payments to match")
end)
