/* wrong_mute: a job without a sentence. */
#define WRONG_NAME "wrong_mute"
#define WRONG_JOB  " "
#include "wrong_general.c"
