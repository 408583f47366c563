-- expect: ok
-- attacks: addresses in what tostring, %s and error messages show
local function looks(text) return tostring(text):find("0x", 1, true) ~= nil end
local things = { {}, function() end, string.format, _ENV, string }
for _, thing in ipairs(things) do
  if looks(tostring(thing)) or looks(string.format("%s", thing)) then return "ESCAPED " .. tostring(thing) end
  local ok, why = pcall(function() return thing .. "x" end)
  if looks(why) then return "ESCAPED " .. tostring(why) end
end
return "ok"
