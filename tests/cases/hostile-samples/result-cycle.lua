-- expect: denied
-- also: ok
-- attacks: a result that holds itself
local t = {}
t[1] = t
return t
