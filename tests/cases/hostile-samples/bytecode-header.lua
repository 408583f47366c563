Lua
-- expect: denied
-- attacks: a file that begins like a compiled chunk
return "ESCAPED"
