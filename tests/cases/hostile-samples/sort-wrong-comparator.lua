-- expect: denied
-- also: ok,budget
-- attacks: a comparator that contradicts itself makes sort read beyond the list
local t = {}
for i = 1, 200 do t[i] = i % 7 end
for round = 1, 50 do
  local ok, why = pcall(table.sort, t, function(a, b) return true end)
  if not ok then error(why) end
end
return "ESCAPED"
