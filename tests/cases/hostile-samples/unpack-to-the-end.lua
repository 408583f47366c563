-- expect: denied
-- attacks: unpack up to the largest number
return "ESCAPED " .. tostring((table.unpack({}, math.maxinteger - 1, math.maxinteger)) or #{ table.unpack({}, 1, math.maxinteger) })
