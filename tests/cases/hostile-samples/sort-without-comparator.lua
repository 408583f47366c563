-- expect: budget
-- also: memory
-- attacks: sorting as much as memory takes inside of one C call, again and again
local t = {}
for i = 1, 60000 do t[i] = (i * 7919) % 60013 end
while true do
  table.sort(t)
  t[1], t[60000] = t[60000], t[1]
end
