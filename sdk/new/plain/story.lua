-- What visitors do, told and tried: make play. Each story has a shop of its own.
shop { options = { shown = 2 } }

story("a visitor leaves a wish", function()
    local answer = post("/x/example/wish", { form = { text = "Mint <tea>" } })
    expect_equal(answer.status, 303, "the visitor goes back to the page")
    local page = get("/example")
    expect_equal(page.status, 200, "the page is there")
    expect(page.body:find("Mint &lt;tea&gt;", 1, true), "the wish stands on it, escaped")
    expect_equal(command("list").output, "Mint <tea>\n", "the command prints it")
end)

story("what is no wish is refused with words", function()
    local answer = post("/x/example/wish", { form = { text = "  " } })
    expect_equal(answer.status, 400, "an empty wish is none")
    expect_equal(#rows("SELECT text FROM p_example_wish"), 0, "nothing was written")
end)

story("the page shows the newest, and the shop remembers", function()
    for _, text in ipairs { "one", "two", "three" } do post("/x/example/wish", { form = { text = text } }) end
    restart()
    local page = get("/example")
    expect(page.body:find("three", 1, true), "the newest is shown")
    expect(not page.body:find("<li>one", 1, true), "the oldest is not: the option shown is 2")
    job("forget")
    expect_equal(#rows("SELECT text FROM p_example_wish"), 3, "none is old enough to be forgotten")
end)
