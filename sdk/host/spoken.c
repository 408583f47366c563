/*
 * spoken.c: the texts that the plugin under test has translated: those of its templates, heard when
 * they are compiled, and those that its code asks for by souk_t while it is tried. What nobody asks
 * for on the way is not heard.
 */
#include "host/host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/internal.h"
#include "web/template.h"

static struct {
    pthread_mutex_t lock;
    char *list[SPOKEN_MOST]; /* kept for the process's life */
    size_t count;
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER};

void spoken_hear(const char *domain, struct souk_str id)
{
    const struct world *world = world_now;
    if (!world || !id.len || strcmp(world->plan->name, domain) != 0)
        return;
    pthread_mutex_lock(&heard.lock);
    size_t at = 0;
    while (at < heard.count && !souk_str_is(id, heard.list[at]))
        at++;
    if (at == heard.count && at < SPOKEN_MOST) {
        heard.list[heard.count] = mem_alloc(id.len + 1);
        str_copy(heard.list[heard.count++], id.len + 1, id);
    }
    pthread_mutex_unlock(&heard.lock);
}

void spoken_watch(void)
{
    template_heard = spoken_hear;
}

const char *const *spoken(size_t *count)
{
    *count = heard.count;
    return (const char *const *)heard.list;
}

int spoken_has(const struct plugin_set *set, const char *domain, const char *locale,
               struct souk_str id)
{
    const struct site *site = set->web;
    return i18n_has(site->web.i18n, domain, locale, id);
}
