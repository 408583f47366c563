-- expect: budget
-- also: memory
-- attacks: table.insert at the front: each is a loop over the list inside of C
local t = {}
for i = 1, 1e9 do table.insert(t, 1, i) end
return "ESCAPED"
