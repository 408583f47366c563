-- expect: budget
-- also: denied
-- attacks: catching the interruption at every level
local function deep(n)
  while true do pcall(n > 0 and deep or function() while true do end end, n - 1) end
end
deep(50)
return "ESCAPED"
