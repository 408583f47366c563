-- expect: denied
-- attacks: writing to the library through an alias of its table
local s = string
s["upper"] = nil
return "ESCAPED"
