-- expect: denied
-- attacks: utf8.codes over bytes that are no UTF-8
for p, c in utf8.codes("\xff\xfe") do end
return "ESCAPED"
