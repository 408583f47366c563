-- For souk-host: a small VIES. It knows the numbers that number("valid") has given; Germany's, because their check digit is a public rule.
home, abroad = "BG", "DE"
options = { requester = "BG123456786" }
change = { country = "FI", tax_class = "second_reduced", at = "2025-12-31T22:00:00Z", before = 140000, after = 135000 }

local known, count = {}, 10000000

local function german() -- ISO 7064, mod 11,10
  count = count + 1
  local digits, product = tostring(count), 10
  for i = 1, 8 do
    local sum = (tonumber(digits:sub(i, i)) + product) % 10
    if sum == 0 then sum = 10 end
    product = 2 * sum % 11
  end
  return digits .. (11 - product) % 10
end

function number(kind)
  if kind == "malformed" then return "DE12345678" end
  local digits = german()
  known[digits] = kind == "valid"
  return "de " .. digits:sub(1, 3) .. "." .. digits:sub(4)
end

function peer(request)
  local said = json_decode(request.body)
  if request.method ~= "POST" or request.path ~= "/taxation_customs/vies/rest-api/check-vat-number" then return { status = 404, body = {} } end
  if request.decline then return { status = 200, body = { actionSucceed = false, errorWrappers = { { error = "MS_UNAVAILABLE" } } } } end
  local valid = known[said.vatNumber] or false
  return { status = 200, body = { countryCode = said.countryCode, vatNumber = said.vatNumber, valid = valid,
    requestIdentifier = said.requesterNumber and "WAPIAAAA" .. said.vatNumber or "", name = valid and "Müller GmbH" or "---", address = "---" } }
end
