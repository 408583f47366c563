/* wrong_export: exports a function besides souk_plugin. */
#define WRONG_NAME "wrong_export"
#define WRONG_EXPORT
#include "wrong_general.c"
