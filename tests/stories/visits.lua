-- Page views of sdk/examples/visits: counted once, shown, forgotten.
shop { options = { show_days = 3, keep_days = 10 } }

story("views are counted by day and path", function()
  for _ = 1, 3 do expect_equal(get("/p/mountain-tea").status, 200, "the product's page") end
  get("/contact")
  -- the core tells views once a second: what is waited for is the fact, not the time
  wait_until(function() return #rows("SELECT path FROM p_visits_day") == 2 end, "both paths are counted")
  expect_equal(rows("SELECT path, views FROM p_visits_day ORDER BY path"),
    { { path = "/contact", views = 1 }, { path = "/p/mountain-tea", views = 3 } })
  expect(get("/visits").body:find("/p/mountain-tea", 1, true), "the page lists it")
end)

story("the nightly job leaves what is young", function()
  get("/contact")
  wait_until(function() return #rows("SELECT path FROM p_visits_day") == 1 end, "counted")
  job("forget")
  expect_equal(#rows("SELECT path FROM p_visits_day"), 1, "rows of today")
end)
