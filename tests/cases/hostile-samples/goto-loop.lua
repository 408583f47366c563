-- expect: budget
-- attacks: a loop that is no loop statement
::again::
goto again
