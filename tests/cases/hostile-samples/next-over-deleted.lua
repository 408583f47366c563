-- expect: budget
-- attacks: next over a table of deleted keys walks all of them inside of C
local t = {}
for i = 1, 20000 do t["k" .. i] = true end
for i = 1, 20000 do t["k" .. i] = nil end
local n = 0
while true do next(t) n = n + 1 end
