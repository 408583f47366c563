-- expect: ok
-- attacks: random numbers cannot be seeded, and tell nothing of the machine
if math.randomseed ~= nil then return "ESCAPED" end
for i = 1, 1000 do
  local r, n = math.random(), math.random(1, 6)
  if r < 0 or r >= 1 or n < 1 or n > 6 then return "ESCAPED" end
end
if pcall(math.random, 2, 1) then return "ESCAPED" end
return "ok"
