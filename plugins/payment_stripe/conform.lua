-- For souk-host: a small Stripe. Sessions make their intent when somebody pays, or the intent is made first; one idempotency key has one answer.
options = { publishable_key = "pk_test_TYooMQauvdEDq54NiTphI7jx", secret_key = "sk_test_4eC39HqLyjWDarjtT1zdp7dc", webhook_secret = "whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH", capture = "manual" }
refused_currency = "XTS"

local sessions, intents, refunds, by_key, count = {}, {}, {}, {}, 0

local function name(prefix)
  count = count + 1
  return prefix .. count
end

local function json(status, body) return { status = status, headers = { ["Content-Type"] = "application/json" }, body = body } end
local function no(status, type, code, param) return json(status, { error = { type = type, code = code, param = param, message = "no: " .. (code or type) } }) end

local function expanded(session)
  local copy = {}
  for key, value in pairs(session) do copy[key] = value end
  copy.payment_intent = intents[session.payment_intent]
  return copy
end

local routes = {
  { "POST", "^/v1/checkout/sessions$", function(_, form, key, request)
    if request.decline then return no(402, "card_error", "card_declined") end
    local id = name("cs_test_")
    sessions[id] = { id = id, object = "checkout.session", status = "open", payment_status = "unpaid", url = "https://checkout.stripe.com/c/pay/" .. id, key = key,
      amount_total = tonumber(form["line_items[0][price_data][unit_amount]"]), currency = form["line_items[0][price_data][currency]"],
      capture = form["payment_intent_data[capture_method]"], metadata = { souk_payment = form["metadata[souk_payment]"], souk_order = form["metadata[souk_order]"] } }
    return json(200, sessions[id])
  end },
  { "GET", "^/v1/checkout/sessions/([%w_]+)$", function(id) return sessions[id] and json(200, expanded(sessions[id])) or no(404, "invalid_request_error", "resource_missing", "id") end },
  { "POST", "^/v1/checkout/sessions/([%w_]+)/expire$", function(id)
    if sessions[id].status ~= "open" then return no(400, "invalid_request_error", "session_not_open") end
    sessions[id].status = "expired"
    return json(200, sessions[id])
  end },
  { "POST", "^/v1/payment_intents$", function(_, form, key, request)
    if request.decline then return no(402, "card_error", "card_declined") end
    local id, amount = name("pi_"), tonumber(form.amount)
    intents[id] = { id = id, object = "payment_intent", status = "requires_payment_method", key = key, capture = form.capture_method, client_secret = id .. "_secret_of_one",
      amount = amount, amount_received = 0, amount_capturable = 0, currency = form.currency,
      metadata = { souk_payment = form["metadata[souk_payment]"], souk_order = form["metadata[souk_order]"] } }
    return json(200, intents[id])
  end },
  { "GET", "^/v1/payment_intents/([%w_]+)$", function(id) return intents[id] and json(200, intents[id]) or no(404, "invalid_request_error", "resource_missing", "intent") end },
  { "POST", "^/v1/payment_intents/([%w_]+)/capture$", function(id, form)
    local intent, amount = intents[id], tonumber(form.amount_to_capture)
    if intent.status ~= "requires_capture" then return no(400, "invalid_request_error", "payment_intent_unexpected_state") end
    if amount > intent.amount_capturable then return no(400, "invalid_request_error", "amount_too_large", "amount_to_capture") end
    intent.status, intent.amount_received, intent.amount_capturable = "succeeded", amount, 0
    return json(200, intent)
  end },
  { "POST", "^/v1/payment_intents/([%w_]+)/cancel$", function(id)
    if intents[id].status == "succeeded" then return no(400, "invalid_request_error", "payment_intent_unexpected_state") end
    intents[id].status = "canceled"
    return json(200, intents[id])
  end },
  { "POST", "^/v1/refunds$", function(_, form, key)
    local intent, amount, gone = intents[form.payment_intent], tonumber(form.amount), 0
    if not intent then return no(404, "invalid_request_error", "resource_missing", "payment_intent") end
    for _, refund in pairs(refunds) do if refund.payment_intent == intent.id then gone = gone + refund.amount end end
    if amount > intent.amount_received - gone then return no(400, "invalid_request_error", nil, "amount") end
    local id = name("re_")
    refunds[id] = { id = id, object = "refund", amount = amount, currency = intent.currency, payment_intent = intent.id, status = "succeeded", key = key,
      metadata = { souk_payment = form["metadata[souk_payment]"] } }
    return json(200, refunds[id])
  end },
}

