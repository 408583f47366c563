-- expect: denied
-- attacks: replacing a function of the library for everybody
string.format = function() return "ESCAPED" end
return ("x"):format()
