/*
 * generation: one opening of one plugin: from its file to a struct plugin that may be
 * put into a set, and from there to its end.
 *
 *   open (stage, read, options) → ready (migrations, init) → start → … → end (stop,
 * free)
 */
#ifndef PLUGIN_GENERATION_H
#define PLUGIN_GENERATION_H

#include "plugin/call.h"
#include "plugin/options.h"

struct generation_options {
    const char *file, *name, *run_dir;
    int64_t number; /* generation */
    const struct souk_api *api;
    const struct json *values; /* the whole of souk.lua; may be NULL */
    const char *config_dir;
};

/* What is wrong with the options goes to `problems`; the plugin is made all the same,
 * for the caller to end. What is wrong with the file: a code and words. */
int generation_open(const struct generation_options *options, struct plugin **out,
                    struct problems *problems, struct err *err);
/* The values that these settings would give it now: equal to plugin->options or not? */
int generation_unchanged(const struct plugin *plugin, const struct json *values,
                         const char *config_dir, struct problems *problems);
int generation_ready(struct plugin *plugin, struct db *db, struct err *err);
int generation_start(struct plugin *plugin, struct err *err);
/* stop, if init succeeded; then all its memory. No set holds it and no call runs. */
void generation_end(struct plugin *plugin, struct db *db);

#endif
