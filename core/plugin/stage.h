/*
 * stage: from a file that the admin owns to a mapping that nobody can change under us. The file is
 * opened once, checked (regular, not writable by others, nor its folder; no executable stack, no
 * text relocations), copied to <data>/run/plugins/<name>-<hash>-<generation>.so (mode 0500) and
 * opened from there with RTLD_NOW | RTLD_LOCAL. Never dlclose'd: the mapping stays until the
 * process ends; the copy is unlinked once it is mapped, unless SOUK_KEEP_COPIES=1.
 */
#ifndef PLUGIN_STAGE_H
#define PLUGIN_STAGE_H

#include "base/err.h"
#include "plugin/descriptor.h"

struct staged {
    const struct souk_plugin *raw;
    char hash[17]; /* of the content: first 16 hex digits of SHA-256 */
    char source[256];
    const void *start; /* mapping, for board_map */
    size_t len;
    int may_leave; /* it can call _exit */
};

/* Looks `name`.so up in the folders of `path` (NULL-terminated), in order. */
int stage_find(const char *const *path, const char *name, char *file, size_t size, struct err *err);
int stage_open(const char *file, const char *name, const char *run_dir, struct staged *out,
               struct err *err);
/* All plugins found in the folders, by name. */
int stage_list(const char *const *path, struct arena *arena, const char ***names, size_t *count);
int stage_keeps(void); /* the environment asks for copies that stay until the process ends */
void stage_clean(const char *run_dir); /* at start: copies of a former process */

#endif
