/* wrong_silent: an option without a sentence. */
#define WRONG_NAME    "wrong_silent"
#define WRONG_SUMMARY " "
#include "wrong_general.c"
