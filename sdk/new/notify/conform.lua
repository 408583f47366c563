-- The other end, for souk-host: a gateway that sends each key once.
options = { key = "gw_8f2c", sender = "Souk" }

local messages, by_key = {}, {}

function peer(request)
  if request.headers.authorization ~= "Bearer " .. options.key then return { status = 401, body = {} } end
  if request.decline then return { status = 422, body = { error = "not wanted" } } end
  local key, said = request.headers["idempotency-key"], json_decode(request.body)
  if not by_key[key] then
    by_key[key] = { id = "m" .. (#messages + 1), recipient = said.to, subject = "", text = said.text, html = "" }
    messages[#messages + 1] = by_key[key]
  end
  return { status = 202, body = { id = by_key[key].id } }
end

function sent() return messages end -- what has really gone out
