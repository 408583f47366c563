/*
 * set: which plugins are on: an immutable value. Switching builds a new set beside the old one,
 * publishes it with one store, and retires the old one when the last call that pinned it has
 * returned. Requests pin the set that they were routed by.
 *
 * A struct plugin is one generation of one plugin; sets share the generations that did not change.
 * It is stopped when the last set that holds it is retired; its mapping stays.
 */
#ifndef PLUGIN_SET_H
#define PLUGIN_SET_H

#include <stdatomic.h>
#include "base/map.h"
#include "plugin/descriptor.h"
#include "plugin/options.h"
#include "store/db.h"

struct plugin {
    char name[48];
    uint32_t board;     /* name index on the board */
    int64_t generation; /* counts openings of this plugin since the shop started, from 1 */
    struct descriptor descriptor;
    struct option_values *options;
    void *state;        /* the plugin's own */
    struct arena arena; /* descriptor copies, options: one thread, before publishing */
    struct arena pool;  /* souk_pool_alloc: under pool_lock */
    void *pool_lock;
    char hash[17];
    char source[256];
    _Atomic int sets; /* that hold it */
    int started;
    void *user[4]; /* for upper floors: [0] metrics, [1] interned wheres of routes … */
};

struct listener { /* one row of an event's list, in effective order */
    struct plugin *plugin;
    const struct souk_listener *row;
    const char *where; /* "event order.placed": interned, for the board */
};

struct listeners {
    struct souk_str event;
    struct listener *at;
    size_t count;
};

struct provider {
    struct plugin *plugin;
    const struct souk_provider *row;
};

/* A plugin that is wanted but not in the set: quarantined, or it failed. What is known of it is
 * from when it last ran. */
struct absent {
    const char *name;
    const char *why; /* "quarantined", "failed" */
    int32_t role;
    const char *const *facts; /* NULL-terminated: they wait for it */
    const char *const *filters;
    const char *const *kinds; /* of providers: "tax" */
};

struct plugin_set {
    uint64_t number;
    struct plugin **plugins; /* in order of start */
    size_t count;
    struct map events; /* name -> struct listeners * */
    struct provider *providers;
    size_t provider_count;
    struct arena arena;
    void *web; /* what the floors above built for this set: routes, templates, assets */
    void (*web_free)(void *web);
    struct absent *absent;
    size_t absent_count;
};

struct plugin *set_plugin(const struct plugin_set *set, struct souk_str name);
const struct listeners *set_listeners(const struct plugin_set *set,
                                      struct souk_str event); /* NULL: nobody */

/* Pinning: any thread, ~10 ns, never blocks. The ticket may be given back on another thread. */
struct plugin_set *set_pin(uint32_t *ticket);
void set_unpin(uint32_t ticket);
void set_pin_again(uint32_t ticket, uint32_t *copy); /* one more pin of the same set */

/* ---- making and retiring sets: for the switch only ---- */

struct plugin_set *set_new(struct plugin *const *plugins,
                           size_t count); /* holds each of them: sets + 1 */
/* Fills events and providers from the descriptors. SOUK_CONFLICT names both plugins that bring the
 * same provider. */
int set_assemble(struct plugin_set *set, struct err *err);
/* From now on set_pin gives this one; *old is the one before (never NULL). SOUK_BUSY: 63 older sets
 * are still pinned. One caller at a time. */
int set_publish(struct plugin_set *set, struct plugin_set **old, struct err *err);
int set_drained(
    const struct plugin_set *set); /* it is not the published one and nobody pins it: for good */
/* Waits until set_drained, at most until `deadline` (clock_mono); 0, or SOUK_TIMEOUT. */
int set_wait(const struct plugin_set *set, int64_t deadline);
/* Frees a set that is drained or was never published; the plugins are the caller's (sets is not
 * touched). */
void set_free(struct plugin_set *set);

#endif
