/* wrong_call: calls a function that is not for plugins. */
#define WRONG_NAME "wrong_call"
#define WRONG_CALL
#include "wrong_general.c"
