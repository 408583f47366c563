-- expect: denied
-- attacks: methods that strings should not have
return "ESCAPED " .. tostring(("x"):unpack("b", 1) or ("x").pack("b", 1))
