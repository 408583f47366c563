/*
 * config: souk.lua: which sections and keys there are (as option tables, the same shape
 * that plugins use), reading and checking all of it.
 */
#ifndef APP_CONFIG_H
#define APP_CONFIG_H

#include "base/arena.h"
#include "plugin/options.h"
#include "plugin/switch.h"

struct chunk_line;

struct config {
    const char *path; /* absolute */
    const char *dir;
    struct json *values; /* the file's values */
    struct option_values *shop, *http, *limits, *log, *http_client,
        *promotions;            /* the core's sections */
    const char *const *plugins; /* NULL-terminated names */
    size_t plugin_count;
    const char *const *plugin_path; /* NULL-terminated folders, absolute */
    const char *theme;              /* folder, absolute; NULL: none */
    const char *scripts;            /* folder of rules, absolute; it need not be there */
    const char *const *locales;     /* NULL-terminated; the first is the default */
    const struct chunk_line *lines; /* where each top-level name stands */
    size_t line_count;
};

/* Reads and checks; problems hold everything wrong, of plugins too when `with_plugins`
 * is set. 0, or SOUK_INVALID when there is any problem. *problems is begun here,
 * whatever it held; *out is usable either way: defaults stand in for what is wrong. */
int config_load(struct arena *arena, const char *path, int with_plugins, struct config *out,
                struct problems *problems);
/* The values of a configuration that served, kept in the data directory: a shop that is started
 * again after a crash must not stay closed because souk.lua broke meanwhile. Secrets are kept as
 * where to find them. */
int config_save(const struct config *config, const char *file);
int config_recall(struct arena *arena, const char *path, const char *file, struct config *out,
                  struct problems *problems);
/* Sets the market up (shop/market.h) with the terms of a configuration; their texts are in
 * `arena`. */
void config_market(struct arena *arena, const struct config *config);
/* Gives problems without a line (of switch_configure, say) the one where their
 * top-level entry stands. */
void config_stamp(const struct config *config, struct problems *problems);
/* The documentation of all sections, made from the tables; also the commented souk.lua
 * that `souk serve` writes for a first start. */
struct souk_str config_tutorial(struct arena *arena);
/* Where plugins stand by default: <folder of the binary>/plugins, then
 * <prefix>/lib/souk/plugins. */
const char *const *config_default_path(struct arena *arena);

#endif
