/*
 * resolve: whether a number of plugins can be on together, and in which order they
 * start.
 */
#ifndef PLUGIN_RESOLVE_H
#define PLUGIN_RESOLVE_H

#include "plugin/options.h"

struct resolve_item {
    const char *name;
    const struct souk_require *requires;
    size_t requires_count;
};

/* order[i] is the index of the item that starts i-th: after all that it needs or comes
 * after, and of those that could be next the first by name. Every missing requirement
 * and conflict, and one circle, is a problem. 0, or SOUK_CONFLICT when there is any. */
int resolve_order(const struct resolve_item *items, size_t count, size_t *order,
                  struct problems *problems);

/* For those who answer with one sentence: the first problem as an error. */
int resolve_err(const struct problems *problems, int code, struct err *err);

#endif
