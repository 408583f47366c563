/*
 * bad_symbol: a shared object that is no plugin: it does not export souk_plugin.
 */
__attribute__((visibility("default"))) int something_else(void);

int something_else(void)
{
    return 1;
}
