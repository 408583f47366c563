-- expect: ok
-- also: budget,denied
-- attacks: a pattern nested as deeply as text allows
local text, pattern = ("("):rep(4000) .. (")"):rep(4000), ("%b()"):rep(3000) .. ("(a"):rep(200)
if text:match(pattern) then return "ESCAPED" end
return "ok"
