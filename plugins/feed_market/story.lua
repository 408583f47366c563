-- What a merchant sees of feeds: made, followed by themselves, and told what was left out.
peer("pictures", function() return { status = 200, headers = { ["Content-Type"] = "image/svg+xml" },
  body = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>' } end)

shop {
  settings = { shop = { url = "https://shop.example" } },
  products = {
    { key = "cup", type = "simple", status = "active", visibility = "both", brand = "Maker", categories = { { "Kitchen" } },
      images = { { source = peer_url("pictures") .. "/cup.svg" } }, text = { en = { name = "Cup & saucer", slug = "cup" } },
      variants = { { sku = "CUP", barcode = "4006381333931", tracked = true, stock = 4, prices = { { list = "base", amount = 1250 } } } } },
    { key = "bare", type = "simple", status = "active", visibility = "both", text = { en = { name = "Nobody's picture", slug = "bare" } },
      variants = { { sku = "BARE", tracked = false, prices = { { list = "base", amount = 300 } } } } },
  },
}

local function make(name, format, more)
  settled() -- its picture is there
  local made = admin.post("/api/v1/admin/feeds", { json = { name = name, format = format, every = 1, settings = more } })
  expect_equal(made.status, 201, made.body)
  settled()
end

story("a feed for Google has what Google asks for, and says what it left out", function()
  make("google", "google")
  local file = get("/feeds/google.xml")
  expect_equal(file.status, 200, "the file")
  expect(file.body:find("<g:title>Cup &amp; saucer</g:title>", 1, true), "the name, escaped")
  expect(file.body:find("<g:price>12.50 EUR</g:price>", 1, true), "the price of the page")
  expect(file.body:find("<g:gtin>4006381333931</g:gtin>", 1, true), "the barcode, whose check digit is right")
  expect(file.body:find("<g:link>https://shop.example/p/cup", 1, true), "a whole address")
  local feed = admin.get("/api/v1/admin/feeds/google").json
  expect_equal(feed.items, 1, "offers")
  expect_equal(feed.reasons[1].sku, "BARE", "what was left out")
  expect_equal(feed.reasons[1].words, "it has no picture", "why")
end)

story("a feed in YML begins with the shop and its categories", function()
  make("market", "yml", { delivery_options = "4.90 | 1-3 | 18", company = "Tea Ltd" })
  local file = get("/feeds/market.xml").body
  expect(file:find("<company>Tea Ltd</company>", 1, true), "the company")
  expect(file:find('<option cost="4.90" days="1-3" order-before="18"/>', 1, true), "the delivery")
  expect(file:find(">Kitchen</category>", 1, true), "the category")
  expect(file:find("<vendor>Maker</vendor>", 1, true), "the brand")
end)

story("a table has the columns that were asked for", function()
  make("table", "csv", { columns = 'code = sku\nprice = price\nshop = "ours"\nwho = brand | "nobody"', sign = ";" })
  expect_equal(get("/feeds/table.csv").body, "code;price;shop;who\r\nCUP;12.50;ours;Maker\r\nBARE;3.00;ours;nobody\r\n", "the file")
end)

story("what is wrong is said, and nothing else is written", function()
  make("market", "yml")
  local before = get("/feeds/market.xml").body
  local answer = admin.patch("/api/v1/admin/feeds/market", { json = { settings = { delivery_options = "for free" } } })
  settled()
  expect_equal(answer.status, 422, "the answer")
  expect_equal(answer.json.errors[1].pointer, "/settings/delivery_options", "the place")
  expect(answer.body:find("are lines", 1, true), "the reason: " .. answer.body)
  expect_equal(get("/feeds/market.xml").body, before, "the old file")
end)
