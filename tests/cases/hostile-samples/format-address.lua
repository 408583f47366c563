-- expect: denied
-- attacks: %p shows where things lie in memory
return "ESCAPED " .. string.format("%p", {})
