-- A payment whose peer is played: charged once, also when it is slow, away, or answers after a restart.
shop { options = { peer = peer_url("acme") }, plugins = { payment_cod = false, delivery_courier = false } }

local charged = {}
local function charge(request)
  local asked = request.json
  local verb = request.path:sub(2)
  charged[verb .. asked.key] = charged[verb .. asked.key] or { reference = "pay_" .. asked.key, amount = asked.amount, state = "captured" }
  return { status = 200, body = charged[verb .. asked.key] }
end
peer("acme", charge)

local function order_of(number) return admin.get("/api/v1/admin/orders/" .. number).json end
local wanted = { delivery = "flat:standard", payment = "peer" }

story("an order is charged", function()
  local order = buy(wanted)
  settled()
  expect_equal(order_of(order.number).payment_status, "paid")
  expect_equal(calls("acme")[1].path, "/begin")
  expect_equal(calls("acme")[1].json.amount, order.totals.total)
end)

story("a peer that is down is asked again, and charges once", function()
  peer("acme", function() return "down" end)
  local order = buy(wanted)
  expect_equal(order_of(order.number).captured, 0)
  peer("acme", charge)
  restart()
  job("souk:begin") -- the shop's own: it would look again in half a minute
  settled()
  expect_equal(order_of(order.number).payment_status, "paid")
  local keys, count = {}, 0
  for _, call in ipairs(calls("acme")) do
    if call.path == "/begin" and not keys[call.json.key] then keys[call.json.key] = true count = count + 1 end
  end
  expect_equal(count, 1, "keys that the peer was asked with")
end)

story("a peer that never answers keeps nobody waiting for ever", function()
  peer("acme", function() return "timeout" end)
  local began = clock()
  local order = buy(wanted)
  expect(clock() - began < 30 * 1000000, "the shopper has an answer")
  expect_equal(order_of(order.number).captured, 0)
end)
