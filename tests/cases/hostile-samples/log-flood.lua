-- expect: ok
-- also: budget
-- attacks: more lines of log than anybody reads
for i = 1, 5000 do log(("x"):rep(1000), i, {}, nil) end
return "ok"
