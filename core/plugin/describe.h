/*
 * describe: a plugin's descriptor as data: for `souk plugin info`, the admin's page and
 * what a child process found in a file.
 */
#ifndef PLUGIN_DESCRIBE_H
#define PLUGIN_DESCRIBE_H

#include "base/json.h"
#include "plugin/options.h"
#include "plugin/descriptor.h"

/* Adds name, version, summary, contact, license, role, abi, requires, options, routes,
 * pages, slots, events, jobs, commands, migrations, tables, files, providers, resources, rights.
 * Copies all text.
 */
void describe_plugin(struct arena *arena, const struct descriptor *descriptor,
                     const struct option_values *values, struct json *out);

#endif
