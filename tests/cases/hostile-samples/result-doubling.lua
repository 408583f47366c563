-- expect: denied
-- also: ok
-- attacks: a result that is small here and enormous when it is written out
local t = { "x" }
for i = 1, 40 do t = { t, t } end
return t
