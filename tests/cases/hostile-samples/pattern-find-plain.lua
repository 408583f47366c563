-- expect: budget
-- also: memory
-- attacks: plain find on long runs: n times m bytes, again and again
local hay, needle = ("a"):rep(1000000), ("a"):rep(400000) .. "b"
while true do if hay:find(needle, 1, true) then return "ESCAPED" end end
