-- expect: denied
-- attacks: string.dump as a method of a string
return "ESCAPED " .. #("x").dump(function() return 1 end)
