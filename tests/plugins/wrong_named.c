/* wrong_named: a slot, a fact of the shop's and a column of a declared table that are not there. */
#define WRONG_NAME  "wrong_named"
#define WRONG_NAMED 1
#include "wrong_general.c"
