-- expect: budget
-- attacks: utf8 functions over long texts
local s = ("ä"):rep(400000)
while true do utf8.len(s) utf8.offset(s, -1) end
