local soap = { sku = "BTH-0001", product = "olive-soap", categories = { "bath" }, unit_price = money "6.90", quantity = 1 }
local brush = { sku = "BTH-0005", product = "beech-brush", categories = { "bath" }, unit_price = money "18.90", quantity = 1 }
local three = { sku = "BTH-0001", product = "olive-soap", categories = { "bath" }, unit_price = money "6.90", quantity = 3 }

test {
    name = "the cheaper one of two costs half",
    only = { "second-half" },
    cart = { lines = { soap, brush } },
    expect = { lines = { ["BTH-0001"] = money "3.45", ["BTH-0005"] = money "18.90" }, total = money "22.35" },
}

test {
    name = "the third one of three has no partner",
    only = { "second-half" },
    cart = { lines = { three } },
    expect = { discount = money "3.45" },
}

test {
    name = "one alone is paid in full",
    only = { "second-half" },
    cart = { lines = { soap } },
    expect = { discount = 0, applied = {} },
}
