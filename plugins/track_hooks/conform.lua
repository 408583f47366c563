-- A partner as many are: a GET with the click, the sum in decimal, a word for the state; one key is one conversion.
options = {
    url = "https://partner.example/postback?subid={click}&order={order}&sum={amount}&cur={currency}&status={state}&coupon={coupon}&key={key}",
    count = { "net", "at_once" },
    states = { pending = "hold", approved = "lead", rejected = "trash" },
    headers = { ["X-Key"] = "{token}" },
    token = "pk_live_9f8e7d6c5b4a",
    success = "OK",
}

local words = { hold = "pending", lead = "approved", trash = "rejected" }
local digits = { EUR = 2, BGN = 2, JPY = 0, KWD = 3 }
local list, by_key = {}, {}

local function unescape(text)
    return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- "12.99" to 1299, without a floating point on the way.
local function minor(text, currency)
    local whole, part = text:match("^(%d+)%.?(%d*)$")
    if not whole or #part ~= digits[currency] then return -1 end
    return math.tointeger(tonumber(whole .. part))
end

function peer(request)
    if request.headers["x-key"] ~= options.token then return { status = 403, body = "key?" } end
    if request.decline then return { status = 404, body = "no such click" } end
    local said, names = {}, {}
    for name, value in request.query:gmatch("([^&=]+)=([^&]*)") do
        names[#names + 1] = name
        said[name] = unescape(value)
    end
    local row = by_key[said.key]
    if not row then
        row = {}
        by_key[said.key] = row
        list[#list + 1] = row
    end
    row.click, row.number, row.coupon = said.subid, said.order, said.coupon
    row.state, row.currency, row.names = words[said.status], said.cur, names
    row.amount = minor(said.sum, said.cur)
    return { status = 200, body = "OK " .. said.key }
end

function told() return list end
