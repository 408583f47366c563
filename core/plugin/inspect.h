/*
 * inspect: looks into a plugin's file without letting it into this process: a child
 * maps it, reads the descriptor, checks the options and tells.
 */
#ifndef PLUGIN_INSPECT_H
#define PLUGIN_INSPECT_H

#include "plugin/switch.h"

struct inspect_request {
    const char *file, *name;
    const char *scratch;       /* a folder of ours; a new one inside is made and removed */
    const struct json *values; /* the whole of souk.lua, or NULL: options are not checked */
    const char *config_dir;
};

/* *out: what describe_plugin adds, and "problems": [{key, message, hint}]. An error is
 * about the file; a child that dies is one too: plugin "x" (file): crashes while it is
 * loaded (SIGSEGV). Blocks at most 10 s. */
int inspect_file(const struct inspect_request *request, struct arena *arena, struct json **out,
                 struct err *err);

#endif
