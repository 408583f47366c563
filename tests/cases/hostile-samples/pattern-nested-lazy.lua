-- expect: budget
-- also: denied
-- attacks: lazy repetitions one behind the other
return "ESCAPED " .. tostring(("a"):rep(250):find((".-"):rep(14) .. "x"))
