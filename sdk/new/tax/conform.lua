-- What the rules for taxes need to know: where the shop is and where it sells to, a rate that changes, numbers; and the other end.
home, abroad = "BG", "DE"
options = { rates = "BG | * | 20 | VAT 20 %\nBG | books | 9 | VAT 9 %\nDE | * | 19 | VAT 19 %\nDE | * | 21 | VAT 21 % | 2027-01-01", key = "tx_7a1" }
change = { country = "DE", tax_class = "standard", at = "2027-01-01T00:00:00Z", before = 190000, after = 210000 }

local known, count = {}, 100000000

function number(kind) -- as a buyer would type one
  if kind == "malformed" then return "12-34" end
  count = count + 1
  known["DE" .. count] = kind == "valid"
  return "de " .. count
end

function peer(request)
  if request.headers.authorization ~= "Bearer " .. options.key then return { status = 401, body = {} } end
  local asked = request.path:match("^/numbers/(%w+)$")
  if not known[asked] then return { status = 404, body = {} } end
  return { status = 200, body = { company = "Müller GmbH", receipt = "R-" .. asked } }
end
