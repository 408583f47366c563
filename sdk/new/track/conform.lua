-- The other end, for souk-host: a network that keeps a conversion by its key; the latest word holds.
options = { key = "tr_5c9e" }

local list, by_key = {}, {}
local digits = { EUR = 2, BGN = 2, JPY = 0, KWD = 3 }

-- "12.99" to 1299, without a floating point on the way.
local function minor(text, currency)
  local whole, part = text:match("^(%d+)%.?(%d*)$")
  if not whole or #part ~= digits[currency] then return -1 end
  return math.tointeger(tonumber(whole .. part))
end

function peer(request)
  if request.headers.authorization ~= "Bearer " .. options.key then return { status = 401, body = {} } end
  if request.decline then return { status = 422, body = { error = "no such click" } } end
  local said, names = json_decode(request.body), {}
  for name in pairs(said) do names[#names + 1] = name end
  local row = by_key[said.key]
  if not row then
    row = {}
    by_key[said.key] = row
    list[#list + 1] = row
  end
  row.click, row.number, row.state, row.currency, row.names = said.click, said.order, said.state, said.currency, names
  row.amount = minor(said.amount, said.currency)
  return { status = 200, body = { id = "c" .. #list } }
end

function told() return list end -- what the network knows
