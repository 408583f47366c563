-- expect: ok
-- attacks: any name of the full library that should not be there, found by walking what is there
local bad = { "os", "io", "debug", "coroutine", "package", "require", "load", "loadstring", "loadfile", "dofile", "setmetatable", "getmetatable",
  "rawset", "collectgarbage", "xpcall", "print", "warn", "_G" }
for _, name in ipairs(bad) do
  if _ENV[name] ~= nil then return "ESCAPED " .. name end
end
local seen = {}
local function walk(value, path)
  if type(value) ~= "table" or seen[value] then return end
  seen[value] = true
  for key, inner in pairs(value) do
    local name = path .. "." .. tostring(key)
    for _, one in ipairs({ ".dump", ".pack", ".unpack", ".packsize", ".move", ".randomseed", ".getinfo", ".popen" }) do
      if name:sub(-#one) == one and not name:find("table.pack", 1, true) and not name:find("table.unpack", 1, true) then return name end
    end
    local found = walk(inner, name)
    if found then return found end
  end
end
local found = walk(_ENV, "")
if found then return "ESCAPED " .. found end
return "ok"
