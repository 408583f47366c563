/* wrong_secret: a password that is an option as any other. */
#define WRONG_NAME   "wrong_secret"
#define WRONG_OPTION "smtp_password"
#include "wrong_general.c"
