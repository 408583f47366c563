-- What the shop tells, told and tried: make play. Each story has a shop of its own; `gateway` plays Example.
shop { options = { url = peer_url("gateway"), key = "gw_8f2c", sender = "Souk" } }

local known = {}

peer("gateway", function(request)
    if request.headers.authorization ~= "Bearer gw_8f2c" then return { status = 401 } end
    local key = request.headers["idempotency-key"]
    known[key] = known[key] or "m" .. #calls("gateway")
    return { status = 202, body = { id = known[key] } }
end)

story("a message arrives, once, as it was written", function()
    expect_equal(command("test", "+359888123456").code, 0, "the command says it is on its way")
    settled()
    local got = calls("gateway")
    expect_equal(#got, 1, "requests to Example")
    expect_equal(got[1].json.to, "+359888123456", "the receiver")
    expect_equal(got[1].json.text:match("^A test of .+: text messages arrive"), "A test of Test shop: text messages arrive", "the words")
    expect_equal(#rows("SELECT reference FROM p_notify_example_sent"), 1, "it is noted for staff")
end)

story("an order's telephone gets one message, in the language of the order", function()
    local order = buy { sku = "TEA-100", phone = "0888 123 456" }
    settled()
    again()
    local got = calls("gateway")
    expect_equal(#got, 1, "requests to Example")
    expect_equal(got[1].json.to, "+359888123456", "the receiver")
    expect(got[1].json.text:find("Test shop: order " .. order.number .. " is here", 1, true), "the words: " .. got[1].json.text)
end)

story("who wants us to wait is not asked before", function()
    peer("gateway", function() return { status = 429, headers = { ["Retry-After"] = "600" } } end)
    command("test", "+359888123456")
    settled()
    expect_equal(#calls("gateway"), 1, "requests to Example")
    local soon = rows("SELECT id FROM job WHERE kind = 'souk:letter' AND due < " .. clock() + 500 * 1000000)
    expect_equal(#soon, 0, "tries in the next minutes")
end)

story("who is away is asked again, with the same key", function()
    local here = false
    peer("gateway", function(request) return here and { status = 202, body = { id = "m1" } } or { status = 503 } end)
    command("test", "+359888123456")
    settled()
    expect_equal(#rows("SELECT id FROM p_notify_example_sent"), 0, "it has not gone out")
    here = true
    again()
    local got = calls("gateway")
    expect_equal(got[#got].headers["idempotency-key"], got[1].headers["idempotency-key"], "the key of the repeat")
    expect_equal(#rows("SELECT id FROM p_notify_example_sent"), 1, "now it has")
end)

story("what is no number is refused", function()
    expect(command("test", "call me").code ~= 0, "the command says so")
    expect_equal(#calls("gateway"), 0, "nobody was asked")
end)
