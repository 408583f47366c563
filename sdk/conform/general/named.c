/*
 * named.c: what a plugin names by a text of its own, and nobody misses while it runs: an option, a
 * column of a row, a slot, a fact of the shop's, a column of a declared table. A slip there is no
 * error in a shop: the option reads as nothing, the part is shown nowhere, the price is 0. So it is
 * looked for here.
 *
 * Options and columns are found by what the way through the plugin leaves in the log; the others
 * stand in the descriptor. Names of other plugins (their slots, their facts) are not known, and no
 * finding unless they are nearly one of the shop's.
 */
#include "conform/general/rules.h"

#include <stdio.h>
#include <string.h>

/* All findings, so that one run is enough to mend them. */
static void find(struct scene *scene, struct souk_str words)
{
    size_t used = scene->verdict == RULE_NO ? strlen(scene->words) : 0;
    if (!used)
        scene_no(scene, "%.*s", SOUK_PRI(words));
    else if (!memmem(scene->words, used, words.ptr, words.len)) /* said once */
        snprintf(scene->words + used, sizeof scene->words - used, "; %.*s", SOUK_PRI(words));
}

/* ---- what the log has ---- */

static struct souk_str part_of(struct souk_str line, const char *key)
{
    const char *at = memmem(line.ptr, line.len, key, strlen(key));
    const char *from = at ? at + strlen(key) : NULL, *end = line.ptr + line.len;
    if (!from || from == end)
        return souk_str("");
    char stop = *from == '"' ? '"' : ' ';
    from += *from == '"';
    const char *to = memchr(from, stop, (size_t)(end - from));
    return str_make(from, (size_t)((to ? to : end) - from));
}

static void look_into_log(struct scene *scene)
{
    struct souk_str rest = scene_log(scene), line;
    while (souk_split(&rest, '\n', &line)) {
        struct souk_str event = part_of(line, " event="), key = part_of(line, " key=");
        if (souk_str_is(event, "column.unknown"))
            find(scene, part_of(line, " text="));
        else if (souk_str_is(event, "option.unknown"))
            find(scene,
                 arena_printf(&scene->arena,
                              "it asks for an option \"%.*s\", which its table of options has not",
                              SOUK_PRI(key)));
    }
}

/* ---- slots ---- */

static int has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return 1;
    return 0;
}

/* The shop has names that begin so: "product." */
static int has_noun(const struct names *names, const char *name)
{
    const char *point = strchr(name, '.');
    for (size_t i = 0; point && i < names->count; i++)
        if (strncmp(names->list[i], name, (size_t)(point - name) + 1) == 0)
            return 1;
    return 0;
}

static void look_at_slots(struct scene *scene, const struct descriptor *d)
{
    struct names names = {{NULL}, 0};
    names_of_theme(scene, &names);
    for (size_t i = 0; i < d->files_count; i++) /* a page of its own may have some */
        names_add_slots(scene, &names,
                        str_make(d->files[i].begin, (size_t)(d->files[i].end - d->files[i].begin)));
    for (size_t i = 0; i < d->slots_count; i++) {
        const char *slot = d->slots[i].slot, *near = str_nearest(souk_str(slot), names.list);
        if (!has_name(&names, slot) && (near || has_noun(&names, slot)))
            find(scene,
                 arena_printf(&scene->arena,
                              "no template has a slot \"%s\"%s%s%s, so its part is shown nowhere",
                              slot, near ? "; did you mean \"" : "", near ? near : "",
                              near ? "\"" : ""));
    }
}

/* ---- facts and filters of the shop's own, as souk/order.h and souk/event.h list them ---- */

static void look_at_events(struct scene *scene, const struct descriptor *d)
{
    static const char *const own[] = {"order.placing",      "order.placed",
                                      "order.confirmed",    "order.cancelled",
                                      "order.closed",       "order.edited",
                                      "payment.authorised", "payment.captured",
                                      "payment.failed",     "payment.refunded",
                                      "shipment.sent",      "shipment.moved",
                                      "shipment.delivered", "return.requested",
                                      "return.approved",    "return.received",
                                      "product.changed",    "page.viewed",
                                      "person.registered",  "person.moved",
                                      "person.merged",      "person.unmerged",
                                      "person.erased",      "inquiry.received",
                                      "promotion.switched", NULL};
    for (size_t i = 0; i < d->events_count; i++) {
        const char *event = d->events[i].event, *near = str_nearest(souk_str(event), own);
        if (near && strcmp(near, event) != 0)
            find(scene, arena_printf(&scene->arena, "nobody tells of \"%s\"; did you mean \"%s\"?",
                                     event, near));
    }
}

/* ---- columns of declared tables ---- */

static void look_at_resources(struct scene *scene, const struct descriptor *d)
{
    for (size_t i = 0; i < d->resources_count; i++) {
        const struct souk_resource *one = &d->resources[i];
        const struct souk_field *fields = one->fields.items;
        for (size_t k = 0; k < one->fields.count; k++) {
            struct souk_str words =
                names_refusal(scene, arena_printf(&scene->arena, "SELECT %s FROM %s LIMIT 0",
                                                  fields[k].column, one->table));
            if (words.len)
                find(scene,
                     arena_printf(&scene->arena, "the admin pages of \"%s\" ask for %s.%s: %.*s",
                                  one->name, one->table, fields[k].column, SOUK_PRI(words)));
        }
    }
}

void general_names_known(struct scene *scene)
{
    uint32_t ticket;
    general_tour(scene);
    scene->verdict = RULE_YES;
    look_into_log(scene);
    struct plugin_set *set = set_pin(&ticket);
    struct plugin *plugin = set_plugin(set, souk_str(scene->world->plan->name));
    if (plugin) {
        look_at_slots(scene, &plugin->descriptor);
        look_at_events(scene, &plugin->descriptor);
        look_at_resources(scene, &plugin->descriptor);
    }
    set_unpin(ticket);
}
