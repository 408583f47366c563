-- expect: denied
-- also: memory,budget
-- attacks: recursion through comparators
local function f() table.sort({ 1, 2, 3, 4 }, function(a, b) f() return a < b end) end
f()
return "ESCAPED"
