-- expect: memory
-- also: budget
-- attacks: closures kept alive
local kept = {}
for i = 1, 1e9 do kept[i] = function() return i end end
return "ESCAPED"
