-- expect: memory
-- also: budget,denied
-- attacks: gsub that makes each letter a long text
local s = ("a"):rep(60000)
return "ESCAPED " .. #s:gsub("a", ("b"):rep(60000))
