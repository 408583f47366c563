-- expect: budget
-- attacks: a float loop that cannot advance
local n = 0
for x = 1e17, 1e17 + 100, 1 do n = n + 1 end
while n >= 0 do n = n + 0.0 end
return "ESCAPED"
