-- expect: ok
-- attacks: an iterator that goes on for ever is bounded by its text
local n = 0
for w in ("a"):rep(1000):gmatch("") do n = n + 1 end
if n ~= 1001 then return "ESCAPED" end
return "ok"
