/*
 * bad_minor: needs a minor of the ABI that is not out yet.
 */
#include <souk.h>

SOUK_PLUGIN = {
    .magic = SOUK_MAGIC,
    .size = (uint32_t)sizeof(struct souk_plugin),
    .abi_major = SOUK_ABI_MAJOR,
    .abi_minor = SOUK_ABI_MINOR + 7,
    .api = &souk_api,
    .name = "bad_minor",
    .version = "1.0.0",
    .summary = "Misbehaves on purpose",
};
