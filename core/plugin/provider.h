/*
 * provider: finding implementations of the core's typed tables in a pinned set. Several
 * of a kind may be on; (kind, name) is unique in a set.
 */
#ifndef PLUGIN_PROVIDER_H
#define PLUGIN_PROVIDER_H

#include "plugin/set.h"

/* NULL: nobody provides it. */
const struct provider *provider_find(const struct plugin_set *set, const char *kind,
                                     struct souk_str name);
/* The one after `before` (NULL: the first) of this kind, in the order of start; NULL at
 * the end. */
const struct provider *provider_next(const struct plugin_set *set, const char *kind,
                                     const struct provider *before);

#endif
