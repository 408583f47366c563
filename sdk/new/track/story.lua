-- What a partner hears, told and tried: make play. Each story has a shop of its own; `network` plays Example.
shop { options = { url = peer_url("network"), key = "tr_5c9e" } }

peer("network", function(request) return { status = 200, body = { id = "c1" } } end)

story("an order of a visitor that Example sent is told to it", function()
    local order = buy { landing = "/?example_click=abc" }
    settled()
    local got = calls("network")
    expect_equal(#got, 1, "messages to Example")
    expect_equal(got[1].json.click, "abc", "the click")
    expect_equal(got[1].json.order, order.number, "the order")
    expect_equal(got[1].json.state, "pending", "the state")
    expect_equal(got[1].json.lines, { { sku = "TEA-100", category = "", amount = "6.90" } }, "what counts of its lines, delivery aside")
    expect_equal(#rows("SELECT id FROM p_track_example_told"), 1, "it is noted for staff")
end)

story("of others it hears nothing", function()
    buy {}
    settled()
    expect_equal(#calls("network"), 0, "messages to Example")
end)

story("a network that is away hears it later", function()
    peer("network", function() return { status = 503 } end)
    buy { landing = "/?example_click=abc" }
    settled()
    expect_equal(#rows("SELECT id FROM p_track_example_told"), 0, "it has not arrived")
    peer("network", function() return { status = 200, body = { id = "c1" } } end)
    again()
    expect_equal(#rows("SELECT id FROM p_track_example_told"), 1, "now it has")
end)
