-- expect: denied
-- attacks: environment, files, processes, each by its own name
return "ESCAPED " .. tostring(io.popen("id"):read("a"))
