-- expect: denied
-- also: ok
-- attacks: a function as a result
return function() return "ESCAPED" end
