-- The peer of wrong_track: one key is one conversion, the latest word holds.
options = { token = "wt_live_4eC39HqLyjWDarjtT1", url = "https://partner.example/hit" }

local list, by_key = {}, {}

local function unescape(text)
    return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

function peer(request)
    if request.headers["x-token"] ~= options.token then return { status = 401, body = "{}" } end
    if request.decline then return { status = 422, body = '{"error": "unknown click"}' } end
    local said, names = json_decode(request.body), {}
    for name in pairs(said) do names[#names + 1] = name end
    for name, value in request.query:gmatch("([^&=]+)=([^&]*)") do
        names[#names + 1] = name
        if name == "click" then said.click = unescape(value) end
    end
    local row = by_key[said.key]
    if not row then
        row = {}
        by_key[said.key] = row
        list[#list + 1] = row
    end
    for _, name in ipairs({ "click", "number", "coupon", "state", "amount", "currency" }) do row[name] = said[name] end
    row.names = names
    return { status = 200, body = "{}" }
end

function told() return list end
