-- expect: ok
-- attacks: divisions and shifts at the edges of integers
local low = math.mininteger
if low // -1 ~= low or low % -1 ~= 0 then return "ESCAPED" end
if pcall(function() return 1 // 0 end) or pcall(function() return 1 % 0 end) then return "ESCAPED" end
if 1 << 64 ~= 0 or 1 >> -1 ~= 2 or -1 >> 63 ~= 1 then return "ESCAPED" end
return "ok"
