-- expect: memory
-- also: denied
-- attacks: string.rep with a separator that overflows the size
return "ESCAPED " .. #(("x"):rep(1 << 40, ("y"):rep(1000)))
