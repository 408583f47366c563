-- expect: ok
-- attacks: a field called __index or __gc is just a field
local t = { __index = function() return "ESCAPED" end, __gc = function() while true do end end, __metatable = 1 }
local u = { __mode = "kv", t }
if u.anything ~= nil or t.anything ~= nil then return "ESCAPED" end
u = nil
for i = 1, 2000 do local x = { i } end
return "ok"
