-- What others read of the catalogue, told and tried: make play. Each story has a shop of its own.
shop {
    settings = { shop = { url = "https://shop.test" } }, -- a feed has whole addresses
    products = {
        { sku = "TEA-100", name = "Tea & honey <100 g>", price = 690, stock = 40 },
        { sku = "MUG-1", name = "Blue mug", price = 1909, stock = 0 },
    },
}

local function written()
    admin.post("/api/v1/admin/feeds/offers/write")
    settled()
    local file = get("/feeds/offers.xml")
    expect_equal(file.status, 200, "the file")
    return file.body
end

local function make_feed()
    local made = admin.post("/api/v1/admin/feeds", { json = { name = "offers", format = "example" } })
    expect_equal(made.status, 201, "the feed is made: " .. made.body)
end

story("the catalogue stands in the file, at the page's prices", function()
    make_feed()
    local text = written()
    expect(text:find('<offer id="TEA-100" available="true">', 1, true), "the tea is in it")
    expect(text:find("<name>Tea &amp; honey &lt;100 g&gt;</name>", 1, true), "its name stays text")
    expect(text:find("<price>6.90</price>", 1, true), "its price")
    expect(text:find('<offer id="MUG-1" available="false">', 1, true), "what is sold out says so")
end)

story("a setting that is wrong is refused when it is saved", function()
    local refused = admin.post("/api/v1/admin/feeds", { json = { name = "offers", format = "example", settings = { title = ("x"):rep(121) } } })
    expect_equal(refused.status, 422, "the answer")
    expect_equal(refused.json.errors[1].pointer, "/settings/title", "the setting")
end)

story("what staff keep out is left out, and they read why", function()
    make_feed()
    expect_equal(command("skip", "MUG-1").code, 0, "the command")
    local text = written()
    expect(not text:find("MUG-1", 1, true), "the mug is not in it")
    local left = admin.get("/api/v1/admin/feeds/offers/rejects").json.items
    expect_equal(left[1].sku, "MUG-1", "what was left out")
end)
