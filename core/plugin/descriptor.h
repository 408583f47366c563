/*
 * descriptor: reads the constant tables of a plugin into memory of ours, whatever size its structs
 * have, and checks all of them before any of its code runs. What is wrong is said with the plugin,
 * the table, the row and the next step.
 */
#ifndef PLUGIN_DESCRIPTOR_H
#define PLUGIN_DESCRIPTOR_H

#include <souk.h>
#include "base/arena.h"
#include "base/err.h"

#define DESCRIPTOR_ARRAY(type, name)                                                               \
    const struct type *name;                                                                       \
    size_t name##_count

struct descriptor {
    struct souk_plugin
        plugin; /* cut or filled up to our size; its souk_table members are not to be used */
    DESCRIPTOR_ARRAY(souk_require, relations);
    DESCRIPTOR_ARRAY(souk_option, options);
    DESCRIPTOR_ARRAY(souk_route, routes);
    DESCRIPTOR_ARRAY(souk_page, pages);
    DESCRIPTOR_ARRAY(souk_slot, slots);
    DESCRIPTOR_ARRAY(souk_listener, events);
    DESCRIPTOR_ARRAY(souk_job, jobs);
    DESCRIPTOR_ARRAY(souk_command, commands);
    DESCRIPTOR_ARRAY(souk_migration, migrations);
    DESCRIPTOR_ARRAY(souk_file, files);
    DESCRIPTOR_ARRAY(souk_provider, providers);
    /* Their `fields` and `actions` are copied too: rows of our size, to be walked as arrays. */
    DESCRIPTOR_ARRAY(souk_resource, resources);
};

/* `file` for messages. ABI: majors equal, minor not newer, else SOUK_CONFLICT: plugin "x" (file):
 * needs ABI 0.7, this souk has 0.1; upgrade souk or … */
int descriptor_read(const struct souk_plugin *raw, const char *file, struct arena *arena,
                    struct descriptor *out, struct err *err);

#endif
