/*
 * provider.c: looks through a set's providers.
 *
 * The idea: a shop has a handful of them, so a walk over the array is faster than any
 * index.
 *
 * Threads: any, under the pin of the set. What a table of a kind holds is known to
 * those who call through it.
 */
#include "plugin/provider.h"

const struct provider *provider_find(const struct plugin_set *set, const char *kind,
                                     struct souk_str name)
{
    const struct provider *at = NULL;
    while ((at = provider_next(set, kind, at)))
        if (souk_str_is(name, at->row->name))
            return at;
    return NULL;
}

const struct provider *provider_next(const struct plugin_set *set, const char *kind,
                                     const struct provider *before)
{
    const struct provider *at = before ? before + 1 : set->providers;
    const struct provider *end = set->providers + set->provider_count;
    for (; at < end; at++)
        if (strcmp(at->row->kind, kind) == 0)
            return at;
    return NULL;
}
