/*
 * census: counts what this process holds: threads, descriptors, resident memory; and,
 * while it watches, what each plugin's calls left behind, so that a leak has a name.
 * The differences are those of the whole process during a call: other threads add
 * noise, a plugin that leaks stands out of it.
 */
#ifndef PLUGIN_CENSUS_H
#define PLUGIN_CENSUS_H

#include <stdatomic.h>
#include <stdint.h>

int census_threads(void); /* -1 when /proc cannot be read */
int census_descriptors(void);
int64_t census_resident(void); /* bytes of its own: without mapped files */

void census_watch(int on);
extern _Atomic int census_is_watching;
static inline int census_watching(void)
{
    return atomic_load_explicit(&census_is_watching, memory_order_relaxed);
}
/* Around a plugin's code; calls nest, and what an inner call left is not the outer
 * one's. Used by call_enter and call_leave. */
void census_enter(void);
void census_leave(const char *plugin);
/* The plugin that left most since watching began: 1 and its numbers, or 0 when nobody
 * left anything. `plugin` stays good. */
int census_top(const char **plugin, int64_t *bytes, int64_t *descriptors);

#endif
