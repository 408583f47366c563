-- expect: denied
-- attacks: an error whose text is no UTF-8 and has control characters
error("\xff\0\27[31m\r\n" .. ("\xe2\x82"):rep(300), 0)
