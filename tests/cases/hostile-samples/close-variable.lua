-- expect: denied
-- attacks: a variable that is to be closed runs code while an error unwinds
local x <close> = { __close = function() while true do end end }
return "ESCAPED"
