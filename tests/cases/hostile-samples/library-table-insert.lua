-- expect: denied
-- attacks: functions of C that write to tables, given the library
table.insert(math, "ESCAPED")
return "ESCAPED " .. tostring(math[1])
