-- expect: denied
-- also: ok,budget,memory
-- attacks: pcall that calls pcall that calls pcall
local f = pcall
local args = { pcall }
for i = 1, 180 do args[#args + 1] = pcall end
while true do
  local ok, why = pcall(table.unpack(args))
  if not ok then error(why) end
  if #args > 240 then error("deep enough") end
  args[#args + 1] = pcall
end
