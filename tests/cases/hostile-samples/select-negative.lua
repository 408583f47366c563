-- expect: denied
-- attacks: select and unpack with limits that do not fit
local n = select("#", table.unpack({}, 1, 1e7))
return "ESCAPED " .. n
