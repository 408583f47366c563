-- Stories that do not hold, each in its own way: what souk-host says of them is in tests/e2e/kit_story.test.mjs.
peer("acme", function(request) error("the peer trips over " .. request.path) end)

story("holds", function() expect_equal(get("/x/hello/greet?name=Ada").json.name, "Ada") end)

story("expects too much", function()
  local answer = get("/x/hello/greet?name=Ada")
  expect(answer.status == 500, "the greeting fails")
end)

story("compares", function()
  expect_equal(get("/x/hello/greet?name=Ada").json, { greeting = "Hello", name = "Bob" }, "who it is")
end)

story("is no Lua", function() nothing.at.all = 1 end)

story("does not come to an end", function() while true do end end)

story("asks for a job that is not there", function() job("daily") end)

story("buys what there is not", function() buy { sku = "NOTHING-1" } end)
