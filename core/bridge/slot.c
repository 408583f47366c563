/*
 * slot.c: plugins' contributions to named places in templates.
 *
 * Rows are sorted once, by priority and then plugin name. Each is filled and rendered
 * on its own; one that fails, or has nothing to show, is left out and the page goes on
 * without it. Going over the budget is logged, not cut off: the thread is the page's.
 *
 * The part sees its own view and, under "page", the data of the page around it.
 */
#include "bridge/internal.h"

#include <stdlib.h>
#include "base/log.h"

#define BUDGET (20 * CLOCK_MS)

static int compare_rows(const void *a, const void *b)
{
    const struct slot_row *x = a, *y = b;
    if (x->row->priority != y->row->priority)
        return x->row->priority < y->row->priority ? -1 : 1;
    return strcmp(x->plugin->name, y->plugin->name);
}

static void add_row(struct site *site, struct plugin *plugin, const struct souk_slot *row,
                    char *name)
{
    struct arena *arena = &site->set->arena;
    struct slot_list *list = map_get(&site->slots, souk_str(row->slot));
    if (!list) {
        list = arena_new(arena, struct slot_list);
        map_put(&site->slots, souk_str(row->slot), list);
    }
    /* Few rows a slot: a new array each time keeps the list in the set's arena. */
    struct slot_row *rows = arena_array(arena, struct slot_row, list->count + 1);
    if (list->count)
        memcpy(rows, list->at, sizeof(*rows) * list->count);
    rows[list->count++] = (struct slot_row){plugin, row, name, call_intern("slot %s", row->slot)};
    list->at = rows;
    qsort(list->at, list->count, sizeof(*list->at), compare_rows);
}

int site_add_slots(struct site *site, struct err *err)
{
    for (size_t i = 0; i < site->set->count; i++) {
        struct plugin *plugin = site->set->plugins[i];
        for (size_t j = 0; j < plugin->descriptor.slots_count; j++) {
            const struct souk_slot *row = &plugin->descriptor.slots[j];
            char *name =
                arena_cstr(&site->set->arena, arena_printf(&site->set->arena, "%s/%s", plugin->name,
                                                           row->part_template));
            if (!template_has(site->web.templates, name))
                return err_set(err, SOUK_INVALID,
                               "plugin \"%s\": slot \"%s\": there is no template \"%s\"; "
                               "put templates/%s.html into the files table",
                               plugin->name, row->slot, row->part_template, row->part_template);
            add_row(site, plugin, row, name);
        }
    }
    return SOUK_OK;
}

/* The plugin's data for its part; 0, or a code. */
static int fill_view(struct render *render, const struct slot_row *row, struct json *view)
{
    struct souk_ctx ctx;
    struct call_place place = {row->where, BUDGET, 0};
    if (!row->row->fill)
        return SOUK_OK;
    route_ctx(&ctx, render->request, render->site, row->plugin, SOUK_READ);
    struct board_mark mark = call_enter(&ctx, &place);
    int code = row->row->fill(&ctx, (struct souk_value *)view);
    call_leave(&ctx, mark);
    call_end(&ctx, NULL);
    if (code != SOUK_OK && code != SOUK_NOT_FOUND)
        bridge_log_failure(&ctx, row->where, code);
    return code;
}

static void show_row(struct render *outer, const struct slot_row *row, const struct json *data,
                     struct buf *out)
{
    struct arena *arena = &outer->request->arena;
    struct render render = {outer->site, outer->request, row->plugin->name, 0};
    struct json *view = json_new(arena, JSON_OBJECT);
    struct template_env env;
    struct err err = {0};
    size_t before = out->len;
    int64_t began = clock_mono();
    if (data)
        json_add_tree(arena, view, "page", data);
    if (fill_view(&render, row, view) != SOUK_OK)
        return;
    render_env(&env, &render);
    env.slot = NULL; /* a part has no slots of its own: no endless nesting */
    if (template_render(outer->site->web.templates, row->name, &env, view, out, &err) != SOUK_OK) {
        out->len = before;
        log_error("slot.failed", LOG_S("plugin", row->plugin->name), LOG_S("where", row->where),
                  LOG_S("text", err.text));
        return;
    }
    int64_t span = clock_mono() - began;
    if (span > BUDGET)
        log_warn("slot.late", LOG_S("plugin", row->plugin->name), LOG_S("where", row->where),
                 LOG_I("ms", span / CLOCK_MS));
}

void slot_fill(struct template_env *env, struct souk_str slot, const struct json *data,
               struct buf *out)
{
    struct render *render = env->user;
    const struct slot_list *list = map_get(&render->site->slots, slot);
    for (size_t i = 0; list && i < list->count; i++)
        show_row(render, &list->at[i], data, out);
}
