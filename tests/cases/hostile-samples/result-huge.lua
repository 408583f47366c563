-- expect: denied
-- also: ok
-- attacks: a result that is too large
return ("x"):rep(200000)
