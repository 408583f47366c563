/* wrong_table: a provider table that does not say how long it is. */
#define WRONG_NAME "wrong_table"
#define WRONG_SIZE 8
#include "wrong_general.c"
