-- expect: denied
-- attacks: errors that are tables, functions, or nothing
pcall(error)
pcall(error, nil)
pcall(error, {})
pcall(error, error)
error(setmetatable or {})
