-- expect: denied
-- attacks: sort and remove on the library
table.sort(string, function() return true end)
local gone = table.remove(string, 1)
table.insert(_ENV, 1, "x")
table.concat(_ENV)
return "ESCAPED " .. tostring(gone)
