-- The other end, for souk-host: the Example that takes charges, has a page to pay on, refunds, and sends events. When the real one
-- behaves otherwise, say so here first; then let the rules tell what the plugin lacks.
options = { key = "sk_test_51H8", webhook_secret = "whsec_41f", currencies = { "EUR", "JPY" } }

local by_id, by_key, moved, count = {}, {}, {}, 0

local function json(status, value) return { status = status, headers = { ["Content-Type"] = "application/json" }, body = json_encode(value) } end

local function shown(charge)
  return { id = charge.id, state = charge.state, url = charge.state == "pending" and "https://pay.invalid/" .. charge.id or nil }
end

function peer(request)
  if request.headers.authorization ~= "Bearer " .. options.key then return json(401, { error = "who is asking?" }) end
  local id, verb = request.path:match("^/charges/([^/]+)/?(%a*)$")
  local charge = id and by_id[id]
  if id and not charge then return json(404, { error = "no such charge" }) end
  if request.method == "GET" then return json(200, shown(charge)) end
  local key = request.headers["idempotency-key"]
  if by_key[key] then return by_key[key] end -- the same key: the same answer, and nothing moves
  local said, answer = json_decode(request.body), nil
  if not id and request.decline then
    answer = json(402, { error = "declined" })
  elseif not id then
    count = count + 1
    charge = { id = "ch_" .. count, key = key, state = "pending", amount = said.amount, currency = said.currency }
    by_id[charge.id] = charge
    answer = json(200, shown(charge))
  elseif verb == "cancel" then
    charge.state = "cancelled"
    answer = json(200, shown(charge))
  else
    moved[#moved + 1] = { kind = "refund", key = key, reference = charge.id, amount = said.amount, currency = charge.currency }
    answer = json(200, { id = "re_" .. #moved, state = "refunded" })
  end
  by_key[key] = answer
  return answer
end

-- The shopper on the page of Example: pays, or is refused.
function pay(reference)
  local charge = by_id[reference]
  if not charge or charge.state ~= "pending" then return end
  charge.state = "captured"
  moved[#moved + 1] = { kind = "charge", key = charge.key, reference = charge.id, amount = charge.amount, currency = charge.currency }
end
function decline(reference) by_id[reference].state = "failed" end

function charges() return moved end -- what has really moved

function webhook(kind, payment, at)
  local body = json_encode { id = payment.event, kind = kind, movement = kind == "refunded" and "re_" .. payment.event or nil, charge = payment.reference, tag = tostring(payment.id), amount = payment.amount, currency = payment.currency }
  local seconds = at // 1000000
  local secret = payment.wrong_secret and "another" or options.webhook_secret
  return { path = "/hooks/payment_example/event", body = body,
           headers = { ["X-Signature"] = seconds .. "." .. hex(hmac_sha256(secret, seconds .. "." .. body)) } }
end
