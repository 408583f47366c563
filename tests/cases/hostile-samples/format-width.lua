-- expect: denied
-- attacks: string.format with an enormous width
return "ESCAPED " .. #string.format("%1000000000d", 1)
