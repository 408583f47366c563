-- The register of wrong_tax: it knows the numbers that number("valid") has given.
home, abroad = "BG", "DE"
options = { key = "correct horse battery" }
change = { country = "FI", at = "2030-01-01T00:00:00Z", before = 240000, after = 255000 }

local known, count = {}, 100000000

function number(kind)
  if kind == "malformed" then return "DE12" end
  count = count + 1
  known["DE" .. count] = kind == "valid"
  return "DE" .. count
end

function peer(request) return { status = known[request.body] and 200 or 404, body = "" } end
