/*
 * bad_major: says that it needs another major of the ABI.
 */
#include <souk.h>

SOUK_PLUGIN = {
    .magic = SOUK_MAGIC,
    .size = (uint32_t)sizeof(struct souk_plugin),
    .abi_major = SOUK_ABI_MAJOR + 1,
    .abi_minor = SOUK_ABI_MINOR,
    .api = &souk_api,
    .name = "bad_major",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
};
