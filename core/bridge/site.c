/*
 * site.c: what one plugin set looks like to the web: router, templates, translations,
 * assets and slots, built beside the set before it is published, freed with it.
 *
 * The idea: a site is immutable. Whatever is wrong with a plugin's routes, templates or
 * files is found here, refuses the new set as a whole, and leaves the old one serving.
 * A request pins the set and finds everything through it, so that a reload never mixes
 * two generations in one answer.
 *
 * The parts: site_routes.c (routes and pages), site_files.c (templates, translations,
 * assets), slot.c, render.c, and route.c, which runs the plugins' handlers.
 *
 * Threads: building on the switch's thread; then read-only from any.
 */
#include "bridge/internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include "base/log.h"
#include "bridge/tax.h"

struct site_options site_core;
static _Atomic uint64_t built; /* sites, ever: what the page cache tells them apart by */

void site_setup(const struct site_options *options)
{
    site_core = *options;
    tax_bridge_begin();
}

static void page_sent(struct request *request)
{
    const struct web_site *web = request->site;
    const struct site *site = web->user;
    if (site->views)
        views_count(request);
    if (site_core.page_sent)
        site_core.page_sent(request);
}

static void free_site(void *web)
{
    struct site *site = web;
    if (site->web.router)
        router_free(site->web.router);
    if (site->web.templates)
        template_set_free(site->web.templates);
    if (site->web.i18n)
        i18n_free(site->web.i18n);
    if (site->web.assets)
        asset_set_free(site->web.assets);
    map_free(&site->slots);
    free(site);
}

int site_build(void *user, struct plugin_set *set, struct err *err)
{
    (void)user;
    struct site *site = mem_zalloc(sizeof(*site));
    site->set = set;
    site->web.number = atomic_fetch_add(&built, 1) + 1; /* the set gets its own when published */
    site->web.user = site;
    site->web.router = router_new();
    site->web.templates = template_set_new();
    site->web.i18n = i18n_new();
    site->web.assets = asset_set_new();
    site->web.error_page = render_error;
    site->views = set_listeners(set, souk_str("page.viewed")) != 0;
    if (site->views || site_core.page_sent)
        site->web.page_sent = page_sent;
    site->web.page_asked = site_core.page_asked;
    site->web.page_answered = site_core.page_answered;
    int code = site_add_routes(site, err);
    if (code == SOUK_OK)
        code = site_add_files(site, err);
    if (code == SOUK_OK)
        code = site_add_slots(site, err);
    if (code != SOUK_OK) {
        free_site(site);
        return code;
    }
    set->web = site;
    set->web_free = free_site;
    return SOUK_OK;
}

struct web_site *site_pin(void *user, uint32_t *ticket)
{
    (void)user;
    struct plugin_set *set = set_pin(ticket);
    struct site *site = set ? set->web : NULL;
    return site ? &site->web : NULL;
}

void site_unpin(void *user, uint32_t ticket)
{
    (void)user;
    set_unpin(ticket);
}
