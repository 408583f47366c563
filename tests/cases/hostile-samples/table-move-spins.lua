-- expect: denied
-- attacks: table.move over 10^15 elements spins inside of one C call
table.move({}, 1, math.tointeger(1e15), 2)
return "ESCAPED"
