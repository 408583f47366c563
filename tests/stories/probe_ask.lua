-- souk_http_json: what is sent, what each answer means, and what is left of the peer's words.
local key = "sk_live_51H8abcdefXYZ"
shop { options = { url = peer_url("acme") .. "/v1/", key = key } }

local OK, ERROR, INVALID, DENIED, BUSY, TIMEOUT, UNAVAILABLE = 0, -1, -2, -4, -6, -7, -9
local answer
peer("acme", function() return answer end)
local function ask(query) return get("/x/probe_ask/ask?path=cups&" .. (query or "")).json end
local function last() local all = calls("acme") return all[#all] end

story("the request says who asks, what, and that it may be repeated", function()
  answer = { status = 200, body = { said = "yes" } }
  local got = ask()
  expect_equal({ got.code, got.status, got.said, got.failure }, { OK, 200, "yes", "" }, "yes")
  local sent = last()
  expect_equal({ sent.method, sent.path, sent.headers.authorization, sent.headers.accept, sent.headers["x-more-0"] },
    { "GET", "/v1/cups", "Bearer " .. key, "application/json", "tea-and-water" }, "without anything to send it is a GET")
  expect_equal({ sent.headers["content-type"], sent.headers["idempotency-key"] }, {}, "and has no body and no key")
  ask("send=json&key=k1")
  sent = last()
  expect_equal({ sent.method, sent.headers["content-type"], sent.headers["idempotency-key"], sent.json },
    { "POST", "application/json", "k1", { tea = "Минт" } }, "with JSON a POST")
  ask("send=form&auth=basic")
  sent = last()
  expect_equal({ sent.method, sent.headers["content-type"], sent.body, sent.headers.authorization },
    { "POST", "application/x-www-form-urlencoded", "tea=mint", "Basic " .. base64("shop:" .. key) }, "a form, and the other kind of authorization")
  ask("method=DELETE")
  expect_equal(last().method, "DELETE", "a method that is said")
  local asked = #calls("acme")
  expect_equal(ask("headers=13").code, ERROR, "more headers than there is room for")
  expect_equal(#calls("acme"), asked, "are not sent in part")
end)

story("each status means what the core makes of it", function()
  local meant = { [200] = OK, [201] = OK, [301] = ERROR, [302] = ERROR, [400] = INVALID, [401] = ERROR, [402] = INVALID, [403] = DENIED,
    [404] = INVALID, [408] = TIMEOUT, [409] = INVALID, [410] = INVALID, [422] = INVALID, [425] = BUSY, [429] = BUSY, [500] = UNAVAILABLE,
    [502] = UNAVAILABLE, [503] = UNAVAILABLE, [504] = UNAVAILABLE }
  for status, code in pairs(meant) do
    answer = { status = status, body = { said = "x" } }
    local got = ask()
    expect_equal({ got.code, got.status, got.said }, { code, status, "x" }, "status " .. status)
    expect(code == OK or got.failure:find("^Acme ") and got.failure:find(tostring(status), 1, true), got.failure)
  end
  answer = { status = 409, body = {} }
  expect_equal(ask("send=json&key=k1").code, BUSY, "the first attempt with this key is still under way")
  answer = { status = 429, headers = { ["Retry-After"] = "17" }, body = {} }
  expect_equal(ask().wait, 17, "how long to wait")
  for _, odd in ipairs { "Wed, 21 Oct 2026 07:28:00 GMT", "-5", "99999999999999999999" } do
    answer = { status = 503, headers = { ["Retry-After"] = odd }, body = {} }
    local got = ask()
    expect(got.code == UNAVAILABLE and got.wait >= 0 and got.wait <= 999999, odd .. ": " .. got.wait)
  end
end)

story("what is not known is not failed", function()
  answer = { status = 204, body = "" }
  expect_equal({ ask().code, ask().json }, { OK, false }, "204 has no body")
  for _, body in ipairs { "", "<html>", '{"said": ' } do
    answer = { status = 200, body = body }
    local got = ask()
    expect_equal({ got.code, got.status, got.failure }, { UNAVAILABLE, 200, "the answer of Acme is no JSON" }, "body " .. body)
  end
  answer = { status = 422, body = "<html>" }
  expect_equal({ ask().code, ask().failure }, { INVALID, "Acme says 422" }, "a refusal needs none")
  answer = "down"
  local got = ask()
  expect_equal({ got.code, got.status, got.came }, { UNAVAILABLE, 0, false }, "no connection")
  expect(got.failure:find("^no answer of Acme: "), got.failure)
  answer = "timeout"
  expect_equal(ask().code, TIMEOUT, "no answer in time")
  answer = { status = 200, body = '"' .. string.rep("x", 200000) .. '"' }
  expect_equal(ask().code, UNAVAILABLE, "an answer without end may have been a yes")
  for _, url in ipairs { "ftp://acme.example", "nowhere" } do
    expect_equal(ask("url=" .. url).code, ERROR, url .. ": an address that cannot be is no refusal by the peer")
  end
end)

story("the peer's words are short and tell no secret", function()
  local function words(body)
    answer = { status = 422, body = body }
    local got = ask("auth=basic")
    expect_equal(got.failure, "Acme says 422" .. (got.words ~= "" and ": " .. got.words or ""), "in the failure too")
    expect(not log():find("abcdefXYZ", 1, true), "nor in the log")
    return got.words
  end
  for _, body in ipairs { { error = { message = "no tea" } }, { message = "no tea" }, { detail = "no tea", title = "Bad" }, { error = "no tea" },
    { error = "bad", error_description = "no tea" }, { errors = { { detail = "no tea" } } }, { errors = { "no tea" } }, { { message = "no tea" } },
    { message = "  no\r\n\ttea\1" } } do
    expect_equal(words(body), "no tea", json_encode(body))
  end
  expect_equal(words {}, "", "none")
  expect_equal(words { message = "key " .. key .. " of (" .. key:sub(1, 9) .. "***XYZ) is wrong" }, "key … of … is wrong", "what was sent along")
  expect_equal(words { message = "ask ada@shop.example or +359888123456 card 4242424242424242" }, "ask … or … card …", "people and cards")
  expect_equal(words { message = "token a1B2c3D4e5F6g7H8i9J0k1 for tea-and-water" }, "token … for …", "keys of others, values of headers")
  expect_equal(words { message = "charge ch_17 is of 2026-10-01, 12.50 EUR" }, "charge ch_17 is of 2026-10-01, 12.50 EUR", "and all else stays")
  local long = words { message = string.rep("чай ", 200) }
  expect(#long <= 400 and long:find("^чай чай") and utf8.len(long), long)
end)
