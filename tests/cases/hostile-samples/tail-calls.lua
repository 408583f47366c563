-- expect: budget
-- attacks: endless tail calls use no stack
local function a(n) return a(n + 1) end
return a(0)
