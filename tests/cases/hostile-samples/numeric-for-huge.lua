-- expect: budget
-- attacks: a for loop to the largest number, with nothing in it
for i = math.mininteger, math.maxinteger do end
return "ESCAPED"
