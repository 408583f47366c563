-- The mail server of wrong_notify takes everything: the host plays one that does.
options = { password = "correct horse battery" }