function peer(request)
  if request.headers.authorization ~= "Bearer " .. options.secret_key then return no(401, "invalid_request_error", "api_key_invalid") end
  if not request.headers["stripe-version"] then return no(400, "invalid_request_error", "version_missing") end
  local key = request.headers["idempotency-key"]
  if key and by_key[key] then
    if by_key[key].asked ~= request.path .. "?" .. request.body then return no(400, "idempotency_error") end
    return by_key[key].answer
  end
  for _, route in ipairs(routes) do
    local id = request.path:match(route[2])
    if request.method == route[1] and id then
      local answer = route[3](id, form_decode(request.body), key, request)
      if key then by_key[key] = { asked = request.path .. "?" .. request.body, answer = answer } end
      return answer
    end
  end
  return no(404, "invalid_request_error", "resource_missing")
end

function charges()
  local list = {}
  for _, intent in pairs(intents) do
    if intent.amount_received > 0 then
      list[#list + 1] = { kind = "charge", key = intent.key, reference = intent.session or intent.id, amount = intent.amount_received, currency = intent.currency:upper() }
    end
  end
  for _, refund in pairs(refunds) do
    list[#list + 1] = { kind = "refund", key = refund.key, reference = intents[refund.payment_intent].session or refund.payment_intent, amount = refund.amount, currency = refund.currency:upper() }
  end
  return list
end

local function confirm(intent)
  local held = intent.capture == "manual"
  intent.status, intent.amount_received, intent.amount_capturable = held and "requires_capture" or "succeeded", held and 0 or intent.amount, held and intent.amount or 0
end

function pay(reference)
  local session, intent = sessions[reference], intents[reference]
  if intent and intent.status == "requires_payment_method" then return confirm(intent) end
  if not session or session.status ~= "open" then return end
  local id = name("pi_")
  intents[id] = { id = id, object = "payment_intent", currency = session.currency, session = session.id, key = session.key, capture = session.capture,
    amount = session.amount_total, metadata = session.metadata }
  confirm(intents[id])
  session.status, session.payment_status, session.payment_intent = "complete", intents[id].status == "succeeded" and "paid" or "unpaid", id
end

function webhook(kind, payment, at)
  local metadata = { souk_payment = tostring(payment.id), souk_order = payment.number }
  local types = {
    authorised = { "payment_intent.amount_capturable_updated", { object = "payment_intent", id = "pi_of_" .. payment.id, amount_capturable = payment.amount } },
    captured = { "checkout.session.completed", { object = "checkout.session", id = payment.reference, payment_intent = "pi_of_" .. payment.id, payment_status = "paid",
      amount_total = payment.amount, client_reference_id = tostring(payment.id) } },
    refunded = { "refund.updated", { object = "refund", id = "re_of_" .. payment.id, payment_intent = "pi_of_" .. payment.id, status = "succeeded", amount = payment.amount } },
  }
  local type, object = types[kind][1], types[kind][2]
  object.currency, object.metadata = payment.currency:lower(), metadata
  local event = payment.event:gsub("[^%w_]", "_")
  local body = json_encode { id = event, object = "event", type = type, api_version = "2026-09-30.endive", livemode = false, data = { object = object } }
  local stamp = string.format("%d", at // 1000000)
  local secret = payment.wrong_secret and "whsec_another" or options.webhook_secret
  return { path = "/hooks/payment_stripe/events", body = body, headers = { ["Content-Type"] = "application/json",
    ["Stripe-Signature"] = "t=" .. stamp .. ",v1=" .. hex(hmac_sha256(secret, stamp .. "." .. body)) .. ",v0=00" } }
end
