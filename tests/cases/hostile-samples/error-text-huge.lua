-- expect: denied
-- also: memory,budget
-- attacks: an error with an enormous text
error(("x"):rep(2000000))
