-- The peer of wrong_payment: authorises, captures, refunds; one key is one movement.
options = { key = "sk_test_4eC39HqLyjWDarjtT1" }

local charges_by_id, by_key, list, count = {}, {}, {}, 0

local function note(kind, key, charge, amount)
    list[#list + 1] = { kind = kind, key = key, reference = charge.id, amount = amount, currency = charge.currency }
end

local function answer(status, charge, state)
    return { status = status, headers = { ["Content-Type"] = "application/json" },
             body = json_encode({ id = charge.id, state = state or charge.state }) }
end

local verbs = {
    capture = function(charge, said)
        charge.state = "captured"
        note("charge", said.key, charge, said.amount)
        return "captured"
    end,
    refund = function(charge, said)
        note("refund", said.key, charge, said.amount)
        return "refunded"
    end,
    cancel = function(charge) charge.state = "cancelled" return "cancelled" end,
}

function peer(request)
    if request.headers.authorization ~= "Bearer " .. options.key then return { status = 401, body = "{}" } end
    local id, verb = request.path:match("^/charges/([^/]+)/?(%a*)$")
    local said = request.body ~= "" and json_decode(request.body) or {}
    if said.key and by_key[said.key] then return by_key[said.key] end
    local reply
    if request.method == "GET" then
        return charges_by_id[id] and answer(200, charges_by_id[id]) or { status = 404, body = "{}" }
    elseif id then
        local charge = charges_by_id[id]
        reply = charge and answer(200, charge, verbs[verb](charge, said)) or { status = 404, body = "{}" }
    elseif request.decline then
        reply = { status = 402, body = '{"state": "failed"}' }
    else
        count = count + 1
        local charge = { id = "ch_" .. count, state = said.in_page and "pending" or "authorised", amount = said.amount, currency = said.currency, number = said.number }
        charges_by_id[charge.id] = charge
        reply = answer(200, charge)
    end
    if said.key then by_key[said.key] = reply end
    return reply
end

function charges() return list end

-- In the page: the front end's script has asked the payer.
function pay(reference)
    local charge = charges_by_id[reference]
    if charge and charge.state == "pending" then charge.state = "authorised" end
end

function webhook(kind, payment, at)
    local body = json_encode({ kind = kind, event = payment.event, reference = payment.reference,
                               amount = payment.amount, currency = payment.currency })
    local key = payment.wrong_secret and "another" or options.key
    return { path = "/hooks/wrong_payment/event", body = body,
             headers = { ["X-Signature"] = at .. "." .. hex(hmac_sha256(key, at .. "." .. body)) } }
end
