/*
 * config_sections: the core's own sections of souk.lua as option tables: the one place
 * that says which keys there are.
 */
#ifndef APP_CONFIG_SECTIONS_H
#define APP_CONFIG_SECTIONS_H

#include <souk/plugin.h>

struct config_section {
    const char *name; /* "" for the names at the top: plugins, plugin_path, scripts */
    const char *summary;
    const struct souk_option *options;
    size_t count;
};

enum {
    SECTION_TOP,
    SECTION_SHOP,
    SECTION_HTTP,
    SECTION_LIMITS,
    SECTION_PROMOTIONS,
    SECTION_LOG,
    SECTION_HTTP_CLIENT,
    SECTIONS
};

extern const struct config_section config_sections[SECTIONS];

#endif
