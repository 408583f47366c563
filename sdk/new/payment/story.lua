-- How a payment goes, told and tried: make play. Each story has a shop of its own; `gateway` plays Example.
shop { options = { url = peer_url("gateway"), key = "sk_test_51H8", webhook_secret = "whsec_41f" } }

local charges, by_key = {}, {}

local function gateway(request)
    local key, said = request.headers["idempotency-key"], request.json
    local id, verb = request.path:match("^/charges/([^/]+)/?(%a*)$")
    if id and request.method == "GET" then return { status = 200, body = charges[id] } end
    if id and verb == "refunds" then return { status = 200, body = { id = "re_" .. key, state = "refunded" } } end
    if not by_key[key] then
        id = "ch_" .. #calls("gateway")
        charges[id] = { id = id, state = "pending", amount = said.amount, currency = said.currency, tag = said.tag, url = peer_url("gateway") .. "/pay/" .. id }
        by_key[key] = charges[id]
    end
    return { status = 200, body = by_key[key] }
end
peer("gateway", gateway)

-- What Example sends to the shop, signed.
local function tell(event, secret)
    local body, seconds = json_encode(event), clock() // 1000000
    return post("/hooks/payment_example/event", { body = body, headers = { ["Content-Type"] = "application/json",
        ["X-Signature"] = seconds .. "." .. hex(hmac_sha256(secret or "whsec_41f", seconds .. "." .. body)) } })
end

local function paid(order)
    return rows("SELECT p.state FROM v1_payment p JOIN v1_order o ON o.id = p.order_id WHERE o.number = '" .. order.number .. "'")[1].state
end

story("an order is charged once, and paid by the event", function()
    local order = buy {}
    settled()
    local asked = calls("gateway")
    expect_equal(#asked, 1, "requests to Example")
    expect_equal(asked[1].json.amount, order.totals.total, "what is charged")
    expect_equal(order.payment.next.redirect, peer_url("gateway") .. "/pay/ch_1", "where the buyer pays")
    local event = { id = "evt_1", kind = "captured", charge = "ch_1", tag = charges.ch_1.tag, amount = order.totals.total, currency = "EUR" }
    expect_equal(tell(event).status, 200, "the event is taken")
    expect_equal(tell(event).status, 200, "and again, when it comes twice")
    settled()
    expect_equal(paid(order), "captured", "the payment")
    expect_equal(#rows("SELECT event FROM p_payment_example_event"), 1, "it is noted once")
end)

story("what is not signed by Example changes nothing", function()
    local order = buy {}
    settled()
    local event = { id = "evt_1", kind = "captured", charge = "ch_1", amount = order.totals.total, currency = "EUR" }
    expect_equal(tell(event, "another").status, 400, "a wrong secret is refused")
    settled()
    expect_equal(paid(order), "pending", "the payment")
end)

story("Example is away for a while, and nobody pays twice", function()
    peer("gateway", function() return "down" end)
    local order = buy {}
    settled()
    expect_equal(paid(order), "created", "what is not known is not failed")
    local answer = post("/api/v1/orders/" .. order.number .. "/pay?token=" .. order.token, { json = { payment = { method = "example" } } })
    expect_equal(answer.status, 409, "no second payment while the first may still go through")
    peer("gateway", gateway)
    again() -- in a shop: by itself, minutes later
    expect_equal(paid(order), "pending", "it is begun")
    expect_equal(#rows("SELECT id FROM v1_payment"), 1, "payments")
    local first, last = calls("gateway")[1], calls("gateway")[#calls("gateway")]
    expect_equal(last.headers["idempotency-key"], first.headers["idempotency-key"], "the key of the second try")
end)
