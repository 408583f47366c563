-- expect: denied
-- also: memory,budget
-- attacks: functions of C and Lua calling each other as deeply as it goes
local function f(n) return (("x"):gsub("x", function() return f(n + 1) end)) end
return "ESCAPED " .. f(1)
