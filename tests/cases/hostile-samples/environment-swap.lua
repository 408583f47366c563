-- expect: ok
-- attacks: an _ENV of one's own leads nowhere
local _ENV = { pairs = pairs, string = string, _ENV = _ENV }
if os or io or load or setmetatable then return "ESCAPED" end
x = 1
return "ok"
