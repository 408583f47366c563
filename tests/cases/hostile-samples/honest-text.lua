-- expect: ok
-- attacks: not an attack: patterns, sorting and texts as people write them
local words = {}
for word in ("green tea, black tea; white tea"):gmatch("%a+ tea") do words[#words + 1] = word:upper() end
table.sort(words, function(a, b) return a > b end)
local text = table.concat(words, "|"):gsub("TEA", "T")
if text ~= "WHITE T|GREEN T|BLACK T" then return "ESCAPED " .. text end
if not pcall(string.format, "%-10s|%5.2f|%q", "x", 1.5, "y") then return "ESCAPED" end
return "ok"
