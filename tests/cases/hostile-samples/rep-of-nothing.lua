-- expect: ok
-- also: budget
-- attacks: string.rep of an empty text, 10^15 times: allocates nothing and counts
local s = (""):rep(1000000000000000)
if s ~= "" then return "ESCAPED" end
return "ok"
