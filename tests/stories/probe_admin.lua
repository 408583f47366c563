-- What staff do in /admin, by people with all rights, some, or those of a role; and a file that one of them uploads.
local png = "\137PNG\r\n\26\n\0\255--x\r\n"

story("an owner makes a gift card and cancels it", function()
  expect(staff.get("/admin").body:find("Gift cards", 1, true), "it stands in the menu")
  local made = staff.post("/admin/probe_admin.card", { form = { name = "Alpha", amount = "25.00", kind = "paper", live = 1 } })
  expect_equal(made.status, 303, made.body)
  local card = rows("SELECT id, amount FROM p_probe_admin_card")[1]
  expect_equal(card.amount, 2500, "the sum")
  local done = staff.post("/admin/probe_admin.card/bulk", { form = { action = "cancel", id = card.id, confirm = 1 } })
  expect(done.body:find("Done: 1", 1, true), done.body)
  expect_equal(rows("SELECT live FROM p_probe_admin_card"), { { live = 0 } }, "it is cancelled")
  restart()
  expect_equal(staff.get("/admin/probe_admin.card").status, 200, "still signed in")
end)

story("a file is uploaded as a browser does it", function()
  local path = "/admin/p/probe_admin/picture"
  local answer = staff.post(path, { form = { title = "Cup & saucer\r\nblue" }, files = { picture = { name = 'cup "1".png', type = "image/png", body = png } } })
  expect_equal(answer.status, 200, answer.body)
  expect_equal(answer.json, { title = "Cup & saucer\r\nblue", name = "cup %221%22.png", type = "image/png", bytes = #png, sha256 = hex(sha256(png)) }, "what came in")
  expect_equal(staff.post(path, { files = { picture = "plain" } }).json.name, "picture", "bytes alone have a name all the same")
  expect_equal(staff.post(path, { form = { title = "none" } }).status, 400, "no file, no picture")
  expect_equal(post(path, { files = { picture = png } }).status, 403, "a visitor may not")
  local ok, words = pcall(staff.post, path, { files = { picture = { text = "x" } } })
  expect(not ok and words:find('no member "text"', 1, true), words)
end)

story("others may what their rights say, each in a browser of their own", function()
  local viewer, reader = staff "viewer", staff { "probe_admin.report" }
  expect_equal(viewer.get("/admin/p/probe_admin/report").status, 403, "a viewer")
  expect_equal(reader.get("/admin/p/probe_admin/report").body, "the report", "whose right it is")
  expect_equal(reader.get("/admin/probe_admin.card").status, 403, "and no more than that")
  expect_equal(staff.get("/admin/p/probe_admin/report").status, 200, "the owner")
  expect_equal(get("/admin/p/probe_admin/report").status, 303, "a visitor")
  expect_equal(admin.get("/admin/p/probe_admin/report").status, 303, "a token is nobody signed in")
  local ok, words = pcall(staff("king").get, "/admin")
  expect(not ok and words:find('role "king"', 1, true), words)
end)
