-- expect: ok
-- attacks: not an attack: money, parts and texts
if money "12.50" ~= 1250 or money "0.05" ~= 5 then return "ESCAPED" end
local parts = split(1000, 3)
if parts[1] + parts[2] + parts[3] ~= 1000 or parts[1] ~= 334 then return "ESCAPED" end
local ok, why = pcall(money, "12,50")
if ok or not why:find("12,50", 1, true) then return "ESCAPED" end
return "ok"
