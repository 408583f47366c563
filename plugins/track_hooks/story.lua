-- An order that a partner's link led to, until its end. The partner answers "OK" to what it takes.
shop {
    options = {
        params = { "subid" },
        url = peer_url("partner") .. "/postback?subid={click}&tid={key}&sum={amount}&status={state}",
        states = { pending = "lead", approved = "sale", rejected = "trash" },
        success = "OK",
    },
}

peer("partner", function(request) return { status = 200, body = "OK" } end)

local function said(at)
    return form_decode(calls("partner")[at].query)
end

story("who comes by the partner's link and buys is told once", function()
    local order = buy { landing = "/?subid=ab%26c", quantity = 2 }
    settled()
    expect_equal(#calls("partner"), 1, "requests to the partner")
    expect_equal(said(1).subid, "ab&c", "the click stays one value")
    expect_equal(said(1).status, "lead", "its word for pending")
    expect_equal(rows("SELECT state, telling FROM conversion"), { { state = "pending", telling = "told" } })
    restart()
    settled()
    expect_equal(#calls("partner"), 1, "requests after a restart")
end)

story("who comes by themselves is nobody's", function()
    buy { landing = "/?other=1" }
    settled()
    expect_equal(#calls("partner"), 0, "requests to the partner")
end)

story("a cancelled order is taken back under the same key", function()
    local order = buy { landing = "/?subid=x" }
    settled()
    admin.post("/api/v1/admin/orders/" .. order.number .. "/cancel", { json = { reason = "changed their mind" } })
    settled()
    expect_equal(#calls("partner"), 2, "requests to the partner")
    expect_equal(said(2).status, "trash", "its word for rejected")
    expect_equal(said(2).tid, said(1).tid, "the key")
end)

story("a partner that is away hears of it later, one that refuses does not", function()
    peer("partner", function() return "down" end)
    buy { landing = "/?subid=late" }
    settled()
    expect_equal(rows("SELECT telling FROM conversion"), { { telling = "waiting" } })
    peer("partner", function() return { status = 200, body = "OK" } end)
    again()
    expect_equal(rows("SELECT telling FROM conversion"), { { telling = "told" } })
    peer("partner", function() return { status = 200, body = "ERROR: unknown subid" } end)
    buy { landing = "/?subid=no", email = "another@example.org" }
    settled()
    expect_equal(rows("SELECT telling FROM conversion ORDER BY id DESC LIMIT 1"), { { telling = "refused" } })
end)
