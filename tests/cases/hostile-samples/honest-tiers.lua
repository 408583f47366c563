-- expect: ok
-- attacks: not an attack: tiers by quantity
local tiers = { { min = 1, percent = 0 }, { min = 3, percent = 5 }, { min = 10, percent = 12.5 } }
local function tier(quantity)
  local best = tiers[1]
  for _, one in ipairs(tiers) do if quantity >= one.min then best = one end end
  return best
end
if percent_of(1999, tier(10).percent) ~= 250 or tier(2).percent ~= 0 then return "ESCAPED" end
return "ok"
