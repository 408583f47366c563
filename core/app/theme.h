/*
 * theme: the shop's own templates, styles and translations, built into the binary from
 * core/app/theme/.
 */
#ifndef APP_THEME_H
#define APP_THEME_H

#include "bridge/bridge.h"

extern const struct site_file theme_files[];
extern const size_t theme_file_count;

#endif
