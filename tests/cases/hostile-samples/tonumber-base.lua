-- expect: ok
-- attacks: tonumber with every base and long digits
for base = 2, 36 do
  local n = tonumber(("z"):rep(1000), base)
  if n and base < 36 then return "ESCAPED" end
end
if pcall(tonumber, "1", 99) then return "ESCAPED" end
return "ok"
