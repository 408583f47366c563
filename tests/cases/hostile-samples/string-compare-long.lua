-- expect: budget
-- attacks: comparing long equal texts again and again
local a = ("x"):rep(900000)
local b = ("x"):rep(899999) .. "x"
while true do if a < b then return "ESCAPED" end end
