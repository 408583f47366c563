-- expect: memory
-- also: budget
-- attacks: catching that there is no memory, and going on
local kept = {}
for i = 1, 1000 do
  local ok = pcall(function() kept[i] = ("x"):rep(1 << (10 + i % 20)) .. i end)
  if not ok then kept = {} end
end
return "ESCAPED"
