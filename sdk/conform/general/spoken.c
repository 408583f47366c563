/*
 * spoken.c: the plugin's texts in the languages that it brings. A text without a translation is
 * shown in English: no fault in a shop, and easy to forget, so it is named. It is a note, not a
 * rule: who adds a sentence need not speak every language at once.
 */
#include "conform/general/rules.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MOST 5
#define TEXT_MOST  60

/* Labels of tables are message ids too. */
static void hear_labels(const char *domain, const struct descriptor *d)
{
    for (size_t i = 0; i < d->pages_count; i++)
        spoken_hear(domain, souk_str(d->pages[i].title));
    for (size_t i = 0; i < d->resources_count; i++) {
        const struct souk_resource *one = &d->resources[i];
        const struct souk_field *fields = one->fields.items;
        const struct souk_action *actions = one->actions.items;
        spoken_hear(domain, souk_str(one->title));
        spoken_hear(domain, souk_str(one->one));
        for (size_t k = 0; k < one->fields.count; k++) {
            spoken_hear(domain, souk_str(fields[k].label));
            spoken_hear(domain, souk_str(fields[k].hint));
        }
        for (size_t k = 0; k < one->actions.count; k++) {
            spoken_hear(domain, souk_str(actions[k].label));
            spoken_hear(domain, souk_str(actions[k].confirm));
        }
    }
}

static void look_at_language(struct scene *scene, const struct plugin *plugin,
                             const struct plugin_set *set, const char *locale)
{
    struct buf out = {.arena = &scene->arena};
    size_t count = 0, missing = 0;
    const char *const *list = spoken(&count);
    for (size_t i = 0; i < count; i++) {
        struct souk_str id = souk_str(list[i]), shown = souk_cut(id, TEXT_MOST);
        if (spoken_has(set, plugin->name, locale, id) || missing++ >= SHOWN_MOST)
            continue;
        ptrdiff_t mark = str_find(shown, '\004'); /* its context stands before it */
        shown = mark < 0 ? shown : str_from(shown, (size_t)mark + 1);
        buf_printf(&out, "%s\"%.*s%s\"", missing > 1 ? ", " : "", SOUK_PRI(shown),
                   souk_cut(id, TEXT_MOST).len < id.len ? "…" : "");
    }
    if (!missing)
        return;
    size_t used = strlen(scene->words);
    snprintf(scene->words + used, sizeof scene->words - used, "%slocale/%s.po has no %.*s",
             used ? "; " : "", locale, SOUK_PRI(buf_str(&out)));
    used = strlen(scene->words);
    if (missing > SHOWN_MOST)
        snprintf(scene->words + used, sizeof scene->words - used, " and %zu more",
                 missing - SHOWN_MOST);
}

/* Skipped, with what is missing; yes: nothing is. */
void general_spoken(struct scene *scene)
{
    uint32_t ticket;
    general_tour(scene);
    scene->verdict = RULE_YES; /* what else is wrong has rules of its own */
    scene->words[0] = '\0';
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    for (size_t i = 0; plugin && i < plugin->descriptor.files_count; i++) {
        struct souk_str path = souk_str(plugin->descriptor.files[i].path);
        if (i == 0)
            hear_labels(plugin->name, &plugin->descriptor);
        if (str_starts(path, "locale/") && str_ends(path, ".mo"))
            look_at_language(scene, plugin, set,
                             arena_cstr(&scene->arena, str_make(path.ptr + 7, path.len - 10)));
    }
    set_unpin(ticket);
    if (scene->words[0])
        scene->verdict = RULE_SKIPPED;
}
