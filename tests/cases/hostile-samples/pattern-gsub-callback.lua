-- expect: budget
-- attacks: a callback of gsub that never comes back
return ("abc"):gsub(".", function() while true do end end)
