-- expect: denied
-- attacks: declaring a promotion from code that runs later
local made = pcall(function() promotion { id = "free", give = { order_percent = { percent = 100 } }, when = io } end)
promotion(setmetatable)
return "ESCAPED " .. tostring(made)
